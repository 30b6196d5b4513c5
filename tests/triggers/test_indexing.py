"""Every function of the app, as Azure's worker library indexes and invokes it."""

import json
import re
from typing import Any

import pytest

from tests.pages import links
from tests.triggers.app_process import Call, Invoked, invoke, settings_without_storage

PARAMS = {
    "registry": "demo",
    "username": "ci",
    "operation": "demo.01JD0000000000000000000000",
    "asset": "start.js",
    "report": "2026-11-26T0600Z",
}
HTTP = {
    "create_or_update_registry": ("PUT", "registries/{registry}", "FUNCTION"),
    "update_registry": ("PATCH", "registries/{registry}", "FUNCTION"),
    "restart_registry": ("POST", "registries/{registry}/restart", "FUNCTION"),
    "get_registry": ("GET", "registries/{registry}", "FUNCTION"),
    "list_registries": ("GET", "registries", "FUNCTION"),
    "delete_registry": ("DELETE", "registries/{registry}", "FUNCTION"),
    "restore_registry": ("POST", "registries/{registry}/restore", "FUNCTION"),
    "create_or_update_user": ("PUT", "registries/{registry}/users/{username}", "FUNCTION"),
    "update_user": ("PATCH", "registries/{registry}/users/{username}", "FUNCTION"),
    "rotate_user": ("POST", "registries/{registry}/users/{username}/rotate", "FUNCTION"),
    "get_user": ("GET", "registries/{registry}/users/{username}", "FUNCTION"),
    "list_users": ("GET", "registries/{registry}/users", "FUNCTION"),
    "delete_user": ("DELETE", "registries/{registry}/users/{username}", "FUNCTION"),
    "import_users": ("POST", "registries/{registry}/users/import", "FUNCTION"),
    "get_registry_health": ("GET", "registries/{registry}/health", "FUNCTION"),
    "check_registry_health": ("POST", "registries/{registry}/health/check", "FUNCTION"),
    "get_metrics": ("GET", "metrics", "FUNCTION"),
    "mute_registry": ("POST", "registries/{registry}/health/mute", "FUNCTION"),
    "unmute_registry": ("DELETE", "registries/{registry}/health/mute", "FUNCTION"),
    "get_user_everywhere": ("GET", "users/{username}", "FUNCTION"),
    "revoke_user": ("POST", "users/{username}/revoke", "FUNCTION"),
    "diagnose_user": ("GET", "registries/{registry}/users/{username}/diagnose", "FUNCTION"),
    "get_operation": ("GET", "operations/{operation}", "FUNCTION"),
    "cancel_operation": ("POST", "operations/{operation}/cancel", "FUNCTION"),
    "retry_operation": ("POST", "operations/{operation}/retry", "FUNCTION"),
    "list_operations": ("GET", "operations", "FUNCTION"),
    "get_health_report": ("GET", "reports/health", "FUNCTION"),
    "get_kept_health_report": ("GET", "reports/health/{report}", "FUNCTION"),
    "list_health_reports": ("GET", "reports", "FUNCTION"),
    "list_audit": ("GET", "audit", "FUNCTION"),
    "get_status": ("GET", "status", "ANONYMOUS"),
    "get_registry_status": ("GET", "status/{registry}", "ANONYMOUS"),
    "open_status_link": ("POST", "status", "ANONYMOUS"),
    "create_status_link": ("POST", "status/links", "FUNCTION"),
    "get_reveal_page": ("GET", "reveal", "ANONYMOUS"),
    "reveal_password": ("POST", "reveal", "ANONYMOUS"),
    "get_reveal_status": ("POST", "reveal/status", "ANONYMOUS"),
    "run_slack_command": ("POST", "chatops/slack", "ANONYMOUS"),
    "run_slack_action": ("POST", "chatops/slack/actions", "ANONYMOUS"),
    "run_teams_message": ("POST", "chatops/teams", "ANONYMOUS"),
    "get_whoami": ("GET", "whoami", "FUNCTION"),
    "get_health": ("GET", "health", "ANONYMOUS"),
    "get_openapi": ("GET", "openapi.json", "ANONYMOUS"),
    "get_docs": ("GET", "docs", "ANONYMOUS"),
    "get_docs_asset": ("GET", "docs/{asset}", "ANONYMOUS"),
}
REVEAL = '{"token": "demo.q1W2e3R4t5Y6u7I8o9P0aA"}'
BODIES = {
    "mute_registry": '{"for": "PT2H", "reason": "the network moves"}',
    "reveal_password": REVEAL,
    "get_reveal_status": REVEAL,
}
FILES = {"import_users": f"ci:$2b$05${'a' * 53}"}
FORMS = {"open_status_link": f"token={links.token()}"}
"""What they take is no JSON."""
STATELESS = {"get_whoami", "open_status_link", "get_reveal_page", "get_openapi", "get_docs", "get_docs_asset"}
"""They look at no table."""
SIGNED = {"run_slack_command", "run_slack_action", "run_teams_message"}
"""They turn away whatever is not, and say nothing."""
NEEDS_STORAGE = [name for name in HTTP if name not in STATELESS | SIGNED]
QUEUES = {
    "run_registry_operation": "registry-operations",
    "fail_registry_operation": "registry-operations-poison",
    "sync_htpasswd": "htpasswd-sync",
    "report_htpasswd_sync": "htpasswd-sync-poison",
    "send_notification": "notifications",
    "fail_notification": "notifications-poison",
    "check_registries": "health-checks",
    "drop_check": "health-checks-poison",
}
TIMERS = {
    "reconcile": "%RECONCILE_SCHEDULE%",
    "sweep_health": "%HEALTH_SWEEP_SCHEDULE%",
    "send_health_report": "0 */5 * * * *",
}

