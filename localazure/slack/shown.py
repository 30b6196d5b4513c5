"""A message as lines of a terminal: what its reader would see, without colours and pictures."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localazure.slack.cast import name_of

type Json = Mapping[str, Any]

_WIDTH, _INDENT = 110, " " * 6
_REFERENCE = re.compile(r"<(?:@|#|(?P<url>https?://))(?P<rest>[^>|]*)(?:\|(?P<label>[^>]*))?>")
_BOLD = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_KINDS = {"posted": "", "edited": "(edited) ", "replaced": "(edited) ", "deleted": "(deleted) ", "failed": ""}


def event(found: Json, channel: str) -> str:
    """What somebody who looks at `channel` sees of it."""
    author = "slack" if found["kind"] == "failed" else "bot"
    first, *others = text(found).splitlines() or [""]
    verdict = f"{author:<5} {_where(found, channel)}{_KINDS[found['kind']]}{first}"
    return "\n".join([_wrapped(verdict, ""), *(_wrapped(each, _INDENT) for each in others)])


def text(found: Json) -> str:
    """All that the message says, a line each; buttons with their numbers, links with their addresses."""
    lines = list(_lines(found["blocks"], found["numbers"]))
    return "\n".join(lines) if lines else plain(found["text"])


def plain(mrkdwn: str) -> str:
    """Without Slack's markup."""
    words = _BOLD.sub(r"\1", _REFERENCE.sub(_reference, mrkdwn))
    for entity, char in _ENTITIES:
        words = words.replace(entity, char)
    return words


def _where(found: Json, channel: str) -> str:
    if found["onlyFor"]:
        return "(only you) "
    if found["channel"].startswith("D"):
        return "(direct message) "
    return "" if found["channel"] == channel else f"(#{name_of(found['channel'])}) "


def _reference(found: re.Match[str]) -> str:
    if found["url"]:
        url = found["url"] + found["rest"]
        return f"{found['label']} ({url})" if found["label"] else url
    return f"{found[0][1]}{found['label'] or name_of(found['rest'])}"


def _lines(blocks: Sequence[Json], numbers: Sequence[int]) -> Iterator[str]:
    left = iter(numbers)
    for block in blocks:
        match block:
            case {"type": "section" | "header", "text": words}:
                yield from plain(words["text"]).splitlines()
            case {"type": "context", "elements": elements}:
                yield " ".join(plain(element["text"]) for element in elements)
            case {"type": "actions", "elements": elements}:
                yield from _buttons([(next(left), element) for element in elements])


def _buttons(numbered: Sequence[tuple[int, Json]]) -> Iterator[str]:
    """All in one line; addresses in lines of their own, to be copied."""
    yield "  ".join(f"[{number} {button['text']['text']}]" for number, button in numbered)
    yield from (button["url"] for _, button in numbered if "url" in button)


def _wrapped(line: str, indent: str) -> str:
    if "://" in line:
        return f"{indent}{line}"
    return textwrap.fill(
        line, _WIDTH, initial_indent=indent, subsequent_indent=_INDENT, break_long_words=False
    )
