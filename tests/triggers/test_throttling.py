"""Too many requests, as Azure's worker library hands them over: refused before the app looks at its storage."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.triggers.app_process import Call, invoke, settings_without_storage

WRITES, SECRETS = 5, 2
PUT_USER = {
    "function": "create_or_update_user",
    "method": "PUT",
    "params": {"registry": "demo", "username": "ci"},
}
ROTATE = {"function": "rotate_user", "method": "POST", "params": {"registry": "demo", "username": "ci"}}
DELETE_USER = {
    "function": "delete_user",
    "method": "DELETE",
    "params": {"registry": "demo", "username": "ci"},
}
CLICK = {
    "function": "reveal_password",
    "method": "POST",
    "text": '{"token": "demo.q1W2e3R4t5Y6u7I8o9P0aA"}',
}
GET_USER = {"function": "get_user", "method": "GET", "params": {"registry": "demo", "username": "ci"}}


def by(key: str, call: Call, **changes: Any) -> Call:
    return {**call, "headers": {"x-functions-key": key}, **changes}


def from_(address: str) -> Call:
    return {**CLICK, "headers": {"x-forwarded-for": f"{address}:4711", "content-type": "application/json"}}


CALLS = {
    "writer": [by("writer", DELETE_USER)] * (WRITES + 2),
    "secretary": [by("secretary", PUT_USER), by("secretary", ROTATE)] * 2,
    "careless": [by("careless", DELETE_USER, params={"registry": "NO", "username": "?"})] * (WRITES + 1),
    "reader": [by("reader", GET_USER)] * (WRITES + 2),
    "patient": [by("patient", PUT_USER)],
    "guesser": [from_("203.0.113.7")] * (SECRETS + 2),
    "neighbour": [from_("203.0.113.8")],
}


@pytest.fixture(scope="module")
def answers() -> dict[str, list[dict[str, Any]]]:
    """By caller. The app's storage does not answer: whatever is let through ends with 503, or with 400 before that."""
    settings = settings_without_storage(
        WRITES_PER_MINUTE=str(WRITES),
        SECRETS_PER_MINUTE=str(SECRETS),
    )
    outcomes = iter(invoke([call for calls in CALLS.values() for call in calls], settings).outcomes)
    return {caller: [next(outcomes) for _ in calls] for caller, calls in CALLS.items()}


def statuses(answers: list[dict[str, Any]]) -> Counter[int]:
    return Counter(answer["status"] for answer in answers)


def test_writes_beyond_the_limit_are_refused(answers: dict[str, list[dict[str, Any]]]) -> None:
    assert statuses(answers["writer"]) == {503: WRITES, 429: 2}


def test_requests_with_a_secret_have_a_limit_of_their_own(answers: dict[str, list[dict[str, Any]]]) -> None:
    assert statuses(answers["secretary"]) == {503: SECRETS, 429: 2}
    [error, _] = [answer["text"] for answer in answers["secretary"] if answer["status"] == 429]
    assert json.loads(error)["error"]["target"] == "SECRETS_PER_MINUTE"


def test_a_bad_write_is_counted_too(answers: dict[str, list[dict[str, Any]]]) -> None:
    assert statuses(answers["careless"]) == {400: WRITES, 429: 1}


def test_reading_is_not_limited(answers: dict[str, list[dict[str, Any]]]) -> None:
    assert statuses(answers["reader"]) == {503: WRITES + 2}


def test_another_key_is_another_caller(answers: dict[str, list[dict[str, Any]]]) -> None:
    assert statuses(answers["patient"]) == {503: 1}


def test_whoever_has_no_key_is_counted_by_address(answers: dict[str, list[dict[str, Any]]]) -> None:
    assert statuses(answers["guesser"]) == {503: SECRETS, 429: 2}
    assert statuses(answers["neighbour"]) == {503: 1}


def test_the_refusal_is_an_error_as_the_api_promises_it(answers: dict[str, list[dict[str, Any]]]) -> None:
    refused = next(answer for answer in answers["writer"] if answer["status"] == 429)
    error = json.loads(refused["text"])["error"]
    assert error["code"] == refused["headers"]["x-ms-error-code"] == "TooManyRequests"
    assert error["target"] == "WRITES_PER_MINUTE"
    assert 1 <= int(refused["headers"]["Retry-After"]) <= 60
    assert f"in {refused['headers']['Retry-After']} seconds" in error["fix"]
    assert refused["headers"]["x-ms-request-id"]
    assert "writer" not in refused["text"], "a key is known by its fingerprint alone"
