"""A site is a real registry: who gets in, what is kept, what a change does."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from localazure.demo.image import build_image
from localazure.sites.sites import SiteConfig, Sites
from tests.localazure.site_rig import FAST, Rig, registry_binary, wait_until

ALICE = ("alice", "a password of alice's")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig.create(tmp_path)
    rig.write_users(alice=ALICE[1])
    yield rig
    rig.sites.stop_all()


def skopeo(rig: Rig, *arguments: str) -> str:
    return subprocess.run(
        ["skopeo", *arguments],
        env={**os.environ, "SSL_CERT_FILE": str(rig.ca.bundle())},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def test_the_settings_of_azure_start_a_registry_that_lets_its_user_in(rig: Rig) -> None:
    rig.start(rig.config())
    assert rig.get("/") == 200
    assert rig.get("/v2/", ALICE) == 200
    assert rig.get("/v2/", ("alice", "another password")) == 401
    assert rig.get("/v2/", ("mallory", ALICE[1])) == 401


def test_strangers_get_a_challenge_with_the_realm(rig: Rig) -> None:
    rig.start(rig.config())
    status, headers = rig.answer("/v2/")
    assert status == 401
    assert headers["WWW-Authenticate"] == 'Basic realm="berthage-demo"'
    assert headers["X-Content-Type-Options"] == "nosniff"  # of the image's own configuration


def test_a_real_client_pushes_and_pulls_and_the_blobs_are_the_accounts(rig: Rig, tmp_path: Path) -> None:
    rig.start(rig.config())
    image = build_image(tmp_path / "image", layer_bytes=(20_000, 300_000), reference="team/app:1")
    remote = f"docker://{rig.sites.reserve('demo')}/team/app:1"
    credentials = ":".join(ALICE)
    skopeo(rig, "copy", "--dest-creds", credentials, f"oci:{image.layout}:1", remote)
    shown = skopeo(rig, "inspect", "--creds", credentials, "--format", "{{.Digest}}", remote)
    assert shown.strip() == image.digest
    skopeo(rig, "copy", "--src-creds", credentials, remote, f"oci:{tmp_path / 'pulled'}:1")
    pulled = {blob.name for blob in (tmp_path / "pulled/blobs/sha256").iterdir()}
    assert image.digest.removeprefix("sha256:") in pulled

    kept = rig.root / "blobs/stdemo/registry/docker/registry/v2/repositories/team/app"
    assert kept.is_dir()
    skopeo(rig, "delete", "--creds", credentials, remote)  # REGISTRY_STORAGE_DELETE_ENABLED
    with pytest.raises(subprocess.CalledProcessError, match="exit status"):
        skopeo(rig, "inspect", "--creds", credentials, remote)


def test_a_new_password_file_counts_without_a_restart(rig: Rig) -> None:
    rig.start(rig.config())
    pid = rig.pid()
    rig.write_users(bob="a password of bob's")
    assert rig.get("/v2/", ("bob", "a password of bob's")) == 200
    assert rig.get("/v2/", ALICE) == 401
    assert rig.pid() == pid


def test_a_changed_setting_restarts_the_site_on_its_port(rig: Rig) -> None:
    rig.start(rig.config())
    before, port = psutil.Process(rig.pid()), rig.port()
    rig.sites.apply("demo", rig.config(REGISTRY_AUTH_HTPASSWD_REALM="renamed"))
    assert rig.sites.poll("demo") == "Starting"
    rig.wait_for("Running")
    assert rig.port() == port
    assert rig.answer("/v2/")[1]["WWW-Authenticate"] == 'Basic realm="renamed"'
    assert not before.is_running()


def test_the_same_configuration_again_is_no_restart(rig: Rig) -> None:
    rig.start(rig.config())
    pid = rig.pid()
    rig.sites.apply("demo", rig.config())
    assert rig.sites.poll("demo") == "Running"
    assert rig.pid() == pid
    assert rig.get("/v2/", ALICE) == 200


def test_a_changed_mount_restarts_the_site(rig: Rig) -> None:
    rig.start(rig.config())
    pid = rig.pid()
    rig.start(rig.config(mounted=False))
    assert rig.pid() != pid
    assert rig.get("/v2/", ALICE) == 401


def test_restart_is_a_new_process_with_the_same_images(rig: Rig) -> None:
    rig.start(rig.config())
    pid = rig.pid()
    rig.sites.restart("demo")
    rig.wait_for("Running")
    assert rig.pid() != pid
    assert rig.get("/v2/", ALICE) == 200


def test_stop_ends_the_process_and_a_stopped_site_stays_stopped(rig: Rig) -> None:
    rig.start(rig.config())
    process = psutil.Process(rig.pid())
    rig.sites.stop("demo")
    assert rig.sites.poll("demo") == "Stopped"
    assert not process.is_running()
    with pytest.raises(ConnectionRefusedError):
        rig.get("/")
    rig.sites.restart("demo")
    assert rig.sites.poll("demo") == "Stopped"
    rig.start(rig.config())
    assert rig.get("/v2/", ALICE) == 200


def test_a_deleted_site_keeps_nothing_but_its_port_and_its_blobs(rig: Rig) -> None:
    rig.start(rig.config())
    port, log = rig.port(), rig.sites.log_file("demo")
    assert log.exists()
    rig.sites.remove("demo")
    assert rig.sites.poll("demo") == "Stopped"
    assert not log.exists()
    assert not (rig.root / "sites/demo").exists()
    assert list((rig.root / "run").iterdir()) == []
    rig.start(rig.config())
    assert rig.port() == port


def test_a_site_that_comes_back_while_it_is_being_deleted_comes_back(rig: Rig) -> None:
    rig.start(rig.config())
    removal = threading.Thread(target=rig.sites.remove, args=("demo",))
    removal.start()
    rig.sites.apply("demo", rig.config(REGISTRY_AUTH_HTPASSWD_REALM="again"))
    removal.join(20)
    # Whichever came last: the site runs as applied, or it is gone and can be applied again.
    if rig.sites.poll("demo") == "Stopped":
        rig.sites.apply("demo", rig.config(REGISTRY_AUTH_HTPASSWD_REALM="again"))
    rig.wait_for("Running")
    assert rig.answer("/v2/")[1]["WWW-Authenticate"] == 'Basic realm="again"'


def test_many_changes_in_a_row_end_with_the_last(rig: Rig) -> None:
    for number in range(10):
        rig.sites.apply("demo", rig.config(REGISTRY_AUTH_HTPASSWD_REALM=f"realm-{number}"))
    rig.wait_for("Running")
    assert rig.answer("/v2/")[1]["WWW-Authenticate"] == 'Basic realm="realm-9"'


def test_sites_do_not_share_ports_users_or_blobs(rig: Rig) -> None:
    rig.sites.apply("other", rig.config(mounted=False, REGISTRY_STORAGE_AZURE_ACCOUNTNAME="stother"))
    rig.start(rig.config())
    rig.wait_for("Running", "other")
    assert rig.port() != rig.port("other")
    assert rig.get("/v2/", ALICE, name="other") == 401
    assert rig.sites.poll("other") == "Running"


def test_the_images_of_a_deleted_account_and_container_go(rig: Rig) -> None:
    for account in ("stdemo", "stother"):
        for container in ("registry", "backup"):
            (rig.root / "blobs" / account / container).mkdir(parents=True)
    rig.sites.forget_container("stdemo", "registry")
    assert [folder.name for folder in (rig.root / "blobs/stdemo").iterdir()] == ["backup"]
    rig.sites.forget_account("stdemo")
    assert [folder.name for folder in (rig.root / "blobs").iterdir()] == ["stother"]
    rig.sites.forget_account("../blobs/stother")  # no name of an account: nothing happens
    assert (rig.root / "blobs/stother/registry").exists()


def test_a_missing_share_gives_what_it_gives_on_azure_and_only_in_the_container(rig: Rig) -> None:
    rig.start(rig.config(mounted=False))
    assert rig.get("/v2/", ALICE) == 401
    # Distribution invents a user `docker`, logs the password, and writes the file itself.
    invented = rig.root / "sites/demo/auth/htpasswd"
    assert invented.read_text().startswith("docker:$2a$")
    assert "htpasswd is missing, provisioning with default user" in rig.log()
    assert not Path("/auth/htpasswd").exists()


def test_a_password_file_that_goes_missing_is_a_400_until_it_is_back(rig: Rig) -> None:
    rig.start(rig.config())
    file = rig.share / "htpasswd"
    file.rename(rig.share / "elsewhere")
    assert rig.get("/v2/", ALICE) == 400
    (rig.share / "elsewhere").rename(file)
    assert rig.get("/v2/", ALICE) == 200


def test_settings_that_distribution_refuses_crash_the_site_with_its_reason(rig: Rig) -> None:
    settings = dict(rig.config().app_settings)
    del settings["REGISTRY_STORAGE"]  # leaves the image's filesystem driver next to azure's settings
    rig.sites.apply("demo", SiteConfig(settings, rig.config().mounts))
    rig.wait_for("Crashed")
    assert "multiple storage drivers" in rig.log()
    rig.start(rig.config())
    assert rig.get("/v2/", ALICE) == 200


def test_the_process_sees_no_environment_of_ours(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "not for registries")
    rig.start(rig.config(DOCKER_REGISTRY_SERVER_PASSWORD="kept by the platform"))
    environment = psutil.Process(rig.pid()).environ()
    assert "AZURE_CLIENT_SECRET" not in environment
    assert "HOME" not in environment
    assert "DOCKER_REGISTRY_SERVER_PASSWORD" not in environment
    assert environment["WEBSITES_PORT"] == "5000"


@pytest.mark.parametrize(
    "command",
    [
        "serve /etc/docker/registry/config.yml",
        "/etc/docker/registry/config.yml",
        "registry serve /etc/distribution/config.yml",
        "/bin/sh -c 'grep -q alice: /auth/htpasswd && exec registry serve /etc/docker/registry/config.yml'",
        "/bin/sh -c 'exec /bin/registry serve /etc/docker/registry/config.yml'",
    ],
)
def test_a_command_line_replaces_the_command_of_the_image(rig: Rig, command: str) -> None:
    rig.start(rig.config(command=command))
    assert rig.get("/v2/", ALICE) == 200


def test_a_command_that_is_done_is_a_crash(rig: Rig) -> None:
    rig.sites.apply("demo", rig.config(command="--version"))
    rig.wait_for("Crashed")
    assert "docker-registry" in rig.log() or "registry" in rig.log()


def test_the_same_port_after_a_restart_of_everything(rig: Rig, tmp_path: Path) -> None:
    rig.start(rig.config())
    port = rig.port()
    rig.sites.stop_all()
    again = Rig.create(tmp_path)
    try:
        again.start(again.config())
        assert again.port() == port
        assert again.get("/v2/", ALICE) == 200
    finally:
        again.sites.stop_all()


def test_after_stop_all_nothing_runs_and_nothing_starts(rig: Rig) -> None:
    rig.start(rig.config())
    rig.sites.apply("other", rig.config())
    rig.wait_for("Running", "other")
    processes = [psutil.Process(rig.pid(name)) for name in ("demo", "other")]
    rig.sites.stop_all()
    assert not any(process.is_running() for process in processes)
    rig.sites.apply("demo", rig.config())
    assert rig.sites.poll("demo") == "Stopped"


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", "x-", "a.b", "x" * 61])
def test_what_app_service_would_not_take_as_a_name_is_refused(rig: Rig, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a site"):
        rig.sites.reserve(name)


def test_upper_and_lower_case_are_one_site(rig: Rig) -> None:
    assert rig.sites.reserve("Demo") == rig.sites.reserve("demo")


def test_reservations_made_at_once_differ_and_stay(rig: Rig) -> None:
    found: dict[str, str] = {}
    names = [f"site-{number}" for number in range(20)]
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: rig.sites.reserve(name)}))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(set(found.values())) == 20
    again = Sites(rig.root, rig.ca, registry_binary(), "http://127.0.0.1:1", FAST)
    assert {name: again.reserve(name) for name in names} == found
    assert (rig.root / "ports.json").stat().st_mode & 0o777 == 0o600


def test_blobs_of_a_site_survive_a_restart(rig: Rig, tmp_path: Path) -> None:
    rig.start(rig.config())
    image = build_image(tmp_path / "image", layer_bytes=(5_000,), reference="app:1")
    remote = f"docker://{rig.sites.reserve('demo')}/app:1"
    skopeo(rig, "copy", "--dest-creds", ":".join(ALICE), f"oci:{image.layout}:1", remote)
    rig.sites.remove("demo")
    rig.start(rig.config())
    shown = skopeo(rig, "inspect", "--creds", ":".join(ALICE), "--format", "{{.Digest}}", remote)
    assert shown.strip() == image.digest
    wait_until(lambda: rig.get("/") == 200, "healthy")
