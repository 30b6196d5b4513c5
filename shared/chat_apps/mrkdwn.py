"""Text for Slack's mrkdwn that reads as it is written: nothing of it is a link, a mention or markup.

mrkdwn has an escape for three characters only (docs.slack.dev/messaging/formatting-message-text); for the others stands
one that looks like it. What stands between backticks is code, where no markup means anything.
"""

import re
from collections.abc import Iterable, Iterator

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LITERAL = {
    **_ENTITIES,
    "*": "∗",  # noqa: RUF001 - looks like it, and makes nothing bold
    "~": "∼",  # noqa: RUF001
    "`": "ʼ",  # noqa: RUF001
}
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_CODE = re.compile(r"`([^`\s](?:[^`]{0,298}[^`\s])?)`")


def units(text: str) -> int:
    """Its length as UTF-16 counts: Slack does not say how it counts, and no count is higher."""
    return len(text) + sum(char > "\uffff" for char in text)


def escaped(text: str) -> Iterator[str]:
    """Character by character, as mrkdwn must have them."""
    return (_LITERAL.get(char, char) for char in _without_pairs(text))


def with_code(text: str, mention: str = "") -> Iterator[str]:
    """The same, but what stands between backticks whole, and as code. `mention` in it is taken out: code shows ids."""
    for place, piece in enumerate(_CODE.split(text)):
        if place % 2:
            before, found, after = piece.partition(mention) if mention else (piece, "", "")
            yield " ".join(filter(None, [_code(before), found, _code(after)]))
        else:
            yield from escaped(piece)


def fitting(pieces: Iterable[str], room: int) -> str:
    """As many of them as take less than `room`, in UTF-16; an ellipsis says that there were more."""
    written: list[str] = []
    for piece in pieces:
        room -= units(piece)
        if room <= 0:
            return "".join([*written, "…"])
        written.append(piece)
    return "".join(written)


def _code(text: str) -> str:
    words = "".join(_ENTITIES.get(char, char) for char in text.strip())
    return f"`{words}`" if words else ""


def _without_pairs(text: str) -> str:
    """Underscores at the edges of words make what is between two of them italic; those inside words, or one, do not."""
    return _EDGE.sub("ˍ", text) if len(_EDGE.findall(text)) > 1 else text
