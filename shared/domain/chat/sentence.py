"""A line taken apart: command, words, options. The one place that knows the parser library.

The grammar that it reads is written out of `COMMANDS`. Words of commands are words only where a command may begin:
a registry may well be called `list`.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from shared.domain.chat.command import Argument, Command, Kind
from shared.domain.chat.grammar import BY_NAME, COMMANDS
from shared.domain.chat.typed import DOUBLE, LONG_DASHES, MENTION, QUOTES, SINGLE, mentioned, plain, unquoted
from shared.domain.chat.words import SHORT_DURATION, UnreadableError

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput

_STRING = "|".join(
    [
        rf"[{DOUBLE}](?:\\.|[^{DOUBLE}\\])*[{DOUBLE}](?!\S)",
        rf"[{SINGLE}](?:\\.|[^{SINGLE}\\]|[{SINGLE}](?=\S))*[{SINGLE}](?!\S)",
        r"`(?:\\.|[^`\\])*`(?!\S)",
    ]
)
_WORD = rf"(?![{SINGLE}])(?:<@[^<>]*>|[^\s<>{DOUBLE}`])+(?!\S)"
_KEY = rf"(?:--|[{LONG_DASHES}])?[A-Za-z][^\s=<>{QUOTES}]* ?= ?"
_DURATION = rf"(?:{SHORT_DURATION}|P(?:[0-9]+[YMWD])*(?:T(?:[0-9]+[HMS])+)?)(?!\S)"

# Which terminals are looked for depends on the rule that the last word belongs to. What comes before a duration has a
# rule of its own, so that a user of any other command may be called `1h`.
_TERMINALS = rf"""
_word: WORD | STRING | MENTION
_first: WORD | STRING | MENTION
_item: _word | option
option: KEY _word
KEY.5: /{_KEY}/
MENTION.4: /{MENTION}(?!\S)/
STRING.4: /{_STRING}/
DURATION.3: /{_DURATION}/
WORD: /{_WORD}/
REST: /\S.*/
%ignore " "
"""


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
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415 - 10 ms that only chat pays for

    try:
        tree = _parser().parse(line)
    except UnexpectedInput as error:
        raise UnreadableError(_problem(line, error)) from None
    return _sentence(cast("Tree[Token]", tree.children[0]))


@cache
def _parser() -> "Lark":
    from lark import Lark  # noqa: PLC0415 - as above

    return Lark(_grammar(), parser="lalr")


def _grammar() -> str:
    keywords = {word for name in BY_NAME for word in name.split()}
    rules = [f"start: {' | '.join(map(_rule_name, COMMANDS))}", *map(_rule, COMMANDS)]
    rules += [rf"_{word.upper()}.9: /{word}(?!\S)/i" for word in sorted(keywords)]
    return "\n".join(rules) + _TERMINALS


def _rule_name(command: Command) -> str:
    return command.name.replace(" ", "_")


def _rule(command: Command) -> str:
    keywords = " ".join(f"_{word.upper()}" for word in command.name.split())
    if any(argument.rest for argument in command.arguments):
        return f"{_rule_name(command)}: {keywords} {' '.join(map(_place, command.arguments))}"
    return f"{_rule_name(command)}: {keywords} _item*"


def _place(argument: Argument) -> str:
    terminal = "REST" if argument.rest else "DURATION" if argument.kind is Kind.DURATION else "_first"
    return f"{terminal}?" if argument.optional else terminal


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
    is_string = token.type == "STRING" or (token.type == "REST" and re.fullmatch(_STRING, text))
    return Word(unquoted(text) if is_string else plain(text), mentioned(text), "<@" in text)


def _option(key: str, written: str, value: Word) -> tuple[str, Word]:
    """Raises `UnreadableError` where the next option would be taken for the value of this one."""
    if key.endswith(" ") and re.match(_KEY, written):
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
