"""What a look finds at a real registry that somebody has broken."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from localazure.sites.config import SiteConfig
from localazure.sites.site import SiteTimes
from shared.domain.health.codes import Code, Finding
from shared.domain.health.observation import CheckName, Outcome
from shared.domain.users.htpasswd import FILE_NAME, probe_password, render
from shared.registry_probe import HttpProbe, tls
from tests.contract.authority import PATIENCE_SECONDS, found
from tests.localazure.site_rig import FAST, Rig, wait_until

KEY, UID = "k" * 32, "01KBROKEN"
PASSWORD = probe_password(KEY, UID, 1)
NEVER = SiteTimes(first_pause=3600, longest_pause=3600, glance=FAST.glance)
"""A site that has crashed stays down for as long as a test runs."""
TAGS = "GET /v2/berthage-probe/tags/list"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Each test starts a registry of its own on it."""
    rig = Rig.create(tmp_path_factory.mktemp("sites"), times=NEVER)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(rig.ca.ca_file))
        tls.trust.cache_clear()
        yield rig
        rig.sites.stop_all()
    tls.trust.cache_clear()


@pytest.fixture(autouse=True)
def published(rig: Rig) -> None:
    publish(rig, render(KEY, UID, 1, []))


def publish(rig: Rig, content: bytes) -> None:
    fresh = rig.share / f".{FILE_NAME}.new"
    fresh.write_bytes(content)
    fresh.replace(rig.share / FILE_NAME)


def server(rig: Rig, name: str) -> str:
    return f"localhost:{rig.port(name)}"


def only(findings: list[Finding]) -> tuple[Code, str]:
    [one] = findings
    return one.code, one.evidence


def test_every_check_of_a_healthy_registry_passes(rig: Rig) -> None:
    rig.start(rig.config(), "healthy")
    [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(server(rig, "healthy"), PASSWORD)])
    assert [check.name for check in seen.checks] == list(CheckName)
    assert {check.outcome for check in seen.checks} == {Outcome.OK}
    said = {check.name: check.evidence for check in seen.checks}
    assert said[CheckName.DNS].endswith("127.0.0.1")
    assert said[CheckName.TCP] == f"connected to 127.0.0.1:{rig.port('healthy')}"
    assert said[CheckName.CHALLENGE] == "GET /v2/ answered 401"
    assert said[CheckName.ROOT] == "GET / answered 200"
    assert said[CheckName.STORAGE] == f"{TAGS} answered 404"
    assert only(found(server(rig, "healthy"), PASSWORD))[0] is Code.HEALTHY


def test_a_registry_that_was_killed(rig: Rig) -> None:
    rig.start(rig.config(), "killed")
    os.kill(rig.pid("killed"), signal.SIGKILL)
    rig.wait_for("Crashed", "killed")
    code, evidence = only(found(server(rig, "killed"), PASSWORD))
    assert code is Code.CONNECTION_ERROR
    assert evidence.endswith(f"127.0.0.1:{rig.port('killed')} connection refused")
    [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(server(rig, "killed"), PASSWORD)])
    outcomes = [check.outcome for check in seen.checks]
    assert outcomes == [Outcome.OK, Outcome.FAILED, *[Outcome.SKIPPED] * 5]
    assert {check.evidence for check in seen.checks[2:]} == {"tcp failed"}


def test_blobs_out_of_reach_are_found_before_the_registry_notices(rig: Rig) -> None:
    rig.start(rig.config(REGISTRY_STORAGE_AZURE_ACCOUNTNAME="stlost"), "lost")
    blobs = rig.root / "blobs" / "stlost"
    blobs.write_bytes(b"a file where the folder of the blobs should be")
    code, evidence = only(found(server(rig, "lost"), PASSWORD))
    assert (code, evidence) == (Code.STORAGE_UNHEALTHY, f"{TAGS} answered 500")
    blobs.unlink()
    assert only(found(server(rig, "lost"), PASSWORD))[0] is Code.HEALTHY


def test_blobs_out_of_reach_and_the_registry_has_noticed(rig: Rig) -> None:
    config = rig.config(
        REGISTRY_STORAGE_AZURE_ACCOUNTNAME="stsick",
        REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL="50ms",
        REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD="1",
    )
    rig.start(config, "sick")
    (rig.root / "blobs" / "stsick").write_bytes(b"a file where the folder of the blobs should be")
    wait_until(lambda: rig.get("/v2/", name="sick") == 503, "the registry notices")
    code, evidence = only(found(server(rig, "sick"), PASSWORD))
    assert (code, evidence) == (Code.STORAGE_UNHEALTHY, "GET /v2/ answered 503; GET / answered 503")


def test_authentication_that_was_switched_off(rig: Rig) -> None:
    rig.start(without_authentication(rig), "open")
    code, evidence = only(found(server(rig, "open"), PASSWORD))
    assert (code, evidence) == (Code.AUTH_NOT_REQUIRED, "GET /v2/ answered 200")
    assert "_probe" not in rig.log("open")


def without_authentication(rig: Rig) -> SiteConfig:
    config = rig.config()
    kept = {
        name: value for name, value in config.app_settings.items() if not name.startswith("REGISTRY_AUTH")
    }
    return replace(config, app_settings=kept)


def test_a_file_that_somebody_edited(rig: Rig) -> None:
    rig.start(rig.config(), "edited")
    without_probe = b"someone:$2y$05$" + b"a" * 53 + b"\n"
    publish(rig, without_probe)
    code, evidence = only(found(server(rig, "edited"), PASSWORD))
    assert code is Code.PROBE_REFUSED
    assert evidence.startswith("GET /v2/ as _probe answered 401 in ")


def test_a_site_that_is_stopped(rig: Rig) -> None:
    rig.start(rig.config(), "stopped")
    rig.sites.stop("stopped")
    assert only(found(server(rig, "stopped"), PASSWORD))[0] is Code.CONNECTION_ERROR
    code, evidence = only(found(server(rig, "stopped"), PASSWORD, site_stopped=True))
    assert code is Code.SITE_STOPPED
    assert evidence.startswith("Resource Manager says Stopped; ")
