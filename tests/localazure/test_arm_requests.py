"""What Resource Manager checks before it looks at a resource: who calls, which version, and what was sent."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.localazure.emulator_fixture import (
    ACCOUNT,
    PROVIDERS,
    SUBSCRIPTION,
    Running,
    running_emulator,
)

ACCOUNT_PATH = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/images1"
VERSION = "api-version=2026-09-01"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        running.delay(0)
        yield running


def refused(answer: tuple[int, dict[str, str], Any], status: int, code: str) -> str:
    assert (answer[0], answer[2]["error"]["code"]) == (status, code)
    return str(answer[2]["error"]["message"])


def test_nobody_gets_in_without_a_token(emulator: Running) -> None:
    answer = emulator.call("GET", f"{ACCOUNT_PATH}?{VERSION}")
    refused(answer, 401, "AuthenticationFailed")
    assert answer[1]["www-authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer a.b.c"])
def test_nobody_gets_in_with_something_else(emulator: Running, header: str) -> None:
    answer = emulator.call("GET", f"{ACCOUNT_PATH}?{VERSION}", headers={"Authorization": header})
    refused(answer, 401, "InvalidAuthenticationToken")
    assert 'error="invalid_token"' in answer[1]["www-authenticate"]


def test_a_token_for_another_service_does_not_open_this_door(emulator: Running) -> None:
    headers = emulator.bearer("https://storage.azure.com/")
    answer = emulator.call("GET", f"{ACCOUNT_PATH}?{VERSION}", headers=headers)
    assert "https://management.azure.com/" in refused(answer, 401, "InvalidAuthenticationTokenAudience")


def test_a_token_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_emulator(tmp_path_factory.mktemp("emulator"), lifetime=-1) as running:
        answer = running.call("GET", f"{ACCOUNT_PATH}?{VERSION}", headers=running.bearer())
        refused(answer, 401, "ExpiredAuthenticationToken")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "MissingApiVersionParameter"),
        ("?api-version=", 400, "MissingApiVersionParameter"),
        ("?api-version=latest", 400, "InvalidApiVersionParameter"),
        ("?api-version=1999-01-01", 400, "NoRegisteredProviderFound"),
    ],
)
def test_the_api_version_must_be_one_of_ours(emulator: Running, query: str, status: int, code: str) -> None:
    refused(emulator.call("GET", ACCOUNT_PATH + query, headers=emulator.bearer()), status, code)


def test_a_list_in_an_unknown_version_is_an_unknown_type(emulator: Running) -> None:
    path = f"{PROVIDERS}/Microsoft.Web/sites?api-version=1999-01-01"
    message = refused(emulator.call("GET", path, headers=emulator.bearer()), 404, "InvalidResourceType")
    assert "2025-05-01" in message


def test_paths_and_group_names_are_found_in_any_case(emulator: Running) -> None:
    assert emulator.call("PUT", f"{ACCOUNT_PATH}?{VERSION}", ACCOUNT, emulator.bearer())[0] == 200
    strange = ACCOUNT_PATH.upper().replace("SUBSCRIPTIONS", "Subscriptions")
    status, _, body = emulator.call("GET", f"{strange}?{VERSION}", headers=emulator.bearer())
    assert (status, body["id"]) == (200, ACCOUNT_PATH)
    keys = f"{ACCOUNT_PATH.lower()}/LISTKEYS?{VERSION}"
    assert emulator.call("POST", keys, headers=emulator.bearer())[0] == 200


def test_unknown_paths_and_methods(emulator: Running) -> None:
    path = f"{PROVIDERS}/Microsoft.Compute/virtualMachines/one?api-version=2024-01-01"
    refused(emulator.call("GET", path, headers=emulator.bearer()), 404, "InvalidResourceType")
    answer = emulator.call("DELETE", f"{ACCOUNT_PATH}/listKeys?{VERSION}", headers=emulator.bearer())
    refused(answer, 405, "HttpMethodNotSupported")
    assert answer[1]["allow"] == "POST"
    refused(emulator.call("GET", "/nothing/here"), 404, "NotFound")


def test_a_subscription_is_a_guid(emulator: Running) -> None:
    path = ACCOUNT_PATH.replace(SUBSCRIPTION, "mine")
    refused(
        emulator.call("GET", f"{path}?{VERSION}", headers=emulator.bearer()), 400, "InvalidSubscriptionId"
    )


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "InvalidRequestContent"),
        (b"[]", "application/json", 400, "InvalidRequestContent"),
        (b"", "application/json", 400, "InvalidRequestContent"),
        (b'{"properties": []}', "application/json", 400, "InvalidRequestContent"),
        (b'{"sku": "Standard_LRS"}', "application/json", 400, "InvalidRequestContent"),
        (b"{}", "text/plain", 415, "UnsupportedMediaType"),
    ],
)
def test_a_body_is_a_json_object(
    emulator: Running, content: bytes, media_type: str, status: int, code: str
) -> None:
    headers = {**emulator.bearer(), "Content-Type": media_type}
    answer = emulator.send("PUT", f"{ACCOUNT_PATH}?{VERSION}", content, headers)
    refused(answer, status, code)


def test_answers_carry_ids_and_echo_the_callers(emulator: Running) -> None:
    headers = {
        **emulator.bearer(),
        "x-ms-client-request-id": "mine",
        "x-ms-return-client-request-id": "true",
    }
    _, answered, _ = emulator.call("GET", f"{ACCOUNT_PATH}?{VERSION}", headers=headers)
    assert answered["x-ms-request-id"]
    assert answered["x-ms-client-request-id"] == "mine"


def test_a_foreign_skiptoken_is_refused(emulator: Running) -> None:
    path = f"{PROVIDERS}/Microsoft.Storage/storageAccounts?{VERSION}&$skiptoken=nonsense"
    refused(emulator.call("GET", path, headers=emulator.bearer()), 400, "InvalidSkipToken")


def test_an_operation_that_never_was(emulator: Running) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Web/locations/global/operations/none"
    answer = emulator.call("GET", f"{path}?api-version=2025-05-01", headers=emulator.bearer())
    refused(answer, 404, "ResourceNotFound")
