"""Who is let in by the signature of a webhook of Teams, as Azure's worker library hands requests over."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.triggers.app_process import Call, Invoked, invoke, settings_without_storage
from tests.triggers.turned_away import check_reason, check_silence
from tests.unit.chat_apps.teams_signing import BODY, OTHER_TOKEN, SIGNATURE, TOKEN, activity, signed
from tests.unit.sinks.test_teams import card_of, problem, shown

WRITES = 12
THIRD_TOKEN = "A" * 43 + "="
SETTINGS = settings_without_storage(
    TEAMS_SECRET=f"{TOKEN},{OTHER_TOKEN}",
    WRITES_PER_MINUTE=str(WRITES),
)
"""The storage does not answer: whoever is let in is told so."""


def body(*, age: float = 0, **fields: Any) -> bytes:
    at = datetime.now(UTC) - timedelta(seconds=age)
    text = "<at>Registry</at> login s3cret-text"
    return json.dumps(activity(**{"timestamp": at.isoformat(), "text": text, **fields})).encode()


def call(sent: bytes, authorization: str | None) -> Call:
    headers = {} if authorization is None else {"Authorization": authorization}
    return {
        "function": "run_teams_message",
        "method": "POST",
        "headers": {**headers, "X-Forwarded-For": "203.0.113.9:4711"},
        "text": sent.decode(),
    }


def good() -> bytes:
    """Made when it is sent: what was sent minutes ago is turned away."""
    return body()


def signed_call(sent: bytes, *token: str) -> Call:
    return call(sent, signed(sent, *token))


TURNED_AWAY: dict[str, tuple[Callable[[], Call], str]] = {
    "not signed": (lambda: call(good(), None), "unsigned"),
    "signed by another scheme": (lambda: call(BODY, f"Bearer {signed(BODY)[5:]}"), "unsigned"),
    "another body": (lambda: call(good(), signed(body(id="another"))), "signature"),
    "another secret": (lambda: signed_call(good(), THIRD_TOKEN), "signature"),
    "an old one": (lambda: signed_call(body(age=301)), "time"),
    "Microsoft's example, which has no tenant": (lambda: call(BODY, SIGNATURE), "activity"),
    "nobody": (lambda: signed_call(body(conversation={}, channelData={})), "activity"),
    "no body": (lambda: signed_call(b""), "activity"),
}
LET_IN: list[Callable[[], Call]] = [lambda: signed_call(good()), lambda: signed_call(good(), OTHER_TOKEN)]


@pytest.fixture(scope="module")
def invoked() -> Invoked:
    return invoke([*(make() for make, _ in TURNED_AWAY.values()), *(make() for make in LET_IN)], SETTINGS)


def outcome(invoked: Invoked, who: str) -> dict[str, Any]:
    return invoked.outcomes[[*TURNED_AWAY].index(who)]


@pytest.mark.parametrize("who", TURNED_AWAY)
def test_whoever_is_turned_away_hears_nothing(invoked: Invoked, who: str) -> None:
    check_silence(outcome(invoked, who))


@pytest.mark.parametrize("who", TURNED_AWAY)
def test_the_log_has_the_reason_in_one_word(invoked: Invoked, who: str) -> None:
    said = f"platform=teams reason={TURNED_AWAY[who][1]} from=203.0.113.9"
    check_reason(invoked, outcome(invoked, who), said)


def test_nothing_of_a_request_and_no_secret_is_logged(invoked: Invoked) -> None:
    for word in (TOKEN, OTHER_TOKEN, "HMAC ", "s3cret", "Jane"):
        assert word not in invoked.log


@pytest.mark.parametrize("webhook", [-2, -1])
def test_whom_any_of_our_webhooks_lets_in_hears_what_is_wrong(invoked: Invoked, webhook: int) -> None:
    """Teams shows what comes with a 200, and nothing else."""
    answer = invoked.outcomes[webhook]
    assert answer["status"] == 200
    card = card_of(json.loads(answer["text"]))
    assert problem(card) is None
    assert shown(card)[0].startswith("🔴 Problem: Table Storage does not answer")


def test_without_the_secret_everybody_is_turned_away_and_the_log_says_what_is_missing() -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "TEAMS_SECRET"}
    invoked = invoke([make() for make in LET_IN], settings)
    assert [(answer["status"], answer["text"]) for answer in invoked.outcomes] == [(401, "")] * 2
    assert invoked.log.count("reason=unconfigured (TEAMS_SECRET is not set)") == 2


def test_who_knocks_too_often_hears_so_and_nobody_else_suffers() -> None:
    invoked = invoke([*[call(good(), None)] * (WRITES + 1), LET_IN[0]()], SETTINGS)
    *knocks, teams_own = invoked.outcomes
    assert sorted(answer["status"] for answer in knocks) == [401] * WRITES + [429]
    assert {answer["text"] for answer in knocks} == {""}
    assert teams_own["status"] == 200
