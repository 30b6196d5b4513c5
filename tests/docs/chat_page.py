"""The parts of docs/chatops.md that are made from the code: what can be said in chat."""

from shared.domain.chat.command import Command
from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.help import who
from tests.docs.api_page import fill
from tests.docs.field_tables import code, table


def filled(page: str) -> str:
    """`page` with every part as the code says it now."""
    return fill(page, {"commands": _commands(), "options": _options()})


def _commands() -> str:
    rows = [(code(each.usage), each.summary + _more(each), who(each).removesuffix(".")) for each in COMMANDS]
    return table(("say", "does", "who may"), rows)


def _more(command: Command) -> str:
    return " Asks first." if command.asks_first else ""


def _options() -> str:
    rows = [
        (code(command.name), " ".join(code(option.usage) for option in command.own_options))
        for command in COMMANDS
        if command.own_options
    ]
    return table(("of", "options"), rows)
