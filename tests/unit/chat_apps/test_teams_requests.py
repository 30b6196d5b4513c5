"""Who said what in Teams: by signed ids, whatever people call themselves."""

import json
from contextlib import suppress
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chat_apps import teams_requests
from shared.chat_apps.signatures import BadSignatureError
from shared.chat_apps.teams_requests import TeamsActivity
from shared.domain.chat.parsing import parse
from shared.domain.chat.talk import Asked, Platform, Speaker
from shared.domain.grants import Grant, principal
from tests.unit.chat_apps.teams_signing import BODY, CHANNEL, JANE, TENANT, THEN, activity, mention

BOT = mention("28:99999999-1111-4222-8333-444444444444", "Registry")


def read(given: dict[str, Any]) -> TeamsActivity:
    return teams_requests.activity(json.dumps(given).encode(), THEN)


def refused(body: bytes) -> str:
    with pytest.raises(BadSignatureError) as found:
        teams_requests.activity(body, THEN)
    assert found.value.__cause__ is None, "a cause would show the body in a log"
    return found.value.reason


def said(text: str, *entities: dict[str, Any]) -> str:
    return read(activity(text=text, entities=[BOT, *entities])).said


def test_who_says_what_and_where() -> None:
    found = read(activity())
    assert found.speaker == Speaker(Platform.TEAMS, TENANT, JANE, CHANNEL, JANE)
    assert found.speaker.actor == f"teams:{TENANT}/{JANE}"
    assert found.id == "1764158400000"
    assert found.sent_at == THEN + timedelta(microseconds=123456)
    assert found.sent_at.tzinfo is UTC
    assert parse(found.said) == Asked("list")


def test_speakers_and_channels_are_what_grants_can_name() -> None:
    speaker = read(activity()).speaker
    for name in (speaker.user, speaker.channel):
        whom = principal("teams", f"{speaker.team}/{name}")
        assert Grant.model_validate({"principal": whom, "role": "Reader"}).principal == whom


def test_ids_of_entra_have_no_case() -> None:
    shouted = activity(
        **{
            "from": {"id": "29:1", "name": "Jane", "aadObjectId": JANE.upper()},
            "channelData": {"channel": {"id": CHANNEL}, "tenant": {"id": TENANT.upper()}},
        }
    )
    assert read(shouted).speaker == read(activity()).speaker


@pytest.mark.parametrize("known_as", [None, "", "not-a-guid", f"{JANE}0"])
def test_who_is_not_in_entra_is_known_by_the_id_of_teams(known_as: str | None) -> None:
    guest = read(activity(**{"from": {"id": "29:1abcDEF", "name": None, "aadObjectId": known_as}})).speaker
    assert (guest.user, guest.entra_id) == ("29:1abcDEF", None)


@pytest.mark.parametrize(
    "data",
    [
        {"channel": {"id": CHANNEL}},
        {"teamsChannelId": CHANNEL},
        {"channel": None, "teamsChannelId": CHANNEL},
        {"channel": {}},
        {},
    ],
)
def test_the_channel_is_the_same_however_teams_says_it(data: dict[str, Any]) -> None:
    found = read(activity(channelData={**data, "tenant": {"id": TENANT}}))
    assert found.speaker.channel == CHANNEL


def test_a_message_is_the_same_when_it_comes_again_and_no_other_is() -> None:
    first = read(activity()).what
    assert read(activity()).what == first
    assert read(activity(id="1764158400001")).what != first
    elsewhere = {"channel": {"id": "19:other@thread.tacv2"}, "tenant": {"id": TENANT}}
    assert read(activity(channelData=elsewhere)).what != first


LARRY = mention("29:1larry_-", "Larry")
NAMESAKE = mention("29:1other", "Larry")
SAID = [
    ("<at>Registry</at> list", [], "list"),
    ("<at>Registry</at>&nbsp;show payments\n", [], "&nbsp;show payments"),
    ("  <AT>Registry</AT> help", [], "help"),
    ("<at>Called otherwise</at> help", [], "help"),
    ('<at id="0">Registry</at> help', [], "help"),
    ("help <at>Registry</at>", [], "help"),
    ("<at>Registry</at> <at>Registry</at> help", [BOT], "help"),
    ("<at>Registry</at> revoke <at>Larry</at>", [LARRY], "revoke <@29:1larry_->"),
    (
        "<at>Registry</at> revoke <at>Larry</at>",
        [mention("29:1", "Larry", aadObjectId=JANE)],
        f"revoke <@{JANE}>",
    ),
    (
        "<at>Registry</at> why <at>Larry</at> <at>Larry</at>",
        [LARRY, NAMESAKE],
        "why <@29:1larry_-> <@29:1other>",
    ),
    ("<at>Registry</at> revoke <at>Nobody</at>", [LARRY], "revoke <@unknown>"),
    ("<at>Registry</at> revoke <at>Larry</at>", [mention("<odd>", "Larry")], "revoke <@unknown>"),
    ("<at>Registry</at> revoke <at>Larry</at>", [mention("", "Larry")], "revoke <@unknown>"),
    ("help", [], "help"),
    ("<at>Registry</at>", [], ""),
    ("", [], ""),
]


