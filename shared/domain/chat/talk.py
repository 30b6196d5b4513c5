"""What is said in chat, and by whom, whatever the platform.

A reply is data. Each platform renders it in its own way, and decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Platform(StrEnum):
    """Where people talk."""

    SLACK = "slack"
    TEAMS = "teams"


@dataclass(frozen=True)
class Speaker:
    """Who asks, and where, as the platform has signed it. Ids, not names: names change at their owners' will."""

    platform: Platform
    team: str
    """Slack's workspace, or the tenant of Teams."""
    user: str
    channel: str
    shown_as: str = ""
    """What people call this user. For sentences alone: never for a right, a login or a key."""

    @property
    def actor(self) -> str:
        """As the audit has it."""
        return f"{self.platform}:{self.team}/{self.user}"


@dataclass(frozen=True)
class Asked:
    """A command that was understood."""

    command: str
    """Its name, as `user add`."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """By the names that the grammar gives them."""
    options: Mapping[str, str] = field(default_factory=dict)
    """`key=value` as written."""

    @property
    def echo(self) -> str:
        """The command in its one written form: parsed again it is the same."""
        words = [*self.command.split(), *self.arguments.values()]
        return " ".join(
            [*map(quoted, words), *(f"{name}={quoted(value)}" for name, value in self.options.items())]
        )


def quoted(word: str) -> str:
    """As the grammar reads it as one word."""
    plain = word and not any(character.isspace() or character in "\"'\\=<>@" for character in word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return word if plain else f'"{escaped}"'


class Tone(StrEnum):
    """How a reply begins, so that its verdict is seen at once."""

    PLAIN = "plain"
    DONE = "done"
    WARNING = "warning"
    PROBLEM = "problem"
    REFUSED = "refused"


@dataclass(frozen=True)
class Button:
    """`action` says what a press does, `value` is signed: nobody can make one up. `danger`: it takes something away."""

    label: str
    action: str
    value: str
    danger: bool = False


@dataclass(frozen=True)
class SecretLink:
    """A one-time link. Only ever in a reply that its reader alone sees, and never kept."""

    label: str
    url: str = field(repr=False)
    note: str = ""


@dataclass(frozen=True)
class Reply:
    """What is said. All of it is plain text: the platform escapes it."""

    text: str
    """The verdict, in one sentence."""
    lines: tuple[str, ...] = ()
    """What else there is to say, a line each."""
    tone: Tone = Tone.PLAIN
    private: bool = True
    """Only the asker sees it, where the platform can do that."""
    buttons: tuple[Button, ...] = ()
    link: SecretLink | None = None
    follow: str | None = None
    """An operation whose progress is told in the channel."""
    code: str | None = None
    """Where there are no buttons: the word that confirms, to be said again with the command."""
