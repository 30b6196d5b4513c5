"""The main job on real parts: create a registry, add a user, push, pull, rotate, revoke, delete; and its safe repeats.

The tests are chapters of one story, told in the order of the file; all but the last two can also be told alone.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from localazure.demo.image import Image, build_image
from localazure.demo.image_client import ImageClient, ImageClientError
from tests.e2e.api_client import Json, assert_refused
from tests.e2e.local_azure import LocalAzure

QUAY = "registries/quay"
ALICE = f"{QUAY}/users/alice"
REFERENCE = "team/app:1"


class Story:
    """What the chapters hand on."""

    def __init__(self, local: LocalAzure, folder: Path) -> None:
        self.local, self.api, self.door = local, local.api, local.door
        self.client: ImageClient = local.image_client(folder / "client")
        self.image: Image = build_image(
            folder / "image", layer_bytes=(300_000, 200_000, 100_000), reference=REFERENCE
        )
        self.registry = self.api.create_registry("quay", {"tags": {"team": "payments"}})
        self.host: str = self.registry["loginServer"]
        self.password = self.api.create_user("quay", "alice", {"description": "builds"})
        self.api.create_user("quay", "bob")

    def knows(self, password: str) -> bool:
        return self.door.lets_in(self.host, "alice", password)


@pytest.fixture(scope="module")
def story(local: LocalAzure, harbour: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    _ = harbour  # a second registry: lists have something to page through
    yield Story(local, tmp_path_factory.mktemp("story"))
    left = local.api.send("DELETE", f"{QUAY}?purge=true&confirm=quay")
    assert left.status_code in {202, 204}, left.text


def test_a_created_registry_says_what_it_is(story: Story) -> None:
    shown = story.registry
    assert (shown["provisioningState"], shown["operation"]) == ("Succeeded", None)
    assert (shown["placement"], shown["deleteEnabled"], shown["tags"]) == (
        "dedicated",
        False,
        {"team": "payments"},
    )
    assert story.api.call("GET", QUAY, 200)["userCount"] == 2
    assert len(story.local.azure.resources("quay")) == 3


def test_the_operation_of_the_create_tells_every_step(story: Story) -> None:
    rows = story.local.azure.tables()
    [key] = [
        key
        for (table, partition, key), row in rows.items()
        if (table, partition, row.get("kind")) == ("state", "quay", "CreateRegistry")
    ]
    operation = story.api.call("GET", f"operations/quay.{key.partition(':')[2]}", 200)
    assert (operation["status"], operation["percentComplete"]) == ("Succeeded", 100)
    assert operation["result"] == {"loginServer": story.host}
    steps = {step["name"]: step for step in operation["steps"]}
    assert {"storageAccount", "plan", "fileShare", "htpasswd", "site", "probe"} <= steps.keys()
    assert {step["status"] for step in steps.values()} == {"Succeeded"}
    # without the file Distribution would invent a user, and log its password
    ended = datetime.fromisoformat(steps["htpasswd"]["endedAt"])
    assert ended <= datetime.fromisoformat(steps["site"]["startedAt"])


def test_an_image_comes_back_with_the_digest_it_was_pushed_with(story: Story) -> None:
    reference = f"{story.host}/{REFERENCE}"
    assert not story.client.login(story.host, "mallory", story.password)
    assert story.client.login(story.host, "alice", story.password)
    assert story.client.push(story.image, reference) == story.image.digest
    assert story.client.pull(reference) == story.image.digest


def test_a_stranger_cannot_pull(story: Story, tmp_path: Path) -> None:
    stranger = story.local.image_client(tmp_path / "stranger")
    with pytest.raises(ImageClientError, match=r"(?i)unauthorized|authentication required"):
        stranger.pull(f"{story.host}/{REFERENCE}")


def test_the_health_sweep_finds_it_healthy(story: Story) -> None:
    story.api.run_now("sweep_health")
    health: Json | None = None
    deadline = time.monotonic() + 20
    while health is None:
        assert time.monotonic() < deadline, "no verdict after 20 s"
        time.sleep(0.1)
        health = story.api.call("GET", QUAY, 200)["health"]
    assert (health["code"], health["severity"], health["fix"]) == ("HEALTHY", "ok", None)


def test_users_are_listed_without_their_secrets(story: Story) -> None:
    users = story.api.call("GET", f"{QUAY}/users", 200)["value"]
    assert [(user["username"], user["state"], user["syncing"]) for user in users] == [
        ("alice", "Active", False),
        ("bob", "Active", False),
    ]
    assert not {"password", "passwordHash", "hash"} & {name for user in users for name in user}


def test_the_same_put_again_is_no_work(story: Story) -> None:
    for path in (QUAY, ALICE):
        etag = story.api.call("GET", path, 200)["etag"]
        again = story.api.send("PUT", path, {})
        assert again.status_code == 200
        assert again.json()["operation"] is None
        assert "Operation-Location" not in again.headers
        assert (again.json()["etag"], again.headers["ETag"]) == (etag, etag)
    assert "password" not in story.api.call("PUT", ALICE, 200, {"description": "builds"})
    assert story.knows(story.password)


def test_new_work_says_where_to_wait(story: Story) -> None:
    answer = story.api.send("PUT", ALICE, {"description": "builds at night"})
    operation = answer.json()["operation"]
    assert answer.status_code == 200
    assert answer.headers["Operation-Location"] == operation["url"]
    assert operation["url"] == f"{story.api.url}operations/{operation['id']}"
    assert int(answer.headers["Retry-After"]) >= 1
    ended = story.api.send("GET", f"{operation['url']}?wait=30")
    assert (ended.json()["status"], ended.json()["result"]) == ("Succeeded", {"proof": "probe"})
    assert "Retry-After" not in ended.headers
    assert story.knows(story.password)  # another description is not another secret


def test_a_repeated_operation_id_is_the_same_operation_and_shows_no_secret(story: Story) -> None:
    own_id = {"Operation-Id": str(uuid4())}
    path = f"{QUAY}/users/carol"
    first = story.api.call("PUT", path, 201, {}, headers=own_id)
    again = story.api.call("PUT", path, 200, {}, headers=own_id)
    assert first["operation"]["id"] == again["operation"]["id"] == f"quay.{own_id['Operation-Id']}"
    assert again["secretAlreadyShown"] is True
    assert "password" in first
    assert "password" not in again
    reused = story.api.send("PUT", path, {"description": "other"}, headers=own_id)
    assert_refused(reused, 409, "OperationIdReused")
    story.api.finish(first)
    assert story.door.lets_in(story.host, "carol", first["password"])


def test_conditions_that_do_not_hold_change_nothing(story: Story) -> None:
    for path in (QUAY, ALICE):
        before = story.api.call("GET", path, 200)
        change = {"tags": {"a": "b"}} if path == QUAY else {"description": "changed"}
        create_only = story.api.send("PUT", path, change, headers={"If-None-Match": "*"})
        assert_refused(create_only, 412, "ConditionNotMet")
        other_version = story.api.send("PUT", path, change, headers={"If-Match": '"of.yesterday"'})
        assert_refused(other_version, 412, "ConditionNotMet")
        assert before["etag"] in other_version.json()["error"]["message"]
        assert story.api.call("GET", path, 200) == before
    never = story.api.send("PUT", f"{QUAY}/users/nobody", {}, headers={"If-Match": "*"})
    assert_refused(never, 412, "ConditionNotMet")
    seen = {"If-Match": story.api.call("GET", ALICE, 200)["etag"]}
    story.api.finish(story.api.call("PUT", ALICE, 200, {"description": "seen"}, headers=seen))
    assert_refused(story.api.send("PUT", ALICE, {}, headers=seen), 412, "ConditionNotMet")


@pytest.mark.parametrize(("path", "name"), [("registries", "name"), (f"{QUAY}/users", "username")])
def test_a_list_comes_in_pages(story: Story, path: str, name: str) -> None:
    everything = [item[name] for item in story.api.call("GET", path, 200)["value"]]
    assert len(everything) >= 2
    paged, link = [], f"{path}?maxpagesize=1"
    while link:
        page = story.api.call("GET", link, 200)
        assert len(page["value"]) == 1
        paged.append(page["value"][0][name])
        link = page.get("nextLink", "")
        assert link == "" or link.startswith(story.api.url)
    assert paged == everything == sorted(everything)


def test_every_answer_has_request_ids(story: Story) -> None:
    own = {"x-ms-client-request-id": "nightly-42"}
    first = story.api.send("GET", QUAY, headers=own)
    second = story.api.send("GET", f"{QUAY}x", headers=own)
    assert (first.status_code, second.status_code) == (200, 404)
    assert first.headers["x-ms-request-id"] != second.headers["x-ms-request-id"]
    for answer in (first, second):
        assert answer.headers["x-ms-client-request-id"] == "nightly-42"


def test_the_api_version_may_be_named(story: Story) -> None:
    story.api.call("GET", f"{QUAY}?api-version=2026-11-01", 200)
    refused = story.api.send("GET", f"{QUAY}?api-version=2020-01-01")
    assert_refused(refused, 400, "UnsupportedApiVersionValue")


def test_manifests_can_be_deleted_once_that_is_enabled(story: Story) -> None:
    def delete() -> int:
        digest = story.image.digest
        answer = story.door.delete_manifest(story.host, "team/app", digest, "alice", story.password)
        return answer.status_code

    story.client.login(story.host, "alice", story.password)
    story.client.push(story.image, f"{story.host}/{REFERENCE}")
    assert delete() == 405
    updated = story.api.call("PUT", QUAY, 200, {"deleteEnabled": True})
    assert updated["provisioningState"] == "Updating"
    story.api.finish(updated)
    shown = story.api.call("GET", QUAY, 200)
    assert (shown["deleteEnabled"], shown["loginServer"]) == (True, story.host)
    story.door.wait_until_open(story.host, "alice", story.password)
    assert delete() == 202
    with pytest.raises(ImageClientError, match=r"(?i)manifest unknown|not found"):
        story.client.pull(f"{story.host}/{REFERENCE}")


def test_a_rotated_password_is_refused_and_the_new_one_gets_in(story: Story) -> None:
    old = story.password
    rotated = story.api.call("POST", f"{ALICE}/rotate", 200)
    story.password = rotated["password"]
    story.api.finish(rotated)
    assert not story.knows(old)
    assert story.knows(story.password)
    assert not story.client.login(story.host, "alice", old)
    assert story.client.login(story.host, "alice", story.password)


def test_a_deleted_user_is_refused(story: Story) -> None:
    story.api.finish(story.api.call("DELETE", ALICE, 202))
    assert not story.knows(story.password)
    assert not story.client.login(story.host, "alice", story.password)
    assert story.api.send("DELETE", ALICE).status_code == 204
    missing = story.api.send("GET", f"{QUAY}/users/bobby")
    assert_refused(missing, 404, "UserNotFound")
    assert "'bob'" in missing.json()["error"]["fix"]


def test_a_deleted_registry_leaves_nothing(story: Story) -> None:
    operation = story.api.delete_registry("quay")
    assert operation["kind"] == "PurgeRegistry"
    missing = story.api.send("GET", "registries/harbor")
    assert_refused(missing, 404, "RegistryNotFound")
    assert "'harbour'" in missing.json()["error"]["fix"]
    assert_refused(story.api.send("GET", QUAY), 404, "RegistryNotFound")
    assert story.local.azure.resources("quay") == []
    assert story.api.send("DELETE", f"{QUAY}?purge=true&confirm=quay").status_code == 204
    assert story.local.azure.users("quay") == {}
    assert "quay" not in [item["name"] for item in story.api.call("GET", "registries", 200)["value"]]
    assert story.api.call("GET", f"operations/{operation['id']}", 200) == operation
