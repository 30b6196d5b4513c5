"""What somebody typed, of what a platform made of it on its way to us.

Slack writes `&`, `<` and `>` as entities and puts mentions, links and channels into angle brackets:
https://docs.slack.dev/messaging/formatting-message-text. Teams begins with the mention of the bot, and sends HTML.
Phones and word processors set their own quotation marks, dashes and spaces. A backslash keeps what follows as it is.
"""

import re

from shared.domain.text import one_line

DOUBLE = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
SINGLE = "'\u2018\u2019\u201a\u2039\u203a"
QUOTES = f"{DOUBLE}{SINGLE}`"
LONG_DASHES = "\u2013\u2014"
"""What becomes of two hyphens."""

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Pasted along with other text: without width, or turning its direction round."""
_OTHER = f"[^\\x00-\\x7f\u200c\u200d{DOUBLE}{SINGLE}]"
_JOINER = re.compile(f"(?<!{_OTHER})[\u200c\u200d]|[\u200c\u200d](?!{_OTHER})")
"""Between letters of other alphabets, and within an emoji, joiners mean something."""

_MARKUP = re.compile(
    r"""(?<!\\)(?:
        &(?P<entity>nbsp|quot|apos|\#160|\#34|\#39);
        | <(?P<tag>/?(?:p|div|span|br)\b[^<>]*)>
        | <(?P<link>[A-Za-z][A-Za-z0-9+.-]*:[^<>|]*)(?:\|(?P<label>[^<>]*))?>
        | <(?P<mark>[#!])(?P<id>[^<>|]*)(?:\|(?P<name>[^<>]*))?>
    )""",
    re.VERBOSE,
)
_ENTITIES = {"nbsp": " ", "#160": " ", "quot": '"', "#34": '"', "apos": "'", "#39": "'"}
_ADDRESSED = re.compile(r"\A(?:<at\b[^<>]*>[^<>]*</at>|/registry(?!\S))", re.IGNORECASE)
"""The mention of a Teams bot; Slack's own command, pasted."""
_IN_BACKTICKS = re.compile(r"`([^`]*)`")

MENTION = r"<@(?P<id>[A-Za-z0-9][A-Za-z0-9:._=+-]*)(?:\|(?P<name>[^<>]*))?>"
_LEFT = r"&(?P<entity>amp|lt|gt);|" + MENTION
_IN_WORD = re.compile(_LEFT)
_IN_QUOTES = re.compile(rf"\\(?P<kept>[\\<&{QUOTES}])|{_LEFT}")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}


def typed(text: str) -> str:
    """One line without markup, but for mentions of people and the entities of `&`, `<` and `>`: those may stand for
    what means something to the grammar, so they are left to `plain` and `unquoted`.
    """
    line = _ADDRESSED.sub("", _clean(_MARKUP.sub(_as_typed, _clean(text)))).strip()
    alone = _IN_BACKTICKS.fullmatch(line)
    return alone[1].strip() if alone else line


def plain(word: str) -> str:
    """What stands in a word without quotes."""
    return _IN_WORD.sub(_character, word)


def mentioned(word: str) -> str | None:
    """The id of the person that a word mentions."""
    found = re.fullmatch(MENTION, word)
    return found["id"] if found else None


def unquoted(string: str) -> str:
    """What stands between its quotation marks."""
    return _IN_QUOTES.sub(_character, string[1:-1])


def _clean(text: str) -> str:
    visible = _INVISIBLE.sub("", one_line(text))
    return " ".join(_JOINER.sub("", visible).split())


def _as_typed(found: re.Match[str]) -> str:
    part = found.groupdict()
    if part["entity"]:
        return _ENTITIES[part["entity"]]
    if part["link"]:
        return part["label"] or part["link"].removeprefix("mailto:").removeprefix("tel:")
    if part["mark"]:  # of a channel, or of a group: that one never reads like the mention of a person
        return part["mark"] + (part["name"] or part["id"]).lstrip("#@")
    return " "


def _character(found: re.Match[str]) -> str:
    part = found.groupdict()
    if part["entity"]:
        return _CHARACTERS[part["entity"]]
    return part.get("kept") or f"@{part['name'] or part['id']}"
