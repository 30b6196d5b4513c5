"""What a command is: data, of which the parser, the help and the documentation are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.chat.talk import CONFIRM
from shared.domain.roles import Access, Need, Role

ANY = "*"
"""Ends the name of an option that stands for many: `tags.*`."""


class Kind(StrEnum):
    """What a word is to be. Each has its check and its one written form."""

    COMMAND = "command"
    """The name of a command, or its first word."""
    REGISTRY = "registry"
    """In lower case: `Payments` can only be `payments`."""
    USERNAME = "username"
    PERSON = "person"
    """A mention, which becomes the argument `mention` with the platform's id; or a username, which becomes
    `username`."""
    DURATION = "duration"
    """`1h` or `PT1H`; written as ISO 8601."""
    MOMENT = "moment"
    """A time with its zone."""
    OPERATION = "operation"
    WORD = "word"
    """Whatever holds no space: the service knows what is allowed."""
    TEXT = "text"
    """Free text in one line."""
    FLAG = "flag"
    """`true` or `false`; `yes`, `no`, `on` and `off` are understood."""
    CHOICE = "choice"
    RANGES = "ranges"
    """Address ranges with commas between them."""
    CODE = "code"
    """What confirms: never shown again."""


@dataclass(frozen=True)
class Argument:
    """One word of a command, by its place."""

    name: str
    kind: Kind
    optional: bool = False
    rest: bool = False
    """Everything up to the end, in one piece and without quotes."""

    @property
    def usage(self) -> str:
        """As help writes it."""
        name = self.name.upper()
        return f"[{name}]" if self.optional else name


@dataclass(frozen=True)
class Option:
    """One `name=value`."""

    name: str
    kind: Kind
    example: str
    """A value."""
    choices: tuple[str, ...] = ()
    words: Mapping[str, list[str] | None] = field(default_factory=dict)
    """Words that stand for a value which can't be written: `never` for `null`."""

    @property
    def usage(self) -> str:
        """As help writes it."""
        return f"{self.name.replace(ANY, 'NAME')}={self.example}"

    def is_called(self, name: str) -> bool:
        """Is it meant by this name in lower case?"""
        stem = self.name.lower().removesuffix(ANY)
        return name.startswith(stem) and (name != stem) == self.name.endswith(ANY)


@dataclass(frozen=True)
class Command:
    """One thing that can be said.

    Words go to the arguments in order. Where there are fewer words than arguments, optional ones at the front stay
    empty first: `why ci` is about the user `ci` of the channel's registry, `why payments ci` names both.
    """

    name: str
    """One word, or two."""
    summary: str
    example: str
    """A whole command, which can be said as it is."""
    needs: Need
    """What its speaker must be allowed to do, as for the HTTP function that does the same."""
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    asks_first: bool = False
    """It takes something away: said once it tells what will happen, and does it when that is confirmed."""
    answers_with_link: bool = False
    """Its answer holds a one-time link, which nobody else may see."""

    @property
    def takes(self) -> str:
        """Its arguments, as help writes them."""
        return " ".join(argument.usage for argument in self.arguments)

    @property
    def usage(self) -> str:
        """Its form in one line: `user rotate [REGISTRY] USERNAME [NAME=value …]`."""
        options = "[NAME=value …]" if self.own_options else ""
        return " ".join(part for part in (self.name, self.takes, options) if part)

    @property
    def own_options(self) -> tuple[Option, ...]:
        """Those that a person writes first: without the one that confirms."""
        return tuple(option for option in self.options if option.name != CONFIRM)

    def option(self, name: str) -> Option | None:
        """The option of that name, whatever its case: `TAGS.team` is one of `tags.*`."""
        return next((option for option in self.options if option.is_called(name.lower())), None)

    def taking(self, words: int) -> tuple[Argument, ...] | None:
        """The arguments that so many words are given to; `None` if they can't be."""
        spare = len(self.arguments) - words
        left_out = [argument.name for argument in self.arguments if argument.optional][: max(spare, 0)]
        taken = tuple(argument for argument in self.arguments if argument.name not in left_out)
        return taken if len(taken) == words else None

    def open_to(self, access: Access) -> bool:
        """May a caller with this access say it of at least one registry, or of its own user?"""
        if self.needs.role is None:
            return True
        if self.needs.everywhere:
            return access.everywhere(self.needs.role)
        return access.allows(Role.MEMBER if self.needs.own else self.needs.role)
