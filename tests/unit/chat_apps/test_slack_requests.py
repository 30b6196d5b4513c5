"""What Slack sends, read: who speaks, where, and what was said or pressed."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chat_apps.slack_requests import Press, interaction, press, slash_command
from shared.domain.chat.talk import Platform, Speaker
from shared.domain.errors import ApiError
from tests.unit.chat_apps.signing import BODY, form

DEV = Speaker(Platform.SLACK, "T0DEMO", "U0DEV", "C0DEMO")


def pressed(**fields: Any) -> dict[str, Any]:
    """As docs.slack.dev/reference/interaction-payloads/block_actions-payload has it."""
    return {
        "type": "block_actions",
        "user": {"id": "U0DEV", "username": "dev", "name": "dev", "team_id": "T0DEMO"},
        "team": {"id": "T0DEMO", "domain": "demo"},
        "channel": {"id": "C0DEMO", "name": "payments"},
        "container": {
            "type": "message",
            "message_ts": "1764183600.000100",
            "channel_id": "C0DEMO",
            "is_ephemeral": True,
        },
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "response_url": "https://hooks.slack.com/actions/T0DEMO/1/s3cret",
        "actions": [
            {
                "type": "button",
                "block_id": "=qXel",
                "action_id": "confirm.0",
                "text": {"type": "plain_text", "text": "Delete"},
                "value": "signed.value",
                "action_ts": "1764183605.123",
            }
        ],
        **fields,
    }


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    names = st.sampled_from(["id", "team_id", "action_id", "value", "username"])
    return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5)


def with_action(**fields: Any) -> dict[str, Any]:
    payload = pressed()
    payload["actions"][0] |= fields
    return payload


def read(payload: object) -> Press | None:
    return press(json.dumps(payload))


def unreadable(payload: object) -> str:
    with pytest.raises(ApiError) as refused:
        read(payload)
    return refused.value.code


def test_slacks_own_example_says_who_speaks_and_where() -> None:
    command = slash_command(BODY)
    assert command.speaker == Speaker(Platform.SLACK, "T1DC2JH3J", "U2CERLKJA", "G8PSS9T3V")
    assert command.text == ""
    assert command.trigger_id == "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    assert slash_command(form(text=text)).text == text


@pytest.mark.parametrize("channel", ["C0DEMO", "G8PSS9T3V", "D0DIRECT"])
def test_it_may_be_said_in_a_channel_a_private_one_or_directly(channel: str) -> None:
    assert slash_command(form(channel_id=channel)).speaker.channel == channel


def test_on_enterprise_grid_the_workspace_counts_and_not_the_organization() -> None:
    command = slash_command(form(enterprise_id="E0ORG", enterprise_name="org", is_enterprise_install="true"))
    assert command.speaker == DEV


def test_a_name_is_nobody_s() -> None:
    """Its owner changes it at will, so nothing of it comes further than this."""
    assert slash_command(form(user_name="admin")).speaker == slash_command(form(user_name="dev")).speaker


@pytest.mark.parametrize("field", ["team_id", "user_id", "channel_id"])
@pytest.mark.parametrize("value", ["", "u0dev", "U0/DEV", "U0DEV ", "U" * 65, "Ü0DEV", "*"])
def test_without_ids_nobody_has_spoken(field: str, value: str) -> None:
    with pytest.raises(ApiError) as refused:
        _ = slash_command(form(**{field: value})).speaker
    assert refused.value.code == "UnreadableRequest"


def test_of_a_field_that_is_there_twice_the_first_counts() -> None:
    assert slash_command(form() + b"&user_id=U0ADMIN").speaker == DEV


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join([b"a=1"] * 101)])
def test_what_is_no_form_is_not_read(body: bytes) -> None:
    with pytest.raises(ApiError):
        slash_command(body)


def test_a_look_at_our_certificate_says_so() -> None:
    assert slash_command(b"ssl_check=1&token=x").ssl_check == "1"


def test_a_press_says_who_pressed_what_and_where_it_can_be_answered() -> None:
    raw = form(payload=json.dumps(pressed()))
    assert press(interaction(raw).payload) == Press(
        DEV, "confirm", "signed.value", "https://hooks.slack.com/actions/T0DEMO/1/s3cret", in_private=True
    )


def test_a_press_shows_no_address_and_no_value_in_a_log() -> None:
    found = repr(read(pressed()))
    assert "s3cret" not in found
    assert "signed.value" not in found


def test_a_guest_in_a_shared_channel_is_somebody_of_their_own_workspace() -> None:
    found = read(pressed(user={"id": "U0GUEST", "username": "guest", "team_id": "T0OTHER"}))
    assert found
    assert found.speaker.actor == "slack:T0OTHER/U0GUEST"


@pytest.mark.parametrize(
    ("user", "team"),
    [
        ({"id": "U0DEV", "name": "dev", "team_id": "T0DEMO"}, None),  # an app of a whole organization
        ({"id": "U0DEV", "name": "dev"}, {"id": "T0DEMO"}),
    ],
)
def test_the_workspace_is_where_slack_says_it(user: dict[str, str], team: dict[str, str] | None) -> None:
    found = read(pressed(user=user, team=team))
    assert found
    assert found.speaker == DEV


def test_a_message_that_all_see_is_none_in_private() -> None:
    found = read(pressed(container={"type": "message", "channel_id": "C0DEMO"}, channel=None))
    assert found
    assert (found.in_private, found.speaker.channel) == (False, "C0DEMO")


@pytest.mark.parametrize(
    "payload",
    [
        with_action(action_id="open_link", url="https://berthage.example/api/reveal#t"),
        {"type": "view_submission", "user": {"id": "U0DEV"}, "view": {}},
        {"type": "shortcut"},
    ],
)
def test_what_needs_nothing_done_is_only_acknowledged(payload: object) -> None:
    assert read(payload) is None


@pytest.mark.parametrize(
    "payload",
    [
        None,
        7,
        [],
        "block_actions",
        {},
        {"type": "block_actions"},
        pressed(actions=[]),
        pressed(actions=[{}, {}]),
        pressed(actions=["confirm"]),
        pressed(user="U0DEV"),
        pressed(user={}),
        pressed(user={"id": 7, "team_id": "T0DEMO"}),
        pressed(channel=None, container=None),
        with_action(value=7),
        with_action(action_id=None),
    ],
)
def test_what_is_no_press_as_we_know_it_is_unreadable(payload: object) -> None:
    assert unreadable(payload) == "UnreadableRequest"


@pytest.mark.parametrize("payload", ["", "{", "[" * 100_000, '{"type": ' + "9" * 5000 + "}"])
def test_what_is_no_json_is_unreadable(payload: str) -> None:
    with pytest.raises(ApiError):
        press(payload)


def test_half_a_character_can_be_written_down() -> None:
    found = press(json.dumps(with_action(value="a\ud800b")))
    assert found
    assert found.value == "a?b"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), nested, max_leaves=9))
def test_whatever_is_sent_it_is_a_press_or_unreadable(payload: object) -> None:
    with suppress(ApiError):
        assert read(pressed(user=payload, channel=payload, actions=[payload])) is None