POISON = [name for name, queue in QUEUES.items() if queue.endswith("-poison")]

MALFORMED = [
    "",
    "not JSON",
    "{}",
    '"demo.01JD"',
    '{"version": 2, "operationId": "demo.01JD", "turn": 0}',
    '{"version": 1, "operationId": "demo.01JD", "turn": -1}',
    '{"version": 1, "operationId": "demo.01JD", "turn": 0, "password": "never in a message"}',
]
OF_AN_OPERATION = '{"version": 1, "operationId": "demo.01JD0000000000000000000000", "turn": 0}'
OTHER_MESSAGES = {
    "health-checks": '{"version": 1, "sweep": "01JD0000000000000000000000", "batch": 0, "registries": ["demo"]}',
    "notifications": '{"version": 1, "notice": "zzzzzzzzzz.demo.Problem", "sink": "ops", "attempt": 0}',
}
"""What the queues of others hold."""
NEEDS_NOTHING = {"drop_check"}
"""It only writes to the log."""
TRACE = re.compile(r"Traceback|File \"|\.py\b")


def good_message(function: str) -> str:
    """One that its queue may hold."""
    return OTHER_MESSAGES.get(QUEUES[function].removesuffix("-poison"), OF_AN_OPERATION)


def http_call(function: str) -> Call:
    """A request that this function takes."""
    method, route, _ = HTTP[function]
    params = {name: PARAMS[name] for name in re.findall(r"{(\w+)}", route)}
    headers = {
        "x-functions-key": "a-key",
        "x-ms-client-request-id": "my-own-id",
        "cookie": links.cookie(),
        "content-type": _media_type(function),
    }
    return {
        "function": function,
        "method": method,
        "params": params,
        "query": {},
        "headers": headers,
        "text": FILES.get(function)
        or FORMS.get(function)
        or BODIES.get(function, "{}" if method == "PUT" else ""),
    }


def _media_type(function: str) -> str:
    if function in FORMS:
        return "application/x-www-form-urlencoded"
    return "text/plain" if function in FILES else "application/json"


@pytest.fixture(scope="module")
def unconfigured() -> Invoked:
    """The app without a single setting of its own; first every HTTP function, then the others."""
    queued = [{"function": name, "text": good_message(name)} for name in QUEUES]
    return invoke([*map(http_call, HTTP), *queued, *({"function": name} for name in TIMERS)], {})


