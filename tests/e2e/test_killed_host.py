"""A Functions host that is killed in the middle of a create, twice; then a restart of everything.

`reconcile` runs every two seconds here instead of every minute, and takes a silence of three seconds for a death
instead of twenty: the waits are shorter, what has to be survived is the same.
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localazure.demo.image import build_image
from tests.e2e.api_client import Json
from tests.e2e.emulated_azure import ACCOUNTS, PLANS, SITES
from tests.e2e.local_azure import LocalAzure, running

PACE = {"RECONCILE_SCHEDULE": "*/2 * * * * *", "OPERATION_STALE_SECONDS": "3"}
PROMISED_SECONDS = 120
SAVED_SECONDS = (60 - 2) + (20 - 3)
"""What the usual pace of `up` could add."""
SLOW_SECONDS = 1.5
"""How long Azure takes for each resource: long enough for a kill in between."""


@dataclass(frozen=True)
class Survived:
    """What was seen of the first run, the one with the kills."""

    folder: Path
    found_by_kills: list[dict[str, bool]]
    """The types of the resources that each kill found, and whether Azure was still at work on them."""
    seconds_since_last_kill: float
    operation: Json
    registry: Json
    created: list[str]
    """Every resource that was ever sent, as `type/name`."""
    resources: list[str]
    password: str
    digest: str
    reference: str


@pytest.fixture(scope="module")
def survived(tmp_path_factory: pytest.TempPathFactory) -> Survived:
    folder = tmp_path_factory.mktemp("killed")
    with running(folder, PACE) as local:
        local.azure.slow_down(SLOW_SECONDS)
        accepted = local.api.call("PUT", "registries/wreck", 201, {})
        user = local.api.call("PUT", "registries/wreck/users/alice", 201, {})
        found = []
        for kind in (ACCOUNTS, SITES):
            _wait_for_put(local, kind)
            killed_at = time.monotonic()
            killed = _kill_host(local)
            found.append(_busy(local))
            _wait_for_another_host(local, killed)
        operation = local.api.finish(accepted, PROMISED_SECONDS)
        seconds = time.monotonic() - killed_at
        local.api.finish(user)
        registry = local.api.call("GET", "registries/wreck", 200)
        image = build_image(folder / "image", layer_bytes=(200_000, 100_000), reference="crew/log:1")
        reference = f"{registry['loginServer']}/{image.reference}"
        client = local.image_client(folder / "first")
        client.login(registry["loginServer"], "alice", user["password"])
        return Survived(
            folder=folder,
            found_by_kills=found,
            seconds_since_last_kill=seconds,
            operation=operation,
            registry=registry,
            created=[_resource(entry) for entry in local.azure.requests() if _is_put(entry)],
            resources=local.azure.resources("wreck"),
            password=user["password"],
            digest=client.push(image, reference),
            reference=reference,
        )


@pytest.fixture(scope="module")
def restarted(survived: Survived) -> Iterator[LocalAzure]:
    with running(survived.folder, PACE) as local:
        yield local


def _is_put(entry: Json) -> bool:
    # .../providers/Microsoft.Web/sites/{name}, and nothing below
    return entry["method"] == "PUT" and len(entry["path"].partition("/providers/")[2].split("/")) == 3


def _resource(entry: Json) -> str:
    return str(entry["path"].partition("/providers/")[2])


def _wait_for_put(local: LocalAzure, kind: str) -> None:
    def was_sent() -> bool:
        sent = [_resource(entry) for entry in local.azure.requests() if _is_put(entry)]
        return any(resource.startswith(f"{kind}/") for resource in sent)

    local.up.wait_until(was_sent)


def _kill_host(local: LocalAzure) -> int:
    pid: int = local.up.ready()["processes"]["functions-host"]
    os.kill(pid, signal.SIGKILL)
    return pid


def _busy(local: LocalAzure) -> dict[str, bool]:
    """The types of the resources that there are: is Azure still at work on them?"""
    return {
        kind: found["properties"].get("provisioningState", "Succeeded") != "Succeeded"
        or bool(found["properties"].get("inProgressOperationId"))
        for kind in (ACCOUNTS, PLANS, SITES)
        for found in local.azure.resource_manager("GET", kind)["value"]
    }


def _wait_for_another_host(local: LocalAzure, killed: int) -> None:
    # the supervisor starts it by itself, and writes the ready file again
    local.up.wait_until(lambda: local.up.ready()["processes"]["functions-host"] != killed)


def test_the_create_finishes_within_two_minutes(survived: Survived) -> None:
    assert survived.operation["status"] == "Succeeded"
    assert survived.seconds_since_last_kill < PROMISED_SECONDS - SAVED_SECONDS
    assert survived.registry["provisioningState"] == "Succeeded"


def test_it_makes_one_of_each_resource(survived: Survived) -> None:
    assert sorted(resource.rpartition("/")[0] for resource in survived.resources) == [ACCOUNTS, PLANS, SITES]
    assert set(survived.created) == set(survived.resources), "there was another name meanwhile"


def test_each_kill_hit_the_middle_of_it(survived: Survived) -> None:
    first, second = survived.found_by_kills
    assert SITES not in first, "there was a site already"
    assert second == {ACCOUNTS: False, PLANS: False, SITES: True}, "Azure was not at work on the site"


def test_after_a_restart_of_everything_the_registry_is_where_it_was(
    survived: Survived, restarted: LocalAzure
) -> None:
    assert restarted.api.call("GET", "registries/wreck", 200) == survived.registry
    restarted.door.wait_until_open(survived.registry["loginServer"], "alice", survived.password)
    assert restarted.azure.resources("wreck") == survived.resources


def test_after_a_restart_an_image_pushed_before_is_still_served(
    survived: Survived, restarted: LocalAzure, tmp_path: Path
) -> None:
    restarted.door.wait_until_open(survived.registry["loginServer"], "alice", survived.password)
    client = restarted.image_client(tmp_path / "second")
    assert client.login(survived.registry["loginServer"], "alice", survived.password)
    assert client.pull(survived.reference) == survived.digest


def test_after_a_restart_users_can_be_changed(survived: Survived, restarted: LocalAzure) -> None:
    password = restarted.api.create_user("wreck", "bob")
    host = survived.registry["loginServer"]
    assert restarted.door.lets_in(host, "bob", password)
    assert restarted.door.lets_in(host, "alice", survived.password)
