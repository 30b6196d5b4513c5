"""A registry is deleted and comes back as it was; what is purged leaves nothing but its history."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bcrypt
import httpx
import pytest
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from localazure.demo.image import build_image
from tests.e2e.api_client import Api, Json, assert_refused
from tests.e2e.emulated_azure import ACCOUNTS
from tests.e2e.local_azure import LocalAzure

NAME = "drydock"
DRYDOCK = f"registries/{NAME}"
CHOSEN, HASHED = "chosen-by-a-person-who-comes-back", "kept-by-whoever-sent-only-its-hash"
SAME = ("uid", "loginServer", "tags", "userCount", "createdAt", "sku", "image")
"""What a restore brings back as it was."""


@pytest.fixture
def api(local: LocalAzure, harbour: str) -> Iterator[Api]:
    """Nothing of the registry is left, whatever becomes of the test."""
    _ = harbour  # another registry, which must not be touched
    yield local.api
    local.api.send("DELETE", f"{DRYDOCK}?purge=true&confirm={NAME}")


def users_with_passwords(api: Api) -> dict[str, str]:
    """Three users: a generated password, one of a person's own, and one that we know by its hash alone."""
    hashed = bcrypt.hashpw(HASHED.encode(), bcrypt.gensalt(5)).decode()
    api.passwords.add(HASHED)
    made = {"ann": api.create_user(NAME, "ann")}
    for user, body in (("ben", {"password": CHOSEN}), ("cai", {"passwordHash": hashed})):
        api.finish(api.call("PUT", f"{DRYDOCK}/users/{user}", 201, body))
    return {**made, "ben": CHOSEN, "cai": HASHED}


def names_listed(api: Api, query: str = "") -> list[str]:
    return [each["name"] for each in api.call("GET", f"registries{query}", 200)["value"]]


def test_a_deleted_registry_comes_back_with_its_images_and_users_and_then_leaves_nothing(
    local: LocalAzure, api: Api, tmp_path: Path
) -> None:
    before = api.create_registry(NAME, {"tags": {"team": "payments"}})
    resources, names = local.azure.resources(NAME), names_in_azure(local)
    host = before["loginServer"]
    passwords = users_with_passwords(api)
    before = api.call("GET", DRYDOCK, 200)
    image = build_image(tmp_path / "image", layer_bytes=(200_000, 100_000), reference="team/app:1")
    client, reference = local.image_client(tmp_path / "client"), f"{host}/team/app:1"
    assert client.login(host, "ann", passwords["ann"])
    assert client.push(image, reference) == image.digest

    answer = api.call("DELETE", DRYDOCK, 202)
    assert_is_in_two_weeks(answer["purgeOn"])
    assert api.finish(answer)["result"] == {"purgeOn": answer["purgeOn"]}
    assert_is_deleted(local, host, answer["purgeOn"])
    revoked = api.finish(api.call("DELETE", f"{DRYDOCK}/users/ben", 202))
    assert revoked["result"] == {"proof": "file"}

    api.finish(api.call("POST", f"{DRYDOCK}/restore", 202))
    after = api.call("GET", DRYDOCK, 200)
    assert {name: after[name] for name in SAME} == {**{name: before[name] for name in SAME}, "userCount": 2}
    assert (after["provisioningState"], after["deletedOn"], after["purgeOn"]) == ("Succeeded", None, None)
    assert local.azure.resources(NAME) == resources
    assert client.pull(reference) == image.digest
    known = {user: local.door.lets_in(host, user, password) for user, password in passwords.items()}
    assert known == {"ann": True, "ben": False, "cai": True}
    assert api.call("POST", f"{DRYDOCK}/restore", 200)["operation"] is None
    api.finish(api.call("POST", f"{DRYDOCK}/users/ann/rotate", 200))  # nothing is special about it any more

    api.finish(api.call("DELETE", DRYDOCK, 202))
    purged = api.delete_registry(NAME)
    assert (purged["kind"], "result" in purged) == ("PurgeRegistry", False)
    assert_nothing_is_left(local, names)


