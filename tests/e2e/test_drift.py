"""Somebody changes the htpasswd file, a setting and the mount behind our back: they come back, and the audit says who.

`reconcile` runs when the test asks for it, so that it can see the harm first.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bcrypt
import httpx
import pytest

from tests.e2e.api_client import Json
from tests.e2e.emulated_azure import SITES
from tests.e2e.local_azure import LocalAzure, running

PACE = {"RECONCILE_SCHEDULE": "0 0 0 1 1 *", "DRIFT_CHECK_SECONDS": "1", "TURN_DELAY_SECONDS": "0"}
NAME = "drifter"
PATIENCE_SECONDS = 60
SETTING, MOUNT = "REGISTRY_HTTP_SECRET", "berthage"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    with running(tmp_path_factory.mktemp("drift"), PACE) as local_azure:
        yield local_azure


@pytest.fixture(scope="module")
def host(local: LocalAzure) -> str:
    """The login server of a registry that is ready."""
    return str(local.api.create_registry(NAME)["loginServer"])


@pytest.fixture(scope="module")
def password(local: LocalAzure, host: str) -> str:
    """Alice's."""
    assert host
    return local.api.create_user(NAME, "alice")


def reconcile_until(local: LocalAzure, condition: Callable[[], bool]) -> None:
    """`reconcile` runs again and again, as it does every minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        local.api.run_now("reconcile")
        time.sleep(1)
        if condition():
            return
        assert time.monotonic() < deadline, local.up.log.read_text(encoding="utf-8")


def lets_in(local: LocalAzure, host: str, user: str, password: str) -> bool:
    """A registry that restarts lets nobody in."""
    try:
        return local.door.lets_in(host, user, password)
    except (httpx.TransportError, AssertionError):
        return False


def audits(local: LocalAzure, action: str) -> list[Json]:
    """What `reconcile` has audited."""
    rows = [
        row
        for (table, _, key), row in local.azure.tables().items()
        if (table, key[:6]) == ("state", "audit:")
    ]
    return [row for row in rows if (row["action"], row["actor"]) == (action, "system:reconcile")]


def config(local: LocalAzure, kind: str) -> Json:
    """Settings or mounts of the site, as only a list shows them."""
    [site] = [name for name in local.azure.resources(NAME) if name.startswith(SITES)]
    path = f"/{site.rpartition('/')[2]}/config/{kind}"
    listed: Json = local.azure.resource_manager("POST", SITES, f"{path}/list")["properties"]
    return listed


def configure(local: LocalAzure, kind: str, properties: Json) -> None:
    """As in the portal."""
    [site] = [name for name in local.azure.resources(NAME) if name.startswith(SITES)]
    path = f"/{site.rpartition('/')[2]}/config/{kind}"
    local.azure.resource_manager("PUT", SITES, path, {"properties": properties})


def test_an_unknown_user_in_the_file_is_audited_by_name_and_refused(
    local: LocalAzure, host: str, password: str
) -> None:
    stranger = bcrypt.hashpw(b"a password of mallory", bcrypt.gensalt(5)).decode()
    live: Path = local.azure.share(NAME) / "htpasswd"
    live.write_bytes(live.read_bytes() + f"mallory:{stranger}\n".encode())
    assert local.door.lets_in(host, "mallory", "a password of mallory"), "no harm was done"
    reconcile_until(local, lambda: not local.door.lets_in(host, "mallory", "a password of mallory"))
    assert local.door.lets_in(host, "alice", password)
    [entry] = audits(local, "RepairHtpasswd")
    assert json.loads(entry["details"]) == {"file": ["edited"], "added": ["mallory"]}
    assert stranger not in str(local.azure.tables())
    operation = local.api.end_of({"operation": {"id": entry["operationId"]}})
    assert (operation["status"], operation["result"]) == ("Succeeded", {"proof": "probe"})


def test_a_setting_and_the_mount_come_back_and_the_registry_serves(
    local: LocalAzure, host: str, password: str
) -> None:
    settings, mounts = config(local, "appsettings"), config(local, "azurestorageaccounts")
    ours = mounts[MOUNT]
    configure(local, "appsettings", {**settings, SETTING: "mine now"})
    configure(local, "azurestorageaccounts", {MOUNT: {**ours, "mountPath": "/mnt/elsewhere"}})
    changed = config(local, "azurestorageaccounts")[MOUNT]["mountPath"]
    assert (config(local, "appsettings")[SETTING], changed) == ("mine now", "/mnt/elsewhere")

    def is_back() -> bool:
        path = config(local, "azurestorageaccounts")[MOUNT]["mountPath"]
        return (config(local, "appsettings")[SETTING], path) == (settings[SETTING], ours["mountPath"])

    reconcile_until(local, is_back)
    reconcile_until(local, lambda: lets_in(local, host, "alice", password))
    entries = audits(local, "UpdateRegistry")
    audited = {name for entry in entries for name in json.loads(entry["details"])["drift"]}
    assert audited == {f"setting {SETTING}", f"mount {MOUNT}"}
    assert local.api.end_of({"operation": {"id": entries[0]["operationId"]}})["status"] == "Succeeded"
    log = local.up.log.read_text(encoding="utf-8")
    kept = str(local.azure.tables()) + log
    assert "mine now" not in kept
    assert settings[SETTING] not in kept
    assert f"site_drift_repaired=1:{NAME}" in log
    assert local.api.call("GET", f"registries/{NAME}", 200)["drift"] is None
