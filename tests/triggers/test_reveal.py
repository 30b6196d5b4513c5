"""One-time links as Azure's worker library hands them over: nothing that is sent is ever repeated, anywhere."""

import json
from typing import Any

import pytest

from tests.triggers.app_process import Call, Invoked, invoke, settings_without_storage

SETTINGS = settings_without_storage()
"""The storage does not answer: whatever can't be a link is refused before anybody asks it."""
SECRET = "q1W2e3R4t5Y6u7I8o9P0aA"
TOKEN = f"demo.{SECRET}"
JSON = {"content-type": "application/json"}
POSTS: dict[str, tuple[dict[str, Any], int]] = {
    "a link": ({"text": json.dumps({"token": TOKEN})}, 503),
    "no link": ({"text": json.dumps({"token": f"{SECRET}.{SECRET}"})}, 410),
    "an empty one": ({"text": json.dumps({"token": ""})}, 410),
    "one that is too long": ({"text": json.dumps({"token": TOKEN * 9})}, 400),
    "a list": ({"text": json.dumps({"token": [TOKEN]})}, 400),
    "another field": ({"text": json.dumps({"token": TOKEN, "password": SECRET})}, 400),
    "nothing": ({"text": ""}, 400),
    "broken": ({"text": f'{{"token": "{TOKEN}'}, 400),
    "a form": ({"text": f"token={TOKEN}", "headers": {"content-type": "text/plain"}}, 415),
    "the query": ({"text": json.dumps({"token": TOKEN}), "query": {"token": TOKEN}}, 400),
    "an operation id": (
        {"text": json.dumps({"token": TOKEN}), "headers": {**JSON, "operation-id": "mine"}},
        400,
    ),
}
FUNCTIONS = ("reveal_password", "get_reveal_status")
ASKED = [(function, what) for function in FUNCTIONS for what in POSTS]


def post(function: str, what: str) -> Call:
    given, _ = POSTS[what]
    base: Call = {"function": function, "method": "POST", "params": {}, "query": {}, "headers": JSON}
    return {**base, **given}


@pytest.fixture(scope="module")
def invoked() -> Invoked:
    page: Call = {"function": "get_reveal_page", "method": "GET", "params": {}, "query": {}, "headers": {}}
    found = invoke([*(post(*each) for each in ASKED), page, page], SETTINGS)
    for each in found.outcomes:
        each["headers"] = {name.lower(): value for name, value in each["headers"].items()}
    return found


@pytest.mark.parametrize(("function", "what"), ASKED)
def test_what_is_sent_is_refused_without_being_repeated(invoked: Invoked, function: str, what: str) -> None:
    answer = invoked.outcomes[ASKED.index((function, what))]
    assert answer["status"] == POSTS[what][1], answer["text"]
    assert SECRET not in answer["text"] + json.dumps(answer["headers"])
    assert answer["headers"]["cache-control"] == "no-store"


def test_the_log_has_none_of_it(invoked: Invoked) -> None:
    assert "a refusal is not in the audit: RevealPassword RevealGone" in invoked.log
    assert SECRET not in invoked.log


def test_the_page_is_the_same_for_everybody_and_nobody_keeps_it(invoked: Invoked) -> None:
    first, second = invoked.outcomes[-2:]
    nonces = [each["headers"]["content-security-policy"].split("'nonce-")[1][:22] for each in (first, second)]
    assert nonces[0] != nonces[1]
    assert first["text"].replace(nonces[0], "") == second["text"].replace(nonces[1], "")
    assert first["status"] == 200
    wanted = {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "content-type": "text/html; charset=utf-8",
    }
    assert first["headers"].items() >= wanted.items()
    policy = first["headers"]["content-security-policy"].split("; ")
    assert {"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in " ".join(policy)
