"""Who is let in by Slack's signature, as Azure's worker library hands requests over; the others hear nothing."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.triggers.app_process import Call, Invoked, invoke, settings_without_storage
from tests.triggers.turned_away import check_reason, check_silence
from tests.unit.chat_apps import signing
from tests.unit.chat_apps.signing import SECRET, form

WRITES = 12
SETTINGS = settings_without_storage(
    SLACK_SIGNING_SECRET=SECRET,
    SLACK_BOT_TOKEN="xoxb-b0t-t0ken",
    WRITES_PER_MINUTE=str(WRITES),
)
"""The storage does not answer: whoever is let in is told so."""
COMMAND = form(text="login s3cret-text")
PRESS = form(payload=json.dumps({"type": "shortcut"}))


def call(body: bytes, headers: dict[str, str], function: str = "run_slack_command") -> Call:
    return {
        "function": function,
        "method": "POST",
        "headers": {**headers, "X-Forwarded-For": "203.0.113.9:4711"},
        "text": body.decode(),
    }


def at(age: int = 0) -> str:
    """When it is signed: a request is made when it is sent, not when this module is read."""
    return str(int(time.time()) - age)


def good() -> dict[str, str]:
    return signing.headers(COMMAND, at())


TURNED_AWAY: dict[str, tuple[Callable[[], Call], str]] = {
    "not signed": (lambda: call(COMMAND, {}), "unsigned"),
    "with a key": (lambda: call(COMMAND, {"x-functions-key": "k"}), "unsigned"),
    "another body": (lambda: call(COMMAND + b"&user_id=U0ADMIN", good()), "signature"),
    "another secret": (lambda: call(COMMAND, signing.headers(COMMAND, at(), "9" * 32)), "signature"),
    "an old one": (lambda: call(COMMAND, signing.headers(COMMAND, at(301))), "time"),
    "another time": (lambda: call(COMMAND, {**good(), "X-Slack-Request-Timestamp": at(9)}), "signature"),
    "no body": (lambda: call(b"", good()), "signature"),
    "no press": (lambda: call(PRESS, good(), "run_slack_action"), "signature"),
}
LET_IN: list[Callable[[], Call]] = [
    lambda: call(COMMAND, good()),
    lambda: call(PRESS, signing.headers(PRESS, at()), "run_slack_action"),
]
KNOCKS = [{**call(COMMAND, {}), "headers": {"X-Forwarded-For": "203.0.113.10"}}] * (WRITES + 3)


@pytest.fixture(scope="module")
def invoked() -> Invoked:
    return invoke(
        [*(make() for make, _ in TURNED_AWAY.values()), *(make() for make in LET_IN), *KNOCKS], SETTINGS
    )


def outcome(invoked: Invoked, who: str) -> dict[str, Any]:
    return invoked.outcomes[[*TURNED_AWAY].index(who)]


@pytest.mark.parametrize("who", TURNED_AWAY)
def test_whoever_is_turned_away_hears_nothing(invoked: Invoked, who: str) -> None:
    check_silence(outcome(invoked, who))


@pytest.mark.parametrize("who", TURNED_AWAY)
def test_the_log_has_the_reason_in_one_word(invoked: Invoked, who: str) -> None:
    said = f"platform=slack reason={TURNED_AWAY[who][1]} from=203.0.113.9"
    check_reason(invoked, outcome(invoked, who), said)


def test_nothing_of_a_request_and_no_secret_is_logged(invoked: Invoked) -> None:
    for word in (SECRET, "b0t-t0ken", "s3cret", "U0DEV", "v0="):
        assert word not in invoked.log


def test_a_person_who_is_let_in_hears_what_is_wrong_in_a_message_for_them_alone(invoked: Invoked) -> None:
    """Slack shows what comes with a 200, and nothing else."""
    answer = invoked.outcomes[len(TURNED_AWAY)]
    message = json.loads(answer["text"])
    assert (answer["status"], message["response_type"]) == (200, "ephemeral")
    assert message["text"].startswith("🔴 Problem: Table Storage does not answer")
    assert "again" in json.dumps(message["blocks"])


def test_a_press_that_can_not_be_handled_is_no_success(invoked: Invoked) -> None:
    answer = invoked.outcomes[len(TURNED_AWAY) + 1]
    assert (answer["status"], answer["text"]) == (503, "")


def test_without_the_secret_everybody_is_turned_away_and_the_log_says_what_is_missing() -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "SLACK_SIGNING_SECRET"}
    invoked = invoke([make() for make in LET_IN * 2], settings)
    assert [(answer["status"], answer["text"]) for answer in invoked.outcomes] == [(401, "")] * 4
    assert invoked.log.count("reason=unconfigured (SLACK_SIGNING_SECRET is not set)") == 4


def test_who_knocks_too_often_is_not_even_logged_and_nobody_else_suffers(invoked: Invoked) -> None:
    """The others of these tests are turned away at the same time, from another address."""
    knocks = invoked.outcomes[-len(KNOCKS) :]
    assert sorted(answer["status"] for answer in knocks) == [401] * WRITES + [429] * 3
    assert {answer["text"] for answer in knocks} == {""}
    assert all(int(answer["headers"]["Retry-After"]) > 0 for answer in knocks if answer["status"] == 429)
    assert invoked.log.count("from=203.0.113.10") == WRITES
