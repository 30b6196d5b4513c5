"""The grammar of what is said, as the parser library reads it: written out of `COMMANDS`.

Words of commands are words only where a command may begin: a registry may well be called `list`.
"""

from shared.domain.chat.command import Argument, Command, Kind
from shared.domain.chat.grammar import BY_NAME, COMMANDS
from shared.domain.chat.typed import DOUBLE, LONG_DASHES, MENTION, QUOTES, SINGLE
from shared.domain.chat.words import SHORT_DURATION

# The library has escapes of its own: in what it reads, no quotation mark comes right after a backslash.
STRING = "|".join(
    [
        rf"[{DOUBLE}](?:\\.|[^{DOUBLE}\\])*[{DOUBLE}](?!\S)",
        rf"[{SINGLE}](?:\\.|[^{SINGLE}\\]|[{SINGLE}](?=\S))*[{SINGLE}](?!\S)",
        r"`(?:\\.|[^`\\])*`(?!\S)",
    ]
)
WORD = rf"(?![{SINGLE}])(?:<@[^<>]*>|[^\s<>{DOUBLE}`])+(?!\S)"
KEY = rf"(?:--|[{LONG_DASHES}])?[A-Za-z][^\s=<>{QUOTES}]* ?= ?"
DURATION = rf"(?:{SHORT_DURATION}|P(?:[0-9]+[YMWD])*(?:T(?:[0-9]+[HMS])+)?)(?!\S)"

# Which terminals are looked for depends on the rule that the last word belongs to. What comes before a duration has a
# rule of its own, so that a user of any other command may be called `1h`.
_TERMINALS = rf"""
_word: WORD | STRING | MENTION
_first: WORD | STRING | MENTION
_item: _word | option
option: KEY _word
KEY.5: /{KEY}/
MENTION.4: /{MENTION}(?!\S)/
STRING.4: /{STRING}/
DURATION.3: /{DURATION}/
WORD: /{WORD}/
REST: /\S.*/
%ignore " "
"""


def grammar() -> str:
    """In the language of the library."""
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
