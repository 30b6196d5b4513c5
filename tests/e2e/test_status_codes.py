"""Every status code that the OpenAPI document names is the answer to some request; here are those requests.

Generic ones come from the document alone (`ANY`). The others need a certain state of affairs: `STORIES` tells which.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.e2e.api_client import Json
from tests.e2e.local_azure import running
from tests.e2e.offers import offer
from tests.e2e.status_world import (
    ADMINS,
    DELETED,
    DOOMED,
    NOT_HERE,
    OPERATIONS,
    PROMISES,
    SETTINGS,
    SLEEPING,
    STEADY,
    WRITES_PER_MINUTE,
    Operation,
    World,
    signed_in,
)
from tests.unit.chat_apps import signing, teams_signing

HTPASSWD = f"bob:$2y$05${'u' * 53}".encode()
REVEAL = {"token": f"{STEADY}.q1W2e3R4t5Y6u7I8o9P0aA"}
"""As a link has it, and of none that there is."""
BODIES: dict[str, Json] = {
    "mute_registry": {"for": "PT1S", "reason": "a test"},
    "reveal_password": REVEAL,
    "get_reveal_status": REVEAL,
}
SITES = "/**/Microsoft.Web/sites/*"
REFUSAL = {"status": 403, "code": "RequestDisallowedByPolicy", "message": "Policy 'no-sites' forbids this."}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("status"), SETTINGS, "--storage-faults") as local:
        yield World(local)


# What any operation can be asked


def _invalid(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, params={"nonsense": "1"})


def _without_key(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, headers={"x-functions-key": "wrong"})


def _without_a_role(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, headers=signed_in())


def _of_nothing(world: World, operation: Operation) -> httpx.Response:
    return world.call(operation.method, operation.url(NOT_HERE), params=operation.query, **_body(operation))


def _reused_id(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, headers={"Operation-Id": world.used})


def _stale(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, headers={"If-Match": '"long-ago"'})


def _too_large(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, content=b" " * 5_000_000, headers={"Content-Type": "application/json"})


def _of_another_type(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, content=b"sku: S1", headers={"Content-Type": "application/yaml"})


def _too_often(world: World, operation: Operation) -> httpx.Response:
    hasty = signed_in(ADMINS)
    for _ in range(WRITES_PER_MINUTE):
        world.call("DELETE", "registries/absent", headers=hasty)
    return _ask(world, operation, headers=hasty)


def _without_storage(world: World, operation: Operation) -> httpx.Response:
    with world.fault(pathRegex="^/(tables|queues)/", answer={"status": 503}, count=None):
        return _ask(world, operation)


def _ask(world: World, operation: Operation, **more: Any) -> httpx.Response:
    params = {**operation.query, **more.pop("params", {})}
    given = {} if {"content", "body"} & more.keys() else _body(operation)
    headers = {**given.pop("headers", {}), **more.pop("headers", {})}
    url = operation.url(world.finished)
    return world.call(operation.method, url, params=params, headers=headers, **{**given, **more})


def _body(operation: Operation) -> Json:
    if operation.name == "import_users":
        return {"content": HTPASSWD, "headers": {"Content-Type": "text/plain"}}
    if operation.name in BODIES:
        return {"body": BODIES[operation.name]}
    return {"body": {}} if operation.method in {"PUT", "PATCH"} else {}


def _revoke(world: World, username: str) -> httpx.Response:
    return world.call("POST", f"users/{username}/revoke", headers={"Operation-Id": "revoked"})


def _revoked_again(world: World) -> httpx.Response:
    world.done(_revoke(world, "nobody"))
    return _revoke(world, "nobody")


def _reused_for_another_user(world: World) -> httpx.Response:
    world.done(_revoke(world, "nobody"))
    return _revoke(world, "somebody")


def _imported_again(world: World) -> httpx.Response:
    def send() -> httpx.Response:
        headers = {"Content-Type": "text/plain", "Operation-Id": "imported"}
        return world.call("POST", f"registries/{STEADY}/users/import", content=HTPASSWD, headers=headers)

    first = send()
    if first.status_code == 409:  # the import of another test
        world.local.api.end_of({"operation": {"id": first.json()["error"]["target"]}})
        first = send()
    world.done(first)
    return send()


ANY: dict[int, Callable[[World, Operation], httpx.Response]] = {
    400: _invalid,
    401: _without_key,
    403: _without_a_role,
    404: _of_nothing,
    409: _reused_id,
    412: _stale,
    413: _too_large,
    415: _of_another_type,
    429: _too_often,
    503: _without_storage,
}


# What needs a state of its own


def _refused(world: World, name: str) -> str:
    """The id of an operation that Azure has made fail."""
    with world.fault(method="PUT", path=SITES, mentions=name, answer=REFUSAL):
        return str(world.done(world.call("PUT", f"registries/{name}", {}))["id"])


def _accepted_cancel(world: World) -> httpx.Response:
    world.local.azure.slow_down(1)
    started = world.call("PUT", "registries/canceled", {}).json()
    answer = world.call("POST", f"operations/{started['operation']['id']}/cancel")
    world.local.azure.slow_down(0.2)
    return answer


def _repeated_cancel(world: World) -> httpx.Response:
    answer = _accepted_cancel(world)
    operation = answer.json()["operation"]["id"]
    world.local.api.end_of(answer.json())
    return world.call("POST", f"operations/{operation}/cancel")


def _retry(world: World) -> httpx.Response:
    return world.call("POST", f"operations/{_refused(world, 'retried')}/retry")


def _repeated_retry(world: World) -> httpx.Response:
    failed = _refused(world, "repeated")
    world.done(world.call("POST", f"operations/{failed}/retry"))
    return world.call("POST", f"operations/{failed}/retry")


def _late_retry(world: World) -> httpx.Response:
    failed = _refused(world, "late")
    world.done(world.call("DELETE", "registries/late?purge=true&confirm=late"))
    return world.call("POST", f"operations/{failed}/retry")


def _restored(world: World) -> httpx.Response:
    return world.call("POST", f"registries/{SLEEPING}/restore", headers={"Operation-Id": "restored"})


def _restored_again(world: World) -> httpx.Response:
    world.done(_restored(world))
    return _restored(world)


def _restarted(world: World) -> httpx.Response:
    return world.call("POST", f"registries/{STEADY}/restart", headers={"Operation-Id": "restarted"})


def _restarted_again(world: World) -> httpx.Response:
    world.done(_restarted(world))
    return _restarted(world)


def _reused_for_another_body(world: World, operation: Operation) -> httpx.Response:
    return _ask(world, operation, body={"description": "x"}, headers={"Operation-Id": world.used})


def _link_opened(world: World, operation: Operation, **more: str) -> httpx.Response:
    """A link as an Admin makes it, sent as a browser sends a form."""
    token = world.call("POST", "status/links").json()["url"].partition("#")[2]
    form = urlencode({"token": token, **more})
    return _ask(world, operation, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"})


def _on_the_status_page(world: World, operation: Operation) -> httpx.Response:
    """What has been looked at is there."""
    assert world.call("POST", f"registries/{STEADY}/health/check").is_success
    return _ask(world, operation)


def _unhealthy(world: World, operation: Operation) -> httpx.Response:
    """As soon as what the app has seen last is too old to be told again."""
    with world.fault(pathRegex="^/tables/", answer={"status": 503}, count=None):
        deadline = time.monotonic() + 30
        while (answer := _ask(world, operation)).is_success and time.monotonic() < deadline:
            time.sleep(0.2)
        return answer


def _revealed(world: World, operation: Operation, **more: Any) -> httpx.Response:
    """What comes of a link that is open; asked how far it is, of one that was used."""
    token = {"token": offer(world.local, STEADY, "ci", **more).token}
    if operation.name == "get_reveal_status":
        assert world.call("POST", "reveal", token).is_success
    return world.call("POST", operation.path, token)


def _of_another(world: World, operation: Operation) -> httpx.Response:
    return _revealed(world, operation, only_for="user:jane@example.com")


def _by_slack(body: bytes) -> Callable[[World, Operation], httpx.Response]:
    def send(world: World, operation: Operation) -> httpx.Response:
        signed = signing.headers(body, str(int(time.time())))
        return world.local.api.send(operation.method, operation.path, content=body, headers=signed)

    return send


def _by_teams(world: World, operation: Operation) -> httpx.Response:
    said = teams_signing.activity(timestamp=datetime.now(UTC).isoformat(), text="help")
    body = json.dumps(said).encode()
    signed = {"Authorization": teams_signing.signed(body)}
    return world.local.api.send(operation.method, operation.path, content=body, headers=signed)


def _by_slack_without_storage(world: World, operation: Operation) -> httpx.Response:
    with world.fault(pathRegex="^/tables/", answer={"status": 503}, count=None):
        return _by_slack(signing.form(payload="{}"))(world, operation)


def _plain(path: str, body: object = None) -> Callable[[World, Operation], httpx.Response]:
    return lambda world, operation: world.call(operation.method, path, body)


def _told(story: Callable[[World], httpx.Response]) -> Callable[[World, Operation], httpx.Response]:
    return lambda world, _: story(world)


STORIES: dict[tuple[str, int], Callable[[World, Operation], httpx.Response]] = {
    ("get_health", 503): _unhealthy,
    ("reveal_password", 200): _revealed,
    ("reveal_password", 403): _of_another,
    ("reveal_password", 410): _ask,
    ("get_reveal_status", 200): _revealed,
    ("get_reveal_status", 410): _ask,
    ("get_operation", 404): _plain("operations/steady.none"),
    ("cancel_operation", 202): _told(_accepted_cancel),
    ("cancel_operation", 200): _told(_repeated_cancel),
    ("cancel_operation", 409): _ask,
    ("retry_operation", 202): _told(_retry),
    ("retry_operation", 200): _told(_repeated_retry),
    ("retry_operation", 409): _ask,
    ("retry_operation", 410): _told(_late_retry),
    ("check_registry_health", 409): _plain(f"registries/{DELETED}/health/check"),
    ("create_or_update_registry", 201): _plain("registries/fresh", {}),
    ("create_or_update_registry", 409): _plain(f"registries/{DELETED}", {}),
    ("delete_registry", 202): _plain(f"registries/{DOOMED}"),
    ("delete_registry", 200): _plain(f"registries/{DELETED}"),
    ("delete_registry", 204): _plain("registries/absent"),
    ("restore_registry", 202): _told(_restored),
    ("restore_registry", 200): _told(_restored_again),
    ("restart_registry", 202): _told(_restarted),
    ("restart_registry", 200): _told(_restarted_again),
    ("create_or_update_user", 201): _plain(f"registries/{STEADY}/users/fresh", {}),
    ("create_or_update_user", 409): _reused_for_another_body,
    ("revoke_user", 202): _plain("users/leaving/revoke"),
    ("revoke_user", 200): _told(_revoked_again),
    ("revoke_user", 409): _told(_reused_for_another_user),
    ("open_status_link", 303): _link_opened,
    ("open_status_link", 401): partial(_link_opened, token="x"),
    ("open_status_link", 400): partial(_link_opened, to="/"),
    ("get_status", 401): _without_a_role,
    ("get_registry_status", 200): _on_the_status_page,
    ("get_registry_status", 401): _without_a_role,
    ("run_slack_command", 200): _by_slack(signing.form(text="help")),
    ("run_slack_action", 200): _by_slack(signing.form(payload='{"type": "shortcut"}')),
    ("run_slack_action", 400): _by_slack(signing.form(payload="{}")),
    ("run_slack_action", 503): _by_slack_without_storage,
    ("run_teams_message", 200): _by_teams,
    ("import_users", 200): _told(_imported_again),
    ("delete_user", 202): _plain(f"registries/{STEADY}/users/leaving"),
    ("delete_user", 204): _plain(f"registries/{STEADY}/users/nobody"),
}

ELSEWHERE = {
    (
        "create_status_link",
        409,
    ): "tests/unit/services/status/test_links.py: no local Azure is without the key",
    ("run_slack_command", 429): "tests/triggers/test_slack.py: whoever is turned away here has one address",
    ("run_slack_action", 429): "tests/triggers/test_slack.py: the same",
    ("run_teams_message", 429): "tests/triggers/test_teams.py: the same",
}
HERE = [promise for promise in PROMISES if promise not in ELSEWHERE]


@pytest.mark.parametrize(("name", "status"), HERE, ids=[f"{name}-{status}" for name, status in HERE])
def test_a_status_of_the_document_is_the_answer_to_some_request(world: World, name: str, status: int) -> None:
    produce = STORIES.get((name, status)) or ANY.get(status, _ask)
    answer = produce(world, OPERATIONS[name])
    assert answer.status_code == status, answer.text
