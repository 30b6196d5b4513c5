"""From a word to what it is meant to be, held against the product's own rules of it."""

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from shared.domain.chat.command import ANY, Kind, Option
from shared.domain.names import check_registry_name, check_username, split_operation_id
from shared.domain.registries.ip_ranges import IpRanges
from shared.domain.registries.tags import TAG_NAME
from shared.domain.users.expiry import DURATION, Moment, shown_duration

SHORT_DURATION = r"(?:[0-9]{1,5}[wdhmsWDHMS])+"
"""`1h`, `30m`, `2d`, `1d12h`; of any case, and `m` is a minute."""
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_CODE = re.compile(r"[A-Za-z0-9._-]{1,512}")
_MOST_WORD = 256
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2212", "-----")
"""What keyboards and word processors make of a hyphen. No name holds them, so they can mean nothing else."""
_FLAGS = {
    **dict.fromkeys(("true", "yes", "on"), "true"),
    **dict.fromkeys(("false", "no", "off"), "false"),
}


class UnreadableError(Exception):
    """`problem` says in a sentence or two what a word is to be. The word itself is not repeated."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def read_word(kind: Kind, word: str) -> str:
    """In its one written form. Raises `UnreadableError`."""
    reader = _READERS.get(kind)
    return reader(word) if reader else word


def read_option(option: Option, key: str, value: str) -> tuple[str, str]:
    """Name and value of an option. Raises `UnreadableError`."""
    try:
        return _name(option, key), _value(option, value)
    except UnreadableError as error:
        words = "".join(f" Or: {word}." for word in option.words)
        raise UnreadableError(f"{option.name}: {error.problem}{words}") from None


def _name(option: Option, key: str) -> str:
    if not option.name.endswith(ANY):
        return option.name
    stem = option.name.removesuffix(ANY)
    own = key[len(stem) :]
    if not re.fullmatch(TAG_NAME, own):
        raise UnreadableError(
            r"A name has no characters like <>%&\?/ in it, and does not begin with berthage-."
        )
    return stem + own


def _value(option: Option, value: str) -> str:
    if value.lower() in option.words:
        return value.lower()
    if option.kind is Kind.CHOICE:
        return _choice(option.choices, value)
    return read_word(option.kind, value)


def nearly(text: str) -> str:
    """For comparisons with what was perhaps meant: of one case, and as wide as ASCII."""
    return unicodedata.normalize("NFKC", text).casefold()


def _registry(word: str) -> str:
    name = word.translate(_DASHES)
    return _checked(check_registry_name, name.lower() if name.isascii() else name)


def _username(word: str) -> str:
    return _checked(check_username, word.translate(_DASHES))


def _checked(check: Callable[[str], str], name: str) -> str:
    try:
        return check(name)
    except PydanticCustomError as error:
        fix = (error.context or {}).get("fix", "")
        raise UnreadableError(f"{error.message()}. {fix}") from None


def _duration(word: str) -> str:
    length = timedelta()
    if re.fullmatch(SHORT_DURATION, word):
        for number, unit in re.findall(r"([0-9]+)(\D)", word.lower()):
            length += timedelta(**{_UNITS[unit]: int(number)})
    elif re.fullmatch(DURATION, word.upper()):
        length = _adapter(timedelta).validate_python(word.upper())
    if not length:
        raise UnreadableError("A duration is a number with its unit: 30m, 1h, 2d, or PT1H.")
    return shown_duration(length)


def _moment(word: str) -> str:
    _validated(Moment, word, "It must be a time with its zone: 2027-01-31T18:00:00Z.")
    return word


def _ranges(word: str) -> str:
    parts = [part.strip() for part in word.split(",")]
    return ",".join(_validated(IpRanges, parts, "It must be ranges: 203.0.113.0/24,2001:db8::/32."))


def _validated(kind: Any, value: object, rule: str) -> Any:
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError:
        raise UnreadableError(rule) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _operation(word: str) -> str:
    if split_operation_id(word.translate(_DASHES)) is None:
        raise UnreadableError(
            "The id of an operation is a registry's name, a dot, and 26 letters and digits."
        )
    return word.translate(_DASHES)


def _flag(word: str) -> str:
    if (value := _FLAGS.get(word.lower())) is None:
        raise UnreadableError("It must be true or false.")
    return value


def _choice(choices: tuple[str, ...], word: str) -> str:
    found = next((choice for choice in choices if choice.lower() == word.lower()), None)
    if found is None:
        raise UnreadableError(f"It must be one of: {', '.join(choices)}.")
    return found


def _plain_word(word: str) -> str:
    if not 0 < len(word) <= _MOST_WORD or re.search(r"[\s=]", word):
        raise UnreadableError(f"It must be one word of up to {_MOST_WORD} characters.")
    return word


def _code(word: str) -> str:
    if not _CODE.fullmatch(word):
        raise UnreadableError("It must be the code that was shown.")
    return word


_READERS: dict[Kind, Callable[[str], str]] = {
    Kind.REGISTRY: _registry,
    Kind.USERNAME: _username,
    Kind.PERSON: lambda word: _username(word.removeprefix("@")),
    Kind.DURATION: _duration,
    Kind.MOMENT: _moment,
    Kind.OPERATION: _operation,
    Kind.WORD: _plain_word,
    Kind.FLAG: _flag,
    Kind.RANGES: _ranges,
    Kind.CODE: _code,
}