@pytest.fixture(scope="module")
def without_storage() -> Invoked:
    """The app with good settings and a storage account that does not answer."""
    settings = settings_without_storage(
        STATUS_LINK_KEY=links.KEY,
    )
    messages = [
        {"function": name, "text": text} for name in QUEUES for text in (*MALFORMED, good_message(name))
    ]
    return invoke([*map(http_call, HTTP), *messages], settings)


def test_there_are_these_functions_and_no_others(unconfigured: Invoked) -> None:
    assert unconfigured.bindings.keys() == HTTP.keys() | QUEUES.keys() | TIMERS.keys()


@pytest.mark.parametrize("function", HTTP)
def test_an_http_function_has_its_route_its_one_method_and_its_auth_level(
    unconfigured: Invoked, function: str
) -> None:
    method, route, level = HTTP[function]
    trigger, answer = unconfigured.bindings[function]
    assert trigger == {
        "direction": "IN",
        "type": "httpTrigger",
        "name": "req",
        "methods": [method],
        "authLevel": level,
        "route": route,
    }
    assert answer == {"direction": "OUT", "type": "http", "name": "$return"}


def test_no_two_functions_take_the_same_request() -> None:
    requests = [(method, route) for method, route, _ in HTTP.values()]
    assert len(requests) == len(set(requests))


@pytest.mark.parametrize("function", QUEUES)
def test_a_queue_function_has_its_queue_in_the_apps_own_storage(unconfigured: Invoked, function: str) -> None:
    [trigger] = unconfigured.bindings[function]
    assert trigger == {
        "direction": "IN",
        "type": "queueTrigger",
        "name": "msg",
        "queueName": QUEUES[function],
        "connection": "AzureWebJobsStorage",
    }


def test_every_queue_has_a_function_for_what_fails_again_and_again() -> None:
    queues = set(QUEUES.values())
    assert {f"{queue}-poison" for queue in queues if not queue.endswith("-poison")} <= queues


@pytest.mark.parametrize("function", TIMERS)
def test_a_timer_has_its_schedule_in_a_setting(unconfigured: Invoked, function: str) -> None:
    [trigger] = unconfigured.bindings[function]
    assert (trigger["type"], trigger["schedule"]) == ("timerTrigger", TIMERS[function])


def test_indexing_imports_nothing_that_only_an_invocation_needs(unconfigured: Invoked) -> None:
    costly = (
        "azure.mgmt",
        "azure.storage",
        "azure.data",
        "azure.identity",
        "azure.core",
        "httpx",
        "httpcore",
        "slack_sdk",
    )
    found = [name for name in unconfigured.imported if name.startswith(costly)]
    assert found == []


def test_without_telemetry_nothing_of_it_is_ever_imported(without_storage: Invoked) -> None:
    assert "azure.core.pipeline.policies" in without_storage.imported_in_the_end
    found = [name for name in without_storage.imported_in_the_end if name.startswith("opentelemetry")]
    assert found == []


def test_an_http_function_imports_no_resource_manager(unconfigured: Invoked) -> None:
    assert "function_app" in unconfigured.imported
    assert "shared.services.registries.provisioning" not in unconfigured.imported


def outcome_of(invoked: Invoked, function: str) -> dict[str, Any]:
    return invoked.outcomes[[*HTTP, *QUEUES, *TIMERS].index(function)]


@pytest.mark.parametrize("function", HTTP)
def test_without_settings_an_http_function_says_which_are_missing(
    unconfigured: Invoked, function: str
) -> None:
    answer = outcome_of(unconfigured, function)
    error = json.loads(answer["text"])["error"]
    assert (answer["status"], error["code"]) == (500, "NotConfigured")
    assert answer["headers"]["x-ms-error-code"] == "NotConfigured"
    assert answer["headers"]["x-ms-client-request-id"] == "my-own-id"
    for setting in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "PUBLIC_URL", "PROBE_KEY"):
        assert setting in error["message"]
    assert not TRACE.search(answer["text"])


