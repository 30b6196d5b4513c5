"""Teams: a Workflow that posts what it receives takes a message with one Adaptive Card.

All that comes from outside stands in text runs, which know no markup: only a `TextBlock` reads Markdown. Source:
adaptivecards.io/explorer/TextRun.html. Teams refuses messages of 28 KB and more.
"""

import json
from collections.abc import Sequence
from typing import Any

from shared.domain.health.codes import Severity
from shared.domain.notices.report_summary import MARKS, Item, Link, Section, Summary
from shared.sinks import cutting

MOST_BYTES = 24_000
"""As UTF-8; the rest is for what Teams puts around it."""
VERSION = "1.4"
_STYLES = {
    Severity.OK: "good",
    Severity.INFO: "accent",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "attention",
}

type Element = dict[str, Any]


def payload(summary: Summary) -> dict[str, Any]:
    """The body of the request."""
    return cutting.fitting(lambda most: _message(summary, most), _fits)


def encoded(message: dict[str, Any]) -> bytes:
    """As it goes out."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _fits(message: dict[str, Any]) -> bool:
    return len(encoded(message)) <= MOST_BYTES


def _message(summary: Summary, most: int) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": cutting.headline(summary),
        "body": _body(summary, most),
        "actions": [_open(link) for link in cutting.links(summary.links)],
        "msteams": {"width": "Full"},
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": content_type, "contentUrl": None, "content": card}],
    }


def _body(summary: Summary, most: int) -> list[Element]:
    heading = [_text(cutting.headline(summary), size="Large", weight="Bolder")]
    if context := cutting.text(summary.context):
        heading.append(_text(context, isSubtle=True))
    body = [_container(heading, style=_STYLES[summary.severity], bleed=True)]
    items = cutting.first(summary.needs_you, most)
    body += [_item(item) for item in items.kept] + _rest(items.rest)
    sections = cutting.first(summary.sections, most)
    return [*body, *(_listed(section, most) for section in sections.kept), *_rest(sections.rest)]


def _item(item: Item) -> Element:
    heading = f"{MARKS[item.severity]} {cutting.title(item.title)}"
    elements = [_text(heading, weight="Bolder")]
    elements += [_labelled(label, value) for label, value in cutting.parts(item)]
    if links := cutting.links(item.links):
        elements.append({"type": "ActionSet", "actions": [_open(link) for link in links]})
    return _container(elements, separator=True)


def _listed(section: Section, most: int) -> Element:
    """One line stands behind its title."""
    title, lines = cutting.title(section.title) or "...", cutting.first(cutting.lines(section.lines), most)
    if len(lines.kept) == 1 and not lines.more:
        return _container([_labelled(title, lines.kept[0])], separator=True)
    elements = [_text(title, weight="Bolder")]
    elements += [_text(f"• {line}", spacing="Small") for line in lines.kept]
    return _container(elements + _rest(lines.rest), separator=True)


def _labelled(label: str, value: str) -> Element:
    runs = [_run(f"{label}: ", weight="Bolder")] if label else []
    return {"type": "RichTextBlock", "inlines": [*runs, *_runs(value)], "spacing": "Small"}


def _text(text: str, *, spacing: str = "Default", **style: Any) -> Element:
    return {"type": "RichTextBlock", "inlines": _runs(text, **style), "spacing": spacing}


def _runs(text: str, **style: Any) -> list[Element]:
    """Names in another type."""
    return [
        _run(piece, **style, **({"fontType": "Monospace"} if is_name else {}))
        for piece, is_name in cutting.names(text)
    ]


def _run(text: str, **style: Any) -> Element:
    return {"type": "TextRun", "text": text, **style}


def _rest(text: str) -> list[Element]:
    return [_text(text, isSubtle=True)] if text else []


def _container(elements: Sequence[Element], **style: Any) -> Element:
    return {"type": "Container", "items": [*elements], **style}


def _open(link: Link) -> Element:
    return {"type": "Action.OpenUrl", "title": link.title, "url": link.url}