def test_a_registry_that_was_deleted_long_enough_ago_is_purged(local: LocalAzure, api: Api) -> None:
    api.create_registry(NAME)
    api.create_user(NAME, "ann")
    names = names_in_azure(local)
    api.finish(api.call("DELETE", DRYDOCK, 202))
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    with TableClient.from_connection_string(local.azure.connection_string, "state") as state:
        state.update_entity({"PartitionKey": NAME, "RowKey": "registry", "purgeOn": past}, UpdateMode.MERGE)
    api.run_now("reconcile")
    until(lambda: api.send("GET", DRYDOCK).status_code == 404, "it is still there")
    assert_nothing_is_left(local, names)
    purges = [row for row in history(local) if row.get("action") == "PurgeRegistry"]
    assert "system:reconcile" in {row["actor"] for row in purges}


def assert_is_in_two_weeks(moment: str) -> None:
    left = datetime.fromisoformat(moment) - datetime.now(UTC)
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14), moment


def assert_is_deleted(local: LocalAzure, host: str, purge_on: str) -> None:
    """It serves nobody and costs next to nothing, and every request says what it is or what to do."""
    api = local.api
    shown = api.call("GET", DRYDOCK, 200)
    assert (shown["provisioningState"], shown["purgeOn"]) == ("SoftDeleted", purge_on)
    assert [each.rpartition("/")[0] for each in local.azure.resources(NAME)] == [ACCOUNTS]
    with pytest.raises(httpx.ConnectError):
        local.door.lets_in(host, "ben", CHOSEN)
    assert NAME not in names_listed(api)
    assert names_listed(api, "?state=deleted") == [NAME]
    for path in (DRYDOCK, f"{DRYDOCK}/users/dot"):
        fix = assert_refused(api.send("PUT", path, {}), 409, "RegistrySoftDeleted")["fix"]
        assert f"POST /api/{DRYDOCK}/restore" in fix
        assert f"DELETE /api/{DRYDOCK}?purge=true&confirm={NAME}" in fix
    again = api.call("DELETE", DRYDOCK, 200)
    assert (again["purgeOn"], again["operation"]) == (purge_on, None)


def names_in_azure(local: LocalAzure) -> set[str]:
    """What anything of the registry is named by."""
    return {NAME, *(each.rpartition("/")[2] for each in local.azure.resources(NAME))}


def history(local: LocalAzure) -> list[Json]:
    """What is kept of a registry that is gone: its operations, and who did what."""
    rows = local.azure.tables()
    return [row for place, row in rows.items() if place[1] == NAME and is_history(place)]


def is_history(place: tuple[str, str, str]) -> bool:
    table, _, key = place
    return table == "audit" or (table == "state" and key.startswith(("operation:", "audit:")))


def assert_nothing_is_left(local: LocalAzure, names: set[str]) -> None:
    """Wherever a name of it may stand: in Azure, in rows, in queues, in blobs, in shares, in folders of sites."""
    assert local.azure.resources(NAME) == []
    rows = local.azure.tables_at_rest()
    found = {place for place, row in rows.items() if any(name in f"{place} {row}" for name in names)}
    assert {place for place in found if not is_history(place)} == set()
    assert not [place for place in found if "$2" in repr(rows[place])], "a hash is kept"
    until(lambda: not waiting(local), f"messages wait: {waiting(local)}")
    blobs = BlobServiceClient.from_connection_string(local.azure.connection_string)
    with blobs:
        places = [container.name for container in blobs.list_containers()]
    places += [str(path.relative_to(local.azure.state)) for path in local.azure.state.rglob("*")]
    assert [place for place in places if any(name in place for name in names)] == []


def waiting(local: LocalAzure) -> dict[str, int]:
    """How many messages each queue holds, hidden ones included."""
    with QueueServiceClient.from_connection_string(local.azure.connection_string) as service:
        counts = {
            queue.name: service.get_queue_client(queue.name).get_queue_properties().approximate_message_count
            for queue in service.list_queues()
        }
    return {name: count for name, count in counts.items() if count}


def until(holds: Callable[[], bool], otherwise: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
