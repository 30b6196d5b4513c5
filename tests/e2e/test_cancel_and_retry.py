"""What Azure made fail can be repeated, what nobody wants any more can be canceled: with a real registry behind it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from tests.e2e.api_client import Json, assert_refused
from tests.e2e.local_azure import LocalAzure

SITES, PLANS = "/**/Microsoft.Web/sites/*", "/**/Microsoft.Web/serverfarms/*"
REFUSAL = {"status": 403, "code": "RequestDisallowedByPolicy", "message": "Policy 'no-sites' forbids this."}


@pytest.fixture
def fault(local: LocalAzure) -> Iterator[Callable[..., str]]:
    """Places faults, which are gone when the test ends."""

    def place(**fields: Any) -> str:
        return str(local.azure.control("POST", "faults", fields)["id"])

    yield place
    local.azure.control("DELETE", "faults")


def until[T](look: Callable[[], T], seconds: float = 30) -> T:
    """What `look` sees, as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"nothing after {seconds} s"
        time.sleep(0.05)
    return seen


@contextmanager
def poison_queue(local: LocalAzure, name: str) -> Iterator[QueueClient]:
    """Where the host puts what has failed five times."""
    with QueueClient.from_connection_string(
        local.azure.connection_string, name, message_encode_policy=TextBase64EncodePolicy()
    ) as client:
        with suppress(ResourceExistsError):
            client.create_queue()
        yield client


def show(local: LocalAzure, operation: Json) -> Json:
    return local.api.call("GET", f"operations/{operation['operation']['id']}", 200)


def path_of(answer: Json, verb: str) -> str:
    return f"operations/{answer['operation']['id']}/{verb}"


def test_a_create_that_azure_refused_succeeds_when_it_is_retried(
    local: LocalAzure, fault: Callable[..., str]
) -> None:
    api = local.api
    fault(method="PUT", path=SITES, answer=REFUSAL)
    failed = api.end_of(api.call("PUT", "registries/second", 201, {}))
    assert failed["status"] == "Failed"
    assert "no-sites" in failed["error"]["message"]
    assert failed["error"]["fix"]
    assert local.azure.resources("second") == []

    answer = api.send("POST", f"operations/{failed['id']}/retry")
    retried = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Operation-Location"] == retried["operation"]["url"]
    assert retried["retryOf"]["id"] == failed["id"]
    assert api.finish(retried)["result"]["loginServer"]

    again = api.call("POST", f"operations/{failed['id']}/retry", 200)
    assert (again["id"], again["status"]) == (retried["id"], "Succeeded")
    before = {name: value for name, value in failed.items() if name != "retriedBy"}
    after = api.call("GET", f"operations/{failed['id']}", 200)
    assert after.pop("retriedBy")["id"] == retried["id"]
    assert after == before

    password = api.create_user("second", "alice")
    server = api.call("GET", "registries/second", 200)["loginServer"]
    assert local.door.lets_in(server, "alice", password)
    api.delete_registry("second")


def test_a_create_that_is_canceled_half_way_leaves_nothing_and_can_be_retried(local: LocalAzure) -> None:
    api = local.api
    local.azure.slow_down(1)
    try:
        started = api.call("PUT", "registries/halfway", 201, {})
        until(lambda: local.azure.resources("halfway"))
        answer = api.send("POST", path_of(started, "cancel"))
        ended = api.end_of(started)
    finally:
        local.azure.slow_down(0.2)
    assert answer.status_code == 202
    assert answer.json()["cancelRequestedAt"]
    assert answer.headers["Operation-Location"] == started["operation"]["url"]
    assert (ended["status"], ended["error"]["code"]) == ("Canceled", "OperationCanceled")
    assert local.azure.resources("halfway") == []
    shown = api.call("GET", "registries/halfway", 200)
    assert (shown["provisioningState"], shown["loginServer"], shown["operation"]) == ("Failed", None, None)
    assert api.call("POST", path_of(started, "cancel"), 200)["status"] == "Canceled"

    api.finish(api.call("POST", path_of(started, "retry"), 202))
    assert api.call("GET", "registries/halfway", 200)["provisioningState"] == "Succeeded"
    gone = api.delete_registry("halfway")
    assert_refused(api.send("POST", f"operations/{gone['id']}/cancel"), 409, "OperationNotCancelable")
    assert_refused(api.send("POST", f"operations/{gone['id']}/retry"), 409, "OperationNotRetryable")


