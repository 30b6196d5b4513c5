"""Mounts that show a share late: contents, names and times, on a running emulator with the real SDKs."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.storage.fileshare import ShareClient

from localazure.emulator.mount_lag import LateMounts
from tests.localazure.emulator_fixture import (
    ACCOUNT,
    GROUP,
    PLAN,
    PLAN_ID,
    Running,
    mount,
    site_body,
)
from tests.localazure.site_rig import Rig

LAG = 1.0


@pytest.fixture
def emulator(running: Running) -> Running:
    """One site that mounts one share."""
    running.control("POST", "/reset")
    running.delay(0)
    running.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT).result()
    running.storage.file_shares.create(GROUP, "images1", "auth", {"properties": {}})
    running.web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN).result()
    running.web.web_apps.begin_create_or_update(GROUP, "site1", site_body(PLAN_ID)).result()
    running.web.web_apps.update_azure_storage_accounts(
        GROUP, "site1", {"properties": {"auth": mount(key(running))}}
    )
    return running


@pytest.fixture
def share(emulator: Running) -> Iterator[ShareClient]:
    options: dict[str, Any] = {"connection_verify": emulator.ca_file}
    url = f"{emulator.url}/files/images1"
    with ShareClient(url, "auth", credential=key(emulator), **options) as client:
        yield client


def key(emulator: Running) -> str:
    return str(emulator.storage.storage_accounts.list_keys(GROUP, "images1").keys_property[0].value)


def mounted(emulator: Running) -> Path:
    """What the site has at /auth."""
    (mount,) = emulator.sites.running["site1"].mounts
    return mount.folder


def seconds_until(condition: Callable[[], bool]) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + 20, "not within 20 s"
        time.sleep(0.01)
    return time.monotonic() - started


def test_without_a_lag_a_site_mounts_the_share_itself(emulator: Running, share: ShareClient) -> None:
    assert emulator.control("GET", "/mount-lag") == {"seconds": 0}
    share.get_file_client("htpasswd").upload_file(b"new")
    assert (mounted(emulator) / "htpasswd").read_bytes() == b"new"


def test_content_time_and_absence_arrive_late(emulator: Running, share: ShareClient) -> None:
    file = share.get_file_client("htpasswd")
    file.upload_file(b"old")
    own = mounted(emulator) / "htpasswd"
    assert emulator.control("PUT", "/mount-lag", {"seconds": LAG}) == {"seconds": LAG}
    seen = mounted(emulator) / "htpasswd"
    assert seen != own
    assert (seen.read_bytes(), seen.stat().st_mtime_ns) == (b"old", own.stat().st_mtime_ns)

    file.create_file(3, data=b"new")
    assert (own.read_bytes(), seen.read_bytes()) == (b"new", b"old")
    assert LAG * 0.8 < seconds_until(lambda: seen.read_bytes() == b"new") < LAG + 3
    assert seen.stat().st_mtime_ns == own.stat().st_mtime_ns

    file.delete_file()
    assert seen.exists()
    assert LAG * 0.8 < seconds_until(lambda: not seen.exists()) < LAG + 3


def test_every_version_is_shown_in_its_turn(emulator: Running, share: ShareClient) -> None:
    emulator.control("PUT", "/mount-lag", {"seconds": LAG})
    share.create_directory("sub")
    file = share.get_file_client("sub/file")
    file.create_file(1, data=b"1")
    time.sleep(0.4)
    file.create_file(1, data=b"2")
    seen = mounted(emulator) / "sub" / "file"
    assert seconds_until(seen.exists) < LAG + 3
    assert seen.read_bytes() == b"1"
    assert seconds_until(lambda: seen.read_bytes() == b"2") < LAG + 3
    file.delete_file()
    share.delete_directory("sub")
    assert seconds_until(lambda: not seen.parent.exists()) < LAG + 3


def test_a_lag_that_ends_shows_the_share_at_once(emulator: Running, share: ShareClient) -> None:
    emulator.control("PUT", "/mount-lag", {"seconds": 60})
    share.get_file_client("htpasswd").upload_file(b"new")
    assert list(mounted(emulator).iterdir()) == []
    emulator.control("PUT", "/mount-lag", {"seconds": 0})
    assert (mounted(emulator) / "htpasswd").read_bytes() == b"new"
    emulator.control("PUT", "/mount-lag", {"seconds": 60})
    assert (mounted(emulator) / "htpasswd").read_bytes() == b"new"
    emulator.control("POST", "/reset")
    assert emulator.control("GET", "/mount-lag") == {"seconds": 0}


def test_a_copy_starts_afresh_with_every_start(tmp_path: Path) -> None:
    source = tmp_path / "share"
    source.mkdir()
    (source / "file").write_bytes(b"first")

    def start() -> Path:
        return LateMounts(tmp_path / "mounts", lambda *_: source, lambda: 60).folder("images1", "auth")

    assert (start() / "file").read_bytes() == b"first"
    (source / "file").rename(source / "other")
    assert [file.name for file in start().iterdir()] == ["other"]


def test_a_registry_behind_a_late_mount_takes_the_old_password_until_then(tmp_path: Path) -> None:
    rig = Rig.create(tmp_path)
    rig.write_users(alice="old")
    mounts = LateMounts(tmp_path / "mounts", lambda *_: rig.share, lambda: LAG)
    mounts.start()
    try:
        config = rig.config()
        late = replace(config.mounts[0], folder=mounts.folder("stdemo", "auth"))
        rig.start(replace(config, mounts=(late,)))
        rig.write_users(alice="new")
        assert (rig.get("/v2/", ("alice", "old")), rig.get("/v2/", ("alice", "new"))) == (200, 401)
        assert seconds_until(lambda: rig.get("/v2/", ("alice", "new")) == 200) < LAG + 3
        assert rig.get("/v2/", ("alice", "old")) == 401
    finally:
        rig.sites.stop_all()
        mounts.stop()
