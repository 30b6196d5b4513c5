"""What Teams is answered: a valid Adaptive Card in which nothing is markup, small enough, and fit for all to see."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.chat_apps.teams_replies import MOST_BYTES, NOT_HERE, encoded, message
from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.help import explanation, overview
from shared.domain.chat.talk import Button, Platform, Reply, SecretLink, Tone
from tests.unit.sinks.test_teams import card_of, elements, problem, shown

URL = "https://api.example/api/reveal#s3cretT0ken"
LINK = SecretLink("Show the password", URL, "15 minutes, once.", for_one=True)


def card(reply: Reply) -> dict[str, Any]:
    found = card_of(message(reply))
    assert problem(found) is None
    return found


def lines(reply: Reply) -> list[str]:
    return shown(card(reply))


def links(reply: Reply) -> list[tuple[str, str]]:
    sets = [each["actions"] for each in elements(card(reply)) if each["type"] == "ActionSet"]
    assert all(action["type"] == "Action.OpenUrl" for actions in sets for action in actions)
    return [(action["title"], action["url"]) for actions in sets for action in actions]


@pytest.mark.parametrize(
    ("tone", "begins", "style"),
    [
        (Tone.PLAIN, "It is so.", "default"),
        (Tone.DONE, "✅ Done: It is so.", "good"),
        (Tone.WARNING, "⚠️ Careful: It is so.", "warning"),
        (Tone.PROBLEM, "🔴 Problem: It is so.", "attention"),
        (Tone.REFUSED, "⛔ Refused: It is so.", "attention"),
    ],
)
def test_the_verdict_comes_first_in_words_and_colour(tone: Tone, begins: str, style: str) -> None:
    found = card(Reply("It is so.", ("Because.", "And that is all."), tone))
    assert shown(found) == [begins, "Because.", "And that is all."]
    assert found["body"][0]["style"] == style
    assert found["fallbackText"] == begins


def test_what_is_to_be_typed_stands_in_another_type() -> None:
    block = card(Reply("Say so.", ("Say `show payments` or `help`, or `not.",)))["body"][1]
    assert block["inlines"] == [
        {"type": "TextRun", "text": "Say "},
        {"type": "TextRun", "text": "show payments", "fontType": "Monospace"},
        {"type": "TextRun", "text": " or "},
        {"type": "TextRun", "text": "help", "fontType": "Monospace"},
        {"type": "TextRun", "text": ", or `not."},
    ]


MARKUP = [
    "[free money](https://evil.example)",
    "**bold** _it_ # heading",
    "<at>Everybody</at> <b>b</b> &lt;i&gt;",
    "{{DATE(2026-11-26T12:00:00Z,SHORT)}}",
    "` ` `` `",
    "a\nb\u2028c\u202ed\ud800e",
]


@pytest.mark.parametrize("text", MARKUP)
def test_what_others_wrote_stands_there_as_they_wrote_it(text: str) -> None:
    found = card(Reply(text, (text,)))
    runs = [run for block in elements(found) if block["type"] == "RichTextBlock" for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert {run["text"] for run in runs} == {text.replace("\n", " ").translate(dict.fromkeys(ODD, " "))}
    assert "entities" not in found


ODD = {0x2028, 0x202E, 0xD800}


def test_a_link_that_opens_for_one_person_alone_is_shown() -> None:
    reply = Reply("Your password waits.", link=LINK)
    assert links(reply) == [("Show the password", URL)]
    assert lines(reply)[-1] == "15 minutes, once."


def test_any_other_link_is_left_out_and_the_reason_is_there() -> None:
    reply = Reply("Your password waits.", link=replace(LINK, for_one=False))
    assert "s3cretT0ken" not in encoded(message(reply)).decode()
    assert lines(reply) == ["Your password waits.", NOT_HERE]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a b", 'https://a"b', "https://é", "https://"]
)
def test_a_link_is_a_web_address_and_no_error_shows_it(url: str) -> None:
    with pytest.raises(ValueError, match="none that Teams could open") as found:
        message(Reply("x", link=SecretLink("Open", f"{url}", for_one=True)))
    assert url not in str(found.value)


def test_the_code_that_confirms_is_shown_with_what_to_do() -> None:
    said = lines(Reply("Delete payments?", ("All its images go.",), Tone.WARNING, code="aB3-_.x"))
    assert said[-1] == "If you mean it, say it once more with confirm=aB3-_.x at the end."


def test_a_code_that_a_line_already_says_is_not_said_twice() -> None:
    code = "x" * 512
    command = f"Say `delete payments confirm={code}`."
    assert lines(Reply("Delete payments?", (command,), code=code)) == [
        "Delete payments?",
        command.replace("`", ""),
    ]


def test_a_code_in_a_line_that_had_to_go_is_said_again() -> None:
    long = tuple("é" * 1500 for _ in range(50))
    said = lines(Reply("Delete payments?", (*long, "Say `delete payments confirm=c0de`."), code="c0de"))
    assert said[-1] == "If you mean it, say it once more with confirm=c0de at the end."


@pytest.mark.parametrize("number", [0, 1, 100, 200, 201, 5000])
def test_of_a_long_list_the_rest_is_counted(number: int) -> None:
    reply = Reply("So many.", tuple(f"`registry-{place}` is Healthy" for place in range(number)))
    assert len(encoded(message(reply))) <= MOST_BYTES
    said = lines(reply)
    kept = sum(line.endswith("is Healthy") for line in said)
    assert kept == number or said[-1] == f"and {number - kept} more"
    assert kept >= min(number, 50)


def test_buttons_are_none_of_teams() -> None:
    reply = Reply("Delete payments?", buttons=(Button("Delete", "confirm", "s1gned", danger=True),))
    assert "s1gned" not in encoded(message(reply)).decode()


def test_all_that_help_says_fits() -> None:
    whole = overview(Platform.TEAMS, lambda _: True, "payments")
    assert len(lines(whole)) == 1 + len(whole.lines)
    for command in COMMANDS:
        assert lines(explanation(Platform.TEAMS, command.name))


TEXTS = st.text(max_size=3000) | st.text('`\\"a😀', max_size=3000)
REPLIES = st.builds(
    Reply,
    text=TEXTS,
    lines=st.lists(TEXTS, max_size=8).map(tuple),
    tone=st.sampled_from(Tone),
    private=st.booleans(),
    link=st.none() | st.builds(SecretLink, TEXTS, st.just(URL), TEXTS, st.booleans()),
    code=st.none() | st.from_regex(r"[A-Za-z0-9._-]{1,512}", fullmatch=True),
)


@settings(max_examples=50, deadline=None)
@given(REPLIES)
def test_whatever_is_said_it_is_a_valid_card_of_a_size_that_teams_takes(reply: Reply) -> None:
    made = message(reply)
    assert len(encoded(made)) <= MOST_BYTES
    found = card_of(made)
    assert problem(found) is None
    assert {each["type"] for each in elements(found)} <= {"Container", "RichTextBlock", "ActionSet"}
    assert all(line.strip() for line in shown(found))
    if not (reply.link and reply.link.for_one):
        assert URL not in encoded(made).decode()
    if reply.code:
        assert reply.code in encoded(made).decode()


def test_the_largest_reply_fits() -> None:
    most = "`😀`😀" * 1000
    link = SecretLink(most, f"https://{'a' * 2000}", most, for_one=True)
    made = message(Reply(most, (most,) * 300, link=link, code="c" * 512))
    assert len(encoded(made)) <= MOST_BYTES
    assert problem(card_of(made)) is None
