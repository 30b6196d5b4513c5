"""What Slack gets: it says what was said, nothing of it is markup, and it is never more than Slack takes."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.chat_apps.mrkdwn import units
from shared.chat_apps.slack_replies import answer, message, response
from shared.chat_apps.slack_requests import Press, press
from shared.domain.chat.talk import Button, Platform, Reply, SecretLink, Speaker, Tone

URL = "https://berthage.example/api/reveal#dG9rZW4tb2YtYS10ZXN0"
LOGIN = Reply(
    "Login `dev` for payments.",
    ("Your old password works until you click.",),
    link=SecretLink("Show my password", URL, "once, within 15 min"),
)
DELETE = Reply(
    "Stops pulls for 6 users now.",
    ("Images and users kept until 5 Dec.",),
    Tone.WARNING,
    buttons=(Button("Delete", "confirm", "v1", danger=True), Button("Keep", "keep", "v2")),
)
SPEAKER = Speaker(Platform.SLACK, "T0DEMO", "U0DEV", "C0DEMO")
PRIVATE = Press(SPEAKER, "confirm", "v1", "https://hooks.slack.com/x", in_private=True)
PUBLIC = replace(PRIVATE, in_private=False)


def texts(found: dict[str, Any]) -> Iterator[str]:
    """Every mrkdwn text."""
    for block in found["blocks"]:
        for each in [block.get("text"), *block.get("elements", [])]:
            if each and each["type"] == "mrkdwn":
                yield each["text"]


def elements(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every button."""
    return [each for block in found["blocks"] if block["type"] == "actions" for each in block["elements"]]


def test_a_login_is_a_link_for_one_person() -> None:
    found = answer(LOGIN)
    assert found["response_type"] == "ephemeral"
    assert list(texts(found)) == [
        "Login `dev` for payments.",
        "Your old password works until you click.",
        "once, within 15 min",
    ]
    [link] = elements(found)
    assert (link["text"]["text"], link["url"]) == ("Show my password", URL)
    assert json.dumps(found).count(URL) == 1, "nowhere but on the button"


def test_a_link_is_never_said_to_all() -> None:
    for say in (
        message,
        answer,
        lambda reply: response(reply, PRIVATE),
        lambda reply: response(reply, PUBLIC),
    ):
        with pytest.raises(ValueError, match="alone"):
            say(replace(LOGIN, private=False))


def test_what_takes_something_away_is_marked_and_asks_no_second_time() -> None:
    delete, keep = elements(answer(DELETE))
    assert delete == {
        "type": "button",
        "text": {"type": "plain_text", "text": "Delete", "emoji": False},
        "action_id": "confirm.0",
        "value": "v1",
        "style": "danger",
    }
    assert "style" not in keep


def test_a_button_comes_back_as_it_was_made() -> None:
    for button, sent in zip(DELETE.buttons, elements(answer(DELETE)), strict=True):
        payload = {
            "type": "block_actions",
            "user": {"id": "U0DEV", "team_id": "T0DEMO"},
            "channel": {"id": "C0DEMO"},
            "actions": [{"action_id": sent["action_id"], "value": sent["value"]}],
        }
        found = press(json.dumps(payload))
        assert found
        assert (found.action, found.value) == (button.action, button.value)


def test_no_two_buttons_have_the_same_id() -> None:
    reply = Reply("Two.", buttons=(Button("1 h", "mute", "a"), Button("1 d", "mute", "b")))
    ids = [each["action_id"] for each in elements(answer(reply))]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("tone", "begins"),
    [
        (Tone.PLAIN, "Said."),
        (Tone.DONE, "✅ *Done:* Said."),
        (Tone.WARNING, "⚠️ *Careful:* Said."),
        (Tone.PROBLEM, "🔴 *Problem:* Said."),
        (Tone.REFUSED, "⛔ *Refused:* Said."),
    ],
)
def test_a_verdict_is_seen_and_read_at_once(tone: Tone, begins: str) -> None:
    found = answer(Reply("Said.", tone=tone))
    assert next(texts(found)) == begins
    assert found["text"] == begins.replace("*", "")


def test_commands_are_code_and_names_are_no_markup() -> None:
    reply = Reply("Fix: `/registry user rotate payments ci`", ("reason: *why* <!channel> & `a<b`",))
    assert list(texts(answer(reply))) == [
        "Fix: `/registry user rotate payments ci`",
        "reason: ∗why∗ &lt;!channel&gt; &amp; `a&lt;b`",  # noqa: RUF001
    ]


def test_who_may_is_mentioned_and_nothing_else_is() -> None:
    reply = Reply(
        "No.", tone=Tone.REFUSED, who=("U0OPS", "W0GRID", "C0OPS", "!channel", "u0ops", "U0><!here>")
    )
    assert list(texts(answer(reply)))[-1] == "Ask: <@U0OPS> <@W0GRID> <#C0OPS>"


