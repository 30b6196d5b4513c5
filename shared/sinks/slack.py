"""Slack: an incoming webhook takes Block Kit. Limits: docs.slack.dev/reference/block-kit/blocks.

Links stand in the text, not on buttons: a button, even one that only opens a page, sends an interaction that nobody
here would answer.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from shared.chat_apps.mrkdwn import escaped, fitting, units
from shared.domain.notices.report_summary import MARKS, Item, Link, Section, Summary
from shared.sinks import cutting

MOST_BLOCKS = 50
MOST_OF_ALL = 12_000
"""Of all blocks together, as JSON. Slack does not document it, and refuses more than some 13,200 with
`msg_blocks_too_long` (measured: github.com/slackapi/bolt-js/issues/2509)."""
MOST_TEXT = 3000
"""Of one section, counted as UTF-16 has them: Slack does not say how it counts, and no count is higher."""
ROOM, ROOM_FOR_REST = 600, 50
"""Of one field, and of how many are left out; counted the same way."""


def payload(summary: Summary) -> dict[str, Any]:
    """The body of the request."""
    return {
        "text": literal(cutting.headline(summary)),  # of notifications, and where blocks can't be shown
        "blocks": cutting.fitting(lambda most: _written(_blocks(summary, most)), _fits),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _written(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    return [block.to_dict() for block in blocks]


def _fits(blocks: Sequence[dict[str, Any]]) -> bool:
    return len(blocks) <= MOST_BLOCKS and units(json.dumps(blocks, ensure_ascii=False)) <= MOST_OF_ALL


def _blocks(summary: Summary, most: int) -> list[Block]:
    blocks: list[Block] = [HeaderBlock(text=PlainTextObject(text=cutting.headline(summary), emoji=False))]
    blocks += _small(literal(cutting.text(summary.context)))
    items = cutting.first(summary.needs_you, most)
    blocks += [_section(_item(item)) for item in items.kept] + _small(items.rest)
    sections = cutting.first(summary.sections, most)
    if sections.kept:
        blocks.append(DividerBlock())
    blocks += [_section(_listed(section, most)) for section in sections.kept] + _small(sections.rest)
    return blocks + _small(_joined([_links(summary.links)]))


def literal(text: str, room: int = ROOM) -> str:
    """Reads as it is written: nothing of it is a link, a mention or markup. What takes more than `room` is cut."""
    return fitting(_pieces(text), room)


def _pieces(text: str) -> Iterator[str]:
    """Characters as Slack must have them, and names whole."""
    for found, is_name in cutting.names(text):
        if is_name:
            yield f"`{found}`"
        else:
            yield from escaped(found)


def _item(item: Item) -> str:
    heading = f"{MARKS[item.severity]} {_bold(item.title)}"
    said = [
        f"*{label}:* {literal(value)}" if label else literal(value) for label, value in cutting.parts(item)
    ]
    return _joined([heading, *said, _links(item.links)])


def _listed(section: Section, most: int) -> str:
    """At most so many lines, as far as there is room, and how many there are besides. One stands behind its title."""
    lines = cutting.lines(section.lines)
    if most and len(lines) == 1:
        return f"{_bold(section.title, ':')} {literal(lines[0])}"
    text = _bold(section.title)
    for place, line in enumerate(lines):
        longer = f"{text}\n• {literal(line)}"
        if place == most or units(longer) > MOST_TEXT - ROOM_FOR_REST:
            return f"{text}\n{cutting.first(lines, place).rest}"
        text = longer
    return text


def _joined(pieces: Sequence[str]) -> str:
    """One under the other, as long as there is room."""
    text = ""
    for piece in filter(None, pieces):
        longer = f"{text}\n{piece}" if text else piece
        text = longer if units(longer) <= MOST_TEXT else text
    return text


def _bold(title: str, end: str = "") -> str:
    return f"*{literal(cutting.title(title), ROOM // 2) or '...'}{end}*"


def _links(given: Sequence[Link]) -> str:
    return " · ".join(f"<{_address(link.url)}|{literal(link.title)}>" for link in cutting.links(given))


def _address(url: str) -> str:
    return url.replace("&", "&amp;")


def _section(text: str) -> Block:
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def _small(text: str) -> list[Block]:
    return [ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])] if text else []
