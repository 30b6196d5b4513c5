"""What Slack gets: it says what matters, nothing of it is markup, and it is never more than Slack takes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from shared.chat_apps.mrkdwn import units
from shared.domain.health.codes import Severity
from shared.domain.notices.report_summary import Item, Link, Section, Summary
from shared.domain.notices.telling import together
from shared.sinks.slack import literal, payload
from tests.unit.sinks.examples import DOWN, PLACES, REPORT, SUMMARIES, many, told


def texts(message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every text object with the type of its block."""
    for block in message["blocks"]:
        yield from (
            (block["type"], found) for found in [block.get("text"), *block.get("elements", [])] if found
        )


def test_a_notice_says_the_verdict_then_why_and_what_to_do() -> None:
    message = payload(told().summary)
    assert message["text"] == "🔴 search is down: STORAGE_UNHEALTHY"
    assert [block["type"] for block in message["blocks"]] == ["header", "context", "section", "context"]
    header, context, section, links = (found["text"] for _, found in texts(message))
    assert header == "🔴 search is down: STORAGE_UNHEALTHY"
    assert context == "since 26 Nov 06:38 UTC (22 min) · search-x1.azurewebsites.net · team: search"
    assert section.splitlines()[0] == "🔴 *STORAGE_UNHEALTHY*"
    assert "*Seen:* GET /v2/ answered 503" in section
    assert "*Fix:* " in section
    assert links.startswith(
        "<https://berthage.example/api/status/search|Status> · <https://portal.azure.com/#resource/"
    )


def test_a_report_lists_what_needs_somebody_before_the_rest() -> None:
    message = payload(REPORT)
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["header", "context", "section", "divider", "section", "context"]
    assert message["blocks"][4]["text"]["text"] == "*Uptime*\n• 99.96 %\n• probe p95 310 ms"


def test_a_section_of_one_line_is_one_line() -> None:
    section = Section(title="🔐 Security", lines=("users +4 · 0 denied",))
    blocks = payload(Summary(headline="h", sections=(section,)))["blocks"]
    assert blocks[-1]["text"]["text"] == "*🔐 Security:* users +4 · 0 denied"


def test_of_a_bad_day_the_rest_is_counted() -> None:
    message = payload(many(60))
    shown = json.dumps(message)
    assert shown.count("*registry-") == 3
    assert "and 57 more" in shown
    listed = message["blocks"][6]["text"]["text"].splitlines()
    assert listed == ["*Section 0*", *["• " + "z" * 300] * 3, "and 57 more"]


def length(message: dict[str, Any]) -> int:
    """Of all blocks: their texts, and what stands around a text in JSON."""
    return sum(75 + units(found["text"]) for _, found in texts(message))


MOST_OF_ALL = 12_000
"""Slack refuses more with `msg_blocks_too_long` (github.com/slackapi/bolt-js/issues/2509)."""


def test_an_outage_of_fifty_registries_is_not_too_long_for_slack() -> None:
    notices = [DOWN.change(subject=f"registry-{n:02}", site=f"registry-{n:02}-x1") for n in range(50)]
    message = payload(together(notices, PLACES).summary)
    assert length(message) <= MOST_OF_ALL
    assert "and 20 more" in json.dumps(message)


@settings(max_examples=60, deadline=None)
@given(SUMMARIES)
def test_whatever_it_says_slack_takes_it(summary: Summary) -> None:
    """Limits: docs.slack.dev/reference/block-kit/blocks (header 150, section 3,000, context 10 elements, 50 blocks)."""
    message = payload(summary)
    json.dumps(message, ensure_ascii=False).encode()
    assert length(message) <= MOST_OF_ALL
    assert 1 <= len(message["blocks"]) <= 50
    assert 1 <= units(message["text"]) <= 3000
    for kind, found in texts(message):
        assert 1 <= units(found["text"]) <= (2 * 150 if kind == "header" else 3000)
        assert len(found["text"]) <= (150 if kind == "header" else 3000)
        assert found["text"].strip()
        assert found["type"] == ("plain_text" if kind == "header" else "mrkdwn")
        assert found.get("verbatim", True), "no channel or address in it becomes a link"


@settings(max_examples=60, deadline=None)
@given(SUMMARIES)
def test_every_link_and_every_mark_is_ours(summary: Summary) -> None:
    for kind, found in texts(payload(summary)):
        if kind == "header":
            continue
        inside = re.findall(r"<([^>]*)>", found["text"])
        assert all(re.fullmatch(r"https://[!-~]+\|[^<>]+", link) for link in inside)
        left = re.sub(r"<[^>]*>|`[A-Za-z0-9_.@:/+=-]+`", "", found["text"])
        assert not re.search(r"[<>`~]|&(?!amp;|lt;|gt;)", left)
        for line in left.splitlines():
            assert re.fullmatch(r"[^*]*(\*[^*]+\*[^*]*)?", line), "one bold part a line at most: ours"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "<!channel> & <https://evil.example|Status>",
            "&lt;!channel&gt; &amp; &lt;https://evil.example|Status&gt;",
        ),
        ("*bold* ~gone~ `a code`", "∗bold∗ ∼gone∼ ʼa codeʼ"),  # noqa: RUF001 - what replaces them
        ("_probe and STORAGE_UNHEALTHY_", "ˍprobe and STORAGE_UNHEALTHYˍ"),
        ("a_b __ _", "a_b ˍˍ ˍ"),
        ("GET /v2/_catalog: a_b", "GET /v2/_catalog: a_b"),
        ("`ci` and `jane@example.com`: `_probe`", "`ci` and `jane@example.com`: `_probe`"),
        ("`<!here>` `a b` `*` ``", "ʼ&lt;!here&gt;ʼ ʼa bʼ ʼ∗ʼ ʼʼ"),  # noqa: RUF001
    ],
)
def test_what_others_wrote_reads_as_they_wrote_it(written: str, read: str) -> None:
    assert literal(written) == read


def test_text_that_has_no_room_is_cut_between_characters() -> None:
    assert literal("&" * 100, 22) == "&amp;" * 4 + "…"
    assert literal("😀" * 100, 22) == "😀" * 10 + "…"


def test_what_fits_in_a_header_is_not_cut() -> None:
    summary = Summary(headline="x" * 148, severity=Severity.OK)
    [(_, header)] = texts(payload(summary))
    assert header["text"] == "🟢 " + "x" * 148


def test_a_link_that_is_none_is_left_out() -> None:
    links = (
        Link(title="bad", url="javascript:alert(1)"),
        Link(title="good", url="https://a.example/?x=1&y=2"),
    )
    message = payload(Summary(headline="h", needs_you=(Item(title="t", text="", links=links),)))
    [_, section] = message["blocks"]
    assert section["text"]["text"] == "🟡 *t*\n<https://a.example/?x=1&amp;y=2|good>"
