"""The grammar as the parser library has it."""

# ruff: noqa: RUF001 - what phones and word processors make of quotes
import pytest

from shared.domain.chat import written
from shared.domain.chat.parser import PARSER
from shared.domain.chat.parsing import MOST_CHARACTERS, parse
from shared.domain.chat.sentence import take_apart
from shared.domain.chat.talk import MENTION, Asked, mentioned_in
from shared.domain.chat.words import UnreadableError

BEGINNINGS = [
    *("", "user add ", "mute payments 1h ", "user add ci description=", 'user add ci description="'),
    *("user add ci description='", "revoke <@U", "<at>"),
]
REPEATED = [
    *(
        "<",
        "a",
        "'",
        "‘",
        '"',
        "\\",
        '\\"',
        "\\ ",
        "'a ",
        '"a ',
        "`",
        "` ",
        "é\u200d “",
        "\u200d",
        "&nbsp;",
        "&",
    ),
    *("<a:", "<#", "<@U>", "<http://a|b>", "a=", "a = ", "1h", "1d ", "P1", "\ufdfa", "tags.a=b "),
]


@pytest.mark.parametrize("name", ["KEY", "STRING", "DURATION", "WORD"])
def test_the_library_reads_a_pattern_as_it_is_written(name: str) -> None:
    """It has escapes of its own: a backslash before a quotation mark would be one less."""
    patterns = {terminal.name: terminal.pattern.value for terminal in PARSER.terminals}
    assert patterns[name] == getattr(written, name)


@pytest.mark.parametrize("line", ["deletepayments", "users-payments", "user addci", 'delete"payments"'])
def test_the_words_of_a_command_stand_alone(line: str) -> None:
    with pytest.raises(UnreadableError):
        take_apart(line)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_no_text_takes_long(beginning: str) -> None:
    """A pattern that backtracks would take hours."""
    for repeated in REPEATED:
        parse((beginning + repeated * MOST_CHARACTERS)[:MOST_CHARACTERS])


@pytest.mark.parametrize("text", ["<@U5>", "x <@U5>", 'x" <@U5>', "\\ <@U5>", "` <@U5>"])
def test_only_a_mention_is_one_in_the_written_form(text: str) -> None:
    """Whoever writes something like one in a text mentions nobody."""
    assert mentioned_in(Asked("revoke", {MENTION: "U3"}).echo) == "U3"
    assert mentioned_in(Asked("mute", {"registry": "demo", "reason": text}).echo) == ""
