"""Teams' messages as the worker library hands them over, with a table behind: answered once, to the channel."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from tests.contract.processes import Azurite
from tests.triggers.app_process import Call, Invoked, invoke
from tests.unit.chat_apps.teams_signing import CHANNEL, JANE, TENANT, TOKEN, activity, mention, signed
from tests.unit.sinks.test_teams import card_of, problem, shown

GRANTS = [
    {"principal": f"teams:{TENANT}/{JANE}", "role": "Operator", "registry": "team-*"},
    {"principal": f"teams:{TENANT}/29:partner", "role": "Operator", "registry": "team-*"},
    {"principal": f"teams:{TENANT}/{CHANNEL}", "role": "Reader", "registry": "open"},
]
SEEN_BY_ALL = "No link here: Teams shows this answer to everybody in the channel."


def say(text: str, message: str, **fields: Any) -> Call:
    given = activity(
        id=message, timestamp=datetime.now(UTC).isoformat(), text=f"<at>Registry</at>&nbsp;{text}\n", **fields
    )
    body = json.dumps(given).encode()
    headers = {"Authorization": signed(body), "Content-Type": "application/json; charset=utf-8"}
    return {"function": "run_teams_message", "method": "POST", "headers": headers, "text": body.decode()}


GUEST = {"from": {"id": "29:guest", "name": "Jane"}}
PARTNER = {"from": {"id": "29:partner", "name": "Larry"}}
ELSEWHERE = {"channelData": {"channel": {"id": "19:other@thread.tacv2"}, "tenant": {"id": TENANT}}}
NAMELESS = [mention("28:1", "Registry"), mention("", "Larry")]


@cache
def calls() -> dict[str, Call]:
    """Made when they are sent: what was signed minutes ago is turned away."""
    asks_for_help = say("help", "1")
    return {
        "help": asks_for_help,
        "again": asks_for_help,
        "the same in another channel": say("help", "1", **ELSEWHERE),
        "nonsense": say("flubber &lt;b&gt;", "2"),
        "create": say("create team-pay", "3"),
        "by a guest who is called the same": say("create team-pay", "4", **GUEST),
        "why of nobody": say("why team-pay <at>Larry</at>", "5", entities=NAMELESS),
    }


@pytest.fixture(scope="module")
def settings(azurite: Azurite) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": azurite.connection_string,
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-4000-8000-000000000000",
        "AZURE_RESOURCE_GROUP": "berthage",
        "PUBLIC_URL": "https://berthage.example",
        "PROBE_KEY": "k" * 32,
        "TEAMS_SECRET": TOKEN,
        "ROLE_GRANTS": json.dumps(GRANTS),
    }


@pytest.fixture(scope="module")
def first(settings: dict[str, str]) -> Invoked:
    return invoke(list(calls().values()), settings)


@pytest.fixture(scope="module")
def signed_in(settings: dict[str, str], first: Invoked) -> Invoked:
    """Afterwards, with App Service authentication on."""
    assert first.outcomes
    return invoke(
        [say("login team-pay", "6"), say("user add team-pay larry", "7", **PARTNER)],
        {**settings, "WEBSITE_AUTH_ENABLED": "True"},
    )


def card(invoked: Invoked, place: int) -> dict[str, Any]:
    answer = invoked.outcomes[place]
    assert answer["status"] == 200, answer
    found = card_of(json.loads(answer["text"]))
    assert problem(found) is None
    return found


def lines(invoked: Invoked, what: str) -> list[str]:
    return shown(card(invoked, [*calls()].index(what)))


def test_a_message_that_comes_twice_is_answered_once(first: Invoked) -> None:
    """At the same time, or later: nobody knows which of the two was first."""
    answers = first.outcomes[:2]
    assert sorted(answer["status"] for answer in answers) == [200, 401]
    assert "" in [answer["text"] for answer in answers]
    assert first.log.count("reason=replay") == 1


def test_each_channel_has_its_own_messages(first: Invoked) -> None:
    assert lines(first, "the same in another channel")[0] == "This is what you can say."


def test_what_is_not_understood_is_answered_and_not_repeated(first: Invoked) -> None:
    said = lines(first, "nonsense")
    assert said[0] == "🔴 Problem: There is no such command."
    assert "flubber" not in "".join(said)


def test_who_has_a_grant_starts_work_and_hears_how_to_follow_it(first: Invoked) -> None:
    assert any(line.startswith("Say operation team-pay.") for line in lines(first, "create"))


def test_a_name_gives_no_right_and_the_refusal_says_whom_to_grant(first: Invoked) -> None:
    refusal = lines(first, "by a guest who is called the same")[0]
    assert refusal.startswith("⛔ Refused")
    assert f"teams:{TENANT}/29:guest" in refusal


def test_a_person_whom_teams_does_not_name_is_nobody(first: Invoked) -> None:
    assert not lines(first, "why of nobody")[0].startswith("✅")


def test_who_is_known_in_entra_gets_a_link_where_people_sign_in(signed_in: Invoked) -> None:
    [opening] = [each for each in card(signed_in, 0)["body"] if each["type"] == "ActionSet"]
    assert opening["actions"][0]["url"].startswith("https://berthage.example/api/reveal#")


def test_who_is_not_known_in_entra_gets_none(signed_in: Invoked) -> None:
    found = card(signed_in, 1)
    assert shown(found)[0] == f"⛔ Refused: {SEEN_BY_ALL}"
    assert "reveal" not in json.dumps(found)


def test_nothing_that_was_said_and_no_secret_is_logged(first: Invoked, signed_in: Invoked) -> None:
    for word in (TOKEN, "flubber", "Larry", "/api/reveal#"):
        assert word not in first.log + signed_in.log
