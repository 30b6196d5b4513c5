"""What is wrong with the blocks of a message: the limits of docs.slack.dev/reference/block-kit/blocks.

Only the blocks that the app sends are known; any other is wrong.
"""

from collections.abc import Iterator
from typing import Any

type Json = dict[str, Any]

MOST_BLOCKS = 50
_MOST_ELEMENTS = {"actions": 25, "context": 10}
_MOST_SECTION, _MOST_HEADER, _MOST_LABEL, _MOST_VALUE, _MOST_ID, _MOST_URL = 3000, 150, 75, 2000, 255, 3000


def problems(blocks: object) -> list[str]:
    """In words; empty where Slack would take them."""
    if not isinstance(blocks, list):
        return ["blocks is no list"]
    found = [] if len(blocks) <= MOST_BLOCKS else [f"{len(blocks)} blocks, {MOST_BLOCKS} at most"]
    for place, block in enumerate(blocks):
        found += [f"block {place}: {problem}" for problem in _of_block(block)]
    return found + _twice(buttons(blocks))


def buttons(blocks: list[Json]) -> list[Json]:
    """All of a message, in their order."""
    return [
        element
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "actions"
        for element in block.get("elements", [])
        if isinstance(element, dict) and element.get("type") == "button"
    ]


def _of_block(block: object) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    match block:
        case {"type": "section", "text": text}:
            yield from _text(text, _MOST_SECTION)
        case {"type": "header", "text": text}:
            yield from _text(text, _MOST_HEADER, plain=True)
        case {"type": "divider"}:
            pass
        case {"type": "context" | "actions" as named, "elements": [_, *_] as elements}:
            if len(elements) > _MOST_ELEMENTS[named]:
                yield f"{len(elements)} elements, {_MOST_ELEMENTS[named]} at most"
            for element in elements:
                yield from _button(element) if named == "actions" else _text(element, _MOST_SECTION)
        case _:
            yield f"{kind} is unknown to this double, or lacks something"


def _text(text: object, most: int, *, plain: bool = False) -> Iterator[str]:
    match text:
        case {"type": "plain_text" | "mrkdwn" as kind, "text": str(words)}:
            if not 0 < len(words) <= most:
                yield f"a text of {len(words)} characters, 1 to {most} are allowed"
            if plain and kind != "plain_text":
                yield "this text must be plain_text"
        case _:
            yield "a text has a type and a text"


def _button(button: object) -> Iterator[str]:
    if not isinstance(button, dict) or button.get("type") != "button":
        yield "only buttons are known among actions"
        return
    yield from _text(button.get("text"), _MOST_LABEL, plain=True)
    for name, most in (("value", _MOST_VALUE), ("action_id", _MOST_ID), ("url", _MOST_URL)):
        if len(button.get(name) or "") > most:
            yield f"{name} is longer than {most} characters"
    if button.get("style") not in {None, "primary", "danger"}:
        yield "a style is primary or danger"


def _twice(found: list[Json]) -> list[str]:
    names = [button.get("action_id") for button in found]
    return [] if len(names) == len(set(names)) else ["two buttons have the same action_id"]