@pytest.mark.parametrize("function", sorted({*QUEUES, *TIMERS} - NEEDS_NOTHING))
def test_without_settings_nothing_else_passes_as_done(unconfigured: Invoked, function: str) -> None:
    outcome = outcome_of(unconfigured, function)
    assert not outcome["succeeded"]
    assert outcome["error"].startswith("SettingsError(")


def messages_to(invoked: Invoked, function: str) -> list[dict[str, Any]]:
    """The outcomes of its messages, the good one last."""
    number = len(MALFORMED) + 1
    start = len(HTTP) + list(QUEUES).index(function) * number
    return invoked.outcomes[start : start + number]


@pytest.mark.parametrize("function", sorted(QUEUES.keys() - POISON))
@pytest.mark.parametrize("place", range(len(MALFORMED)), ids=MALFORMED)
def test_a_malformed_message_fails_so_that_the_host_puts_it_aside(
    without_storage: Invoked, function: str, place: int
) -> None:
    outcome = messages_to(without_storage, function)[place]
    assert not outcome["succeeded"]
    assert "ValidationError" in outcome["traceback"]
    assert "never in a message" not in outcome["error"] + outcome["traceback"]


@pytest.mark.parametrize("function", POISON)
def test_a_malformed_message_in_a_poison_queue_is_reported_and_does_not_circle(
    without_storage: Invoked, function: str
) -> None:
    assert all(outcome["succeeded"] for outcome in messages_to(without_storage, function)[:-1])
    assert "poisoned message m-1, put aside at " in without_storage.log
    assert "for operation demo.01JD: Message can't be read by this release: version" in without_storage.log
    assert "never in a message" not in without_storage.log


@pytest.mark.parametrize("function", sorted(QUEUES.keys() - NEEDS_NOTHING))
def test_a_turn_that_can_not_be_taken_fails_so_that_the_host_delivers_it_again(
    without_storage: Invoked, function: str
) -> None:
    outcome = messages_to(without_storage, function)[-1]
    assert not outcome["succeeded"]
    assert "DependencyError" in outcome["error"]


@pytest.mark.parametrize("function", sorted(STATELESS))
def test_what_looks_at_no_table_needs_no_storage(without_storage: Invoked, function: str) -> None:
    answer = without_storage.outcomes[list(HTTP).index(function)]
    assert (answer["status"], bool(answer["text"])) in {(200, True), (303, False)}
    assert answer["headers"]["x-ms-client-request-id"] == "my-own-id"


@pytest.mark.parametrize("function", sorted(SIGNED))
def test_what_is_not_signed_is_turned_away_without_a_word(without_storage: Invoked, function: str) -> None:
    answer = without_storage.outcomes[list(HTTP).index(function)]
    assert (answer["status"], answer["text"]) == (401, "")


@pytest.mark.parametrize("function", NEEDS_STORAGE)
def test_without_its_storage_an_http_function_says_so_and_when_to_come_back(
    without_storage: Invoked, function: str
) -> None:
    answer = without_storage.outcomes[list(HTTP).index(function)]
    assert (answer["status"], answer["headers"]["x-ms-error-code"]) == (503, "DependencyUnavailable")
    assert int(answer["headers"]["Retry-After"]) > 0
    assert "Table Storage" in answer["text"]
    assert not TRACE.search(answer["text"])


@pytest.mark.parametrize("function", NEEDS_STORAGE)
def test_the_log_of_an_http_function_has_the_request_id_of_its_answer(
    without_storage: Invoked, function: str
) -> None:
    answer = without_storage.outcomes[list(HTTP).index(function)]
    [line] = [
        line
        for line in without_storage.log.splitlines()
        if line.partition(" request=")[2].startswith(answer["headers"]["x-ms-request-id"])
    ]
    assert line.startswith("Table Storage: ")
    assert ("registry=demo" in line) == ("{registry}" in HTTP[function][1])