@pytest.mark.parametrize(("text", "entities", "expected"), SAID)
def test_the_webhooks_own_name_is_left_out_and_people_stand_by_their_ids(
    text: str, entities: list[dict[str, Any]], expected: str
) -> None:
    assert said(text, *entities) == expected


TYPED = [
    ("<at>Registry</at>&nbsp;show payments\n", Asked("show", {"registry": "payments"})),
    ("<p><at>Registry</at>&nbsp;show&nbsp;payments</p>", Asked("show", {"registry": "payments"})),
    ("<at>Registry</at> mute payments 1h &quot;R&amp;D moves&quot;", None),
    ("<at>Registry</at> revoke <at>Larry</at>", Asked("revoke", {"mention": "29:1larry_-"})),
]


@pytest.mark.parametrize(("text", "asked"), TYPED)
def test_the_grammar_reads_what_people_typed(text: str, asked: Asked | None) -> None:
    found = parse(said(text, LARRY))
    assert isinstance(found, Asked)
    if asked:
        assert (found.command, dict(found.arguments)) == (asked.command, dict(asked.arguments))
    else:
        assert found.arguments["reason"] == "R&D moves"


@pytest.mark.parametrize("seconds", [-299, -1, 0, 1, 300])
def test_within_five_minutes_it_is_fresh(seconds: int) -> None:
    body = json.dumps(activity()).encode()
    assert teams_requests.activity(body, THEN + timedelta(seconds=seconds)).speaker.user == JANE


@pytest.mark.parametrize("seconds", [-86400, -301, 301, 86400])
def test_after_five_minutes_or_before_it_is_not(seconds: int) -> None:
    body = json.dumps(activity()).encode()
    with pytest.raises(BadSignatureError) as found:
        teams_requests.activity(body, THEN + timedelta(seconds=seconds))
    assert found.value.reason == "time"


@pytest.mark.parametrize(
    "timestamp",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z", 0, 1e18],
)
def test_any_time_is_compared(timestamp: object) -> None:
    assert refused(json.dumps(activity(timestamp=timestamp)).encode()) in {"time", "activity"}


def test_microsofts_example_of_2017_is_read_as_soon_as_it_has_a_tenant() -> None:
    given = {**json.loads(BODY), "timestamp": THEN.isoformat()}
    assert refused(json.dumps(given).encode()) == "activity"
    found = read({**given, "channelData": {**given["channelData"], "tenant": {"id": TENANT}}})
    assert found.said.startswith("Hello <@29:1jnFbZYs0qXMLH-")
    assert found.speaker.user.startswith("29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39")
    assert found.speaker.channel == "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype"


NO_MESSAGES = [
    {"type": "conversationUpdate"},
    {"type": None},
    {"id": None},
    {"id": ""},
    {"id": "1\n2"},
    {"id": "1" * 256},
    {"timestamp": None},
    {"timestamp": "2026-11-26T12:00:00"},
    {"timestamp": "yesterday"},
    {"from": None},
    {"from": {}},
    {"from": {"id": "29: with a space"}},
    {"from": {"id": "29:" + "1" * 255}},
    {"conversation": None},
    {"conversation": {"tenantId": "cccccccc-1111-4222-8333-444444444444", "id": CHANNEL}},
    {"channelData": None},
    {"channelData": {"channel": {"id": CHANNEL}, "tenant": {"id": "not-a-guid"}}},
    {"channelData": {}, "conversation": {"id": CHANNEL}},
    {"channelData": {"channel": {"id": "19:é"}}},
    {"channelData": {"tenant": {"id": TENANT}}, "conversation": {"id": None}},
    {"text": 7},
    {"entities": {}},
]


@pytest.mark.parametrize("fields", NO_MESSAGES)
def test_what_is_no_message_of_somebody_in_a_channel_is_refused(fields: dict[str, Any]) -> None:
    assert refused(json.dumps(activity(**fields)).encode()) == "activity"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"type":"\\ud800"}', b"[" * 9999])
def test_what_is_no_activity_is_refused(body: bytes) -> None:
    assert refused(body) == "activity"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["type", "id", "timestamp", "from", "conversation", "channelData", "text", "entities"]


@given(st.sampled_from(FIELDS), ANYTHING)
def test_whatever_stands_in_a_field_it_is_read_or_refused(field: str, value: object) -> None:
    with suppress(BadSignatureError):
        assert read(activity(**{field: value})).speaker.team == TENANT


NAMES = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]))


@given(NAMES, NAMES, st.text(st.characters(exclude_categories=["Cs"])))
def test_names_decide_nothing(own: str, other: str, text: str) -> None:
    """Whatever people call themselves: the ids stay, and the grammar understands or says that it does not."""
    given_fields = activity(text=f"<at>Registry</at> revoke <at>{other}</at> {text}")
    given_fields["from"]["name"] = own
    given_fields["entities"] = [BOT, mention("29:1larry", other)]
    found = read(given_fields)
    assert found.speaker == read(activity()).speaker
    parse(found.said)
