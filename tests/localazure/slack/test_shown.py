"""What a message looks like in a terminal."""

from typing import Any

import pytest

from localazure.slack import shown
from tests.localazure.slack.rig import actions, section


def event(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    numbers = list(range(1, 1 + sum(len(each.get("elements", [])) for each in blocks)))
    found = {"kind": "posted", "channel": "C1", "onlyFor": None, "text": "in short", "blocks": blocks}
    return {**found, "numbers": numbers, **fields}


@pytest.mark.parametrize(
    ("mrkdwn", "plain"),
    [
        ("*Done:* `x`", "Done: `x`"),
        ("a*b*c", "a*b*c"),
        ("&lt;script&gt; &amp;amp;", "<script> &amp;"),
        ("Ask: <@U1> <@U9> <#C1>", "Ask: @ops @U9 #demo"),
        ("<https://example.org/a|here>", "here (https://example.org/a)"),
        ("<https://example.org/a>", "https://example.org/a"),
    ],
)
def test_markup_is_taken_away(mrkdwn: str, plain: str) -> None:
    assert shown.plain(mrkdwn) == plain


def test_a_question_with_its_buttons() -> None:
    found = event(section("*Careful:* Stops pulls."), actions("Delete", "Keep"), onlyFor="U1")
    assert shown.event(found, "C1").splitlines() == [
        "bot   (only you) Careful: Stops pulls.",
        "      [1 Delete]  [2 Keep]",
    ]


def test_a_link_stands_in_a_line_of_its_own_and_is_never_broken() -> None:
    link = actions("Show my password")
    link["elements"][0]["url"] = "http://localhost:7071/api/reveal#" + "x" * 200
    assert (
        shown.event(event(section("Login."), link), "C1").splitlines()[-1].strip()
        == link["elements"][0]["url"]
    )


@pytest.mark.parametrize(
    ("fields", "beginning"),
    [
        ({"kind": "edited"}, "bot   (edited) in short"),
        ({"kind": "deleted"}, "bot   (deleted) in short"),
        ({"kind": "failed", "onlyFor": "U1"}, "slack (only you) in short"),
        ({"channel": "D1"}, "bot   (direct message) in short"),
        ({"channel": "C2"}, "bot   (#builders) in short"),
    ],
)
def test_where_it_stands_is_said(fields: dict[str, Any], beginning: str) -> None:
    assert shown.event(event(**fields), "C1") == beginning
