"""A reply as Teams takes it from an outgoing webhook: a message with one Adaptive Card.

Everybody in the channel sees it. There are no buttons but such as open a page, and nothing can be said later:
learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook

All text stands in text runs, which know no markup (adaptivecards.io/explorer/TextRun.html), and nothing in it mentions
anybody: the card names no entities.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from shared.chat_apps.marks import MARKS
from shared.domain.chat.talk import CONFIRM, Reply, SecretLink, Tone
from shared.domain.text import cut, one_line

MOST_BYTES = 24_000
"""As UTF-8. Teams takes messages of some 28 KB."""
MOST_TEXT, MOST_LINE, MOST_LABEL = 500, 1500, 60
"""Characters. A command to be repeated, with its code, is one line."""
MOST_RUNS = 40
"""Of one line: each weighs more than it holds."""
LIMITS = (200, 100, 50, 20, 10, 5, 2, 1, 0)
"""How many lines may stay; the first that fits."""
VERSION = "1.4"
NOT_HERE = (
    "The link is not shown: everybody in this channel would see it, and whoever came first could open it."
)
_STYLES = {
    Tone.PLAIN: "default",
    Tone.DONE: "good",
    Tone.WARNING: "warning",
    Tone.PROBLEM: "attention",
    Tone.REFUSED: "attention",
}
_CODE = re.compile(r"`([^`\s][^`]*)`")
_URL = re.compile(r"https?://[\w.~:/?#\[\]@!$&'()*+,;=%-]{1,2000}", re.ASCII)

type Json = dict[str, Any]


def message(reply: Reply) -> Json:
    """What is said. A link that does not open for one person alone is left out, whoever has put it in.

    Raises `ValueError` for a link that Teams could not open.
    """
    made = (_message(reply, most) for most in LIMITS)
    return next(found for found in made if len(encoded(found)) <= MOST_BYTES)


def encoded(made: Json) -> bytes:
    """As it goes out."""
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def _message(reply: Reply, most: int) -> Json:
    verdict = _verdict(reply)
    heading = [_text(verdict, weight="Bolder")]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": verdict,
        "body": [
            {"type": "Container", "items": heading, "style": _STYLES[reply.tone], "bleed": True},
            *_said(reply, most),
            *_opening(reply.link),
        ],
        "msteams": {"width": "Full"},
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": content_type, "content": card}]}


def _verdict(reply: Reply) -> str:
    sign, word = MARKS.get(reply.tone, ("", ""))
    text = cut(one_line(reply.text), MOST_TEXT) or "…"
    return f"{sign} {word}: {text}" if word else text


def _said(reply: Reply, most: int) -> Iterator[Json]:
    """As many lines as may stay, how many there are besides, and the code in any case: without it nothing goes on."""
    lines = [line for line in (cut(one_line(line), MOST_LINE) for line in reply.lines) if line]
    yield from (_text(line, spacing="Small") for line in lines[:most])
    if more := len(lines[most:]):
        yield _text(f"and {more} more", isSubtle=True)
    if reply.code and not any(reply.code in line for line in lines[:most]):
        yield _text(f"If you mean it, say it once more with `{CONFIRM}={one_line(reply.code)}` at the end.")


def _opening(link: SecretLink | None) -> Iterator[Json]:
    if link is None:
        return
    if not link.for_one:
        yield _text(NOT_HERE)
        return
    if note := cut(one_line(link.note), MOST_LINE):
        yield _text(note, isSubtle=True)
    title = cut(one_line(link.label), MOST_LABEL) or "Open"
    yield {
        "type": "ActionSet",
        "actions": [{"type": "Action.OpenUrl", "title": title, "url": _checked(link.url)}],
    }


def _checked(url: str) -> str:
    """The error does not show it."""
    if not _URL.fullmatch(url):
        raise ValueError("The link is none that Teams could open")
    return url


def _text(text: str, *, spacing: str = "Default", **style: Any) -> Json:
    return {"type": "RichTextBlock", "inlines": list(_runs(text, style)), "spacing": spacing}


def _runs(text: str, style: Json) -> Iterator[Json]:
    """What stands between backticks is to be typed: in another type, and without them."""
    pieces = _CODE.split(text)
    if len(pieces) > MOST_RUNS:
        pieces = [text]
    for place, piece in enumerate(pieces):
        if piece:
            type_ = {"fontType": "Monospace"} if place % 2 else {}
            yield {"type": "TextRun", "text": piece, **style, **type_}