def test_a_person_whom_a_command_is_about_is_mentioned() -> None:
    """Code would show the id."""
    found = message(Reply("May this be done? `revoke <@U3>`", about="U3"))
    assert list(texts(found)) == ["May this be done? `revoke` <@U3>"]
    assert found["text"] == "May this be done? `revoke` <@U3>"
    middle = message(Reply("`revoke <@U3> confirm=x` and <@U3>", about="U3"))
    assert list(texts(middle)) == ["`revoke` <@U3> `confirm=x` and &lt;@U3&gt;"]


@pytest.mark.parametrize("about", ["", "U4", "!here", "U3> <!here"])
def test_nobody_else_is(about: str) -> None:
    text = "May this be done? `revoke <@U3>`, or `<!here>`, or `revoke <@U3> <!here>`"
    assert "<" not in str(list(texts(message(Reply(text, about=about)))))


def test_of_many_who_may_the_rest_is_counted() -> None:
    reply = Reply("No.", tone=Tone.REFUSED, who=tuple(f"U{number}" for number in range(50)))
    assert list(texts(answer(reply)))[-1].endswith("<@U19> and 30 more")


def test_of_a_long_list_the_rest_is_counted() -> None:
    reply = Reply("100 registries.", tuple(f"registry-{number} " + "x" * 500 for number in range(100)))
    found = answer(reply)
    *listed, rest = list(texts(found))[1:]
    shown = sum(text.count("registry-") for text in listed)
    assert rest == f"and {100 - shown} more"
    assert shown == 40


@pytest.mark.parametrize(
    ("reply", "where", "kind", "replaces"),
    [
        (Reply("Done.", replaces=True), PRIVATE, "ephemeral", True),
        (Reply("Done.", replaces=True, private=False), PRIVATE, "ephemeral", True),
        (Reply("Not you.", replaces=False), PRIVATE, "ephemeral", False),
        (Reply("Approved.", replaces=True, private=False), PUBLIC, "in_channel", True),
        (Reply("Not you."), PUBLIC, "ephemeral", False),
        (Reply("For one.", replaces=True), PUBLIC, "ephemeral", False),
    ],
)
def test_a_press_is_answered_to_those_who_saw_the_button_or_to_one(
    reply: Reply, where: Press, kind: str, *, replaces: bool
) -> None:
    found = response(reply, where)
    assert (found["response_type"], found["replace_original"]) == (kind, replaces)


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Press.", buttons=(Button("Delete", "confirm", "v" * 2001),)),
        Reply("Open.", link=SecretLink("Show", "https://berthage.example/" + "x" * 3000)),
    ],
)
def test_what_is_signed_is_never_cut(reply: Reply) -> None:
    with pytest.raises(ValueError, match="longer than Slack takes"):
        answer(reply)


TEXT = st.text(max_size=200) | st.text(alphabet="*_~`<>&|!@#\n -:😀\ud800\u202e", max_size=200)
LONG = TEXT | st.builds(lambda part, times: part * times, TEXT, st.integers(1, 40))
REPLIES = st.builds(
    Reply,
    text=LONG,
    lines=st.lists(LONG, max_size=30).map(tuple),
    tone=st.sampled_from(Tone),
    private=st.just(True),
    buttons=st.lists(st.builds(Button, TEXT, st.just("mute"), TEXT, st.booleans()), max_size=30).map(tuple),
    link=st.none() | st.builds(SecretLink, LONG, st.just(URL), LONG),
    about=st.sampled_from(["", "U0DEV", "!here"]) | TEXT,
    who=st.lists(TEXT | st.just("U0OPS"), max_size=40).map(tuple),
    replaces=st.booleans(),
)
TAGS = re.compile(r"<(?![@#][UWCG][A-Z0-9]+>)")


@settings(max_examples=60, deadline=None)
@given(REPLIES, st.sampled_from([PRIVATE, PUBLIC]))
def test_whatever_is_said_slack_takes_it(reply: Reply, where: Press) -> None:
    """Limits: docs.slack.dev/reference/block-kit (50 blocks, section 3,000, 25 buttons, label 75, value 2,000)."""
    for found in (answer(reply), response(reply, where)):
        json.dumps(found).encode("ascii")
        assert 1 <= len(found["blocks"]) <= 50
        assert found["text"]
        for text in (*texts(found), found["text"]):
            assert 1 <= units(text) <= 3000
            assert "\ud800" not in text
            assert "\u202e" not in text
            assert not TAGS.search(text)
        for each in elements(found):
            assert 1 <= units(each["text"]["text"]) <= 150
            assert len(each["text"]["text"]) <= 75
        ids = [each["action_id"] for each in elements(found)]
        assert len(ids) == len(set(ids)) <= 26