def test_a_delete_that_is_canceled_before_anything_goes_changes_nothing(
    local: LocalAzure, fault: Callable[..., str]
) -> None:
    api = local.api
    before = api.create_registry("kept")
    password = api.create_user("kept", "alice")
    made = local.azure.resources("kept")
    fault(method="GET", path=SITES, answer={"status": 503}, count=None)
    started = api.call("DELETE", "registries/kept?purge=true&confirm=kept", 202)
    assert until(lambda: show(local, started).get("obstacle", {}).get("message"))
    assert_refused(api.send("PUT", "registries/kept/users/bob", {}), 409, "OperationInProgress")
    api.call("POST", path_of(started, "cancel"), 202)
    assert api.end_of(started)["status"] == "Canceled"
    local.azure.control("DELETE", "faults")

    after = api.call("GET", "registries/kept", 200)
    assert after["provisioningState"] == "Succeeded"
    changing = ("etag", "updatedAt", "health", "userCount")
    assert [after[name] for name in before if name not in changing] == [
        before[name] for name in before if name not in changing
    ]
    assert local.azure.resources("kept") == made
    assert local.door.lets_in(after["loginServer"], "alice", password)
    api.create_user("kept", "bob")

    api.finish(api.call("POST", path_of(started, "retry"), 202))
    assert local.azure.resources("kept") == []


def test_what_has_ended_or_is_a_users_change_says_what_to_do_instead(local: LocalAzure, harbour: str) -> None:
    api, path = local.api, f"registries/{harbour}/users/passing"
    created = api.call("PUT", path, 201, {})
    early = assert_refused(api.send("POST", path_of(created, "cancel")), 409, "OperationNotCancelable")
    api.finish(created)
    late = assert_refused(api.send("POST", path_of(created, "cancel")), 409, "OperationNotCancelable")
    assert early["target"] == late["target"] == created["operation"]["id"]
    assert_refused(api.send("POST", path_of(created, "retry")), 409, "OperationNotRetryable")
    api.finish(api.call("DELETE", path, 202))


def test_what_was_deleted_is_not_retried(local: LocalAzure, fault: Callable[..., str]) -> None:
    api = local.api
    fault(method="PUT", path=PLANS, answer=REFUSAL)
    failed = api.end_of(api.call("PUT", "registries/brief", 201, {}))
    api.delete_registry("brief")
    error = assert_refused(api.send("POST", f"operations/{failed['id']}/retry"), 410, "RegistryDeleted")
    assert "PUT /api/registries/brief" in error["fix"]


def test_a_create_whose_message_was_given_up_takes_back_what_it_made_and_can_be_retried(
    local: LocalAzure, fault: Callable[..., str]
) -> None:
    api = local.api
    fault(method="GET", path=PLANS, answer={"status": 503, "headers": {"Retry-After": "30"}}, count=None)
    started = api.call("PUT", "registries/poisoned", 201, {})
    until(lambda: local.azure.resources("poisoned") and show(local, started).get("obstacle"))
    message = {"version": 1, "operationId": started["operation"]["id"], "turn": 0}
    with poison_queue(local, "registry-operations-poison") as queue:
        queue.send_message(json.dumps(message))
        until(lambda: show(local, started).get("error"))
    local.azure.control("DELETE", "faults")
    failed = api.end_of(started)
    assert (failed["status"], failed["error"]["code"]) == ("Failed", "InternalError")
    assert f"/api/operations/{failed['id']}/retry" in failed["error"]["fix"]
    assert local.azure.resources("poisoned") == []
    api.finish(api.call("POST", path_of(started, "retry"), 202))
    api.delete_registry("poisoned")


@pytest.mark.parametrize("queue", ["registry-operations-poison", "htpasswd-sync-poison"])
@pytest.mark.parametrize(
    "text", ["no JSON", '{"version": 9, "operationId": "harbour.from-the-future", "turn": 0}']
)
def test_a_poisoned_message_that_nobody_can_read_is_an_error_in_the_log_and_gone(
    local: LocalAzure, queue: str, text: str
) -> None:
    with poison_queue(local, queue) as client:
        sent = client.send_message(text)
        log = until(lambda: _line(local, f"poisoned message {sent.id}"))
        until(lambda: client.get_queue_properties().approximate_message_count == 0)
    assert ("harbour.from-the-future" in log) == ("from-the-future" in text)


def _line(local: LocalAzure, start: str) -> str:
    lines = local.up.log.read_text(encoding="utf-8").splitlines()
    return next((line for line in lines if start in line), "")
