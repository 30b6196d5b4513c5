"""A line taken apart: command, words, options."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from shared.domain.chat.command import Command
from shared.domain.chat.grammar import BY_NAME
from shared.domain.chat.typed import DOUBLE, LONG_DASHES, QUOTES, mentioned, plain, unquoted
from shared.domain.chat.words import UnreadableError
from shared.domain.chat.written import KEY, STRING

if TYPE_CHECKING:
    from lark import Token, Tree
    from lark.exceptions import UnexpectedInput


@dataclass(frozen=True)
class Word:
    """`mention`: the id of the person that it mentions, and nothing else."""

    text: str
    mention: str | None = None
    has_mention: bool = False
    """Then its text has what people call somebody: for sentences alone."""


@dataclass(frozen=True)
class Sentence:
    """What was said, before anybody asks what its words are."""

    command: Command
    words: tuple[Word, ...]
    options: tuple[tuple[str, Word], ...]


def take_apart(line: str) -> Sentence:
    """Raises `UnreadableError` for what is no command, or is not written as one; with nothing to say where words are
    missing or in the wrong place.
    """
    # ruff: noqa: PLC0415 - what only chat pays for
    from lark.exceptions import UnexpectedInput

    from shared.domain.chat.parser import PARSER

    try:
        tree = PARSER.parse(line)
    except UnexpectedInput as error:
        raise UnreadableError(_problem(line, error)) from None
    return _sentence(cast("Tree[Token]", tree.children[0]))


def _sentence(said: "Tree[Token]") -> Sentence:
    words, options = [], []
    for child in said.children:
        if isinstance(child, str):
            words.append(_word(child))
        else:
            key, value = cast("list[Token]", child.children)
            options.append(_option(str(key), str(value), _word(value)))
    return Sentence(BY_NAME[said.data.replace("_", " ")], tuple(words), tuple(options))


def _word(token: "Token") -> Word:
    text = str(token)
    is_string = token.type == "STRING" or (token.type == "REST" and re.fullmatch(STRING, text))
    return Word(unquoted(text) if is_string else plain(text), mentioned(text), "<@" in text)


def _option(key: str, written: str, value: Word) -> tuple[str, Word]:
    """Raises `UnreadableError` where the next option would be taken for the value of this one."""
    if key.endswith(" ") and re.match(KEY, written):
        raise UnreadableError("An option has no value.")
    return key.rstrip(" =").lstrip(f"-{LONG_DASHES}"), value


def _problem(line: str, error: "UnexpectedInput") -> str:
    """Without a word of what was written there."""
    at = error.pos_in_stream
    found = line[at:].partition(" ")[0] if at is not None and at >= 0 else ""
    if found.startswith(tuple(QUOTES)) or set(found) & {*DOUBLE, "`"}:
        return "A quotation mark is not closed, or stands within a word."
    if set(found) & {*"<>"}:
        return "What stands in angle brackets can't be read."
    return ""
