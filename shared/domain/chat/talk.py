"""What is said in chat, and by whom, whatever the platform.

A reply is data. Each platform renders it in its own way, and decides nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

MENTION = "mention"
"""The argument that names a person by the platform's id."""
PREFIX = "/registry"
"""How a command begins in Slack."""
CONFIRM = "confirm"
"""The option with which a command that asks first is said again, where there are no buttons."""


class Platform(StrEnum):
    """Where people talk."""

    SLACK = "slack"
    TEAMS = "teams"

    def spoken(self, command: str) -> str:
        """A command as people write it there, between backticks. In Teams they mention the bot first."""
        return f"`{PREFIX} {command}`" if self is Platform.SLACK else f"`{command}`"


@dataclass(frozen=True)
class Speaker:
    """Who asks, and where, as the platform has signed it. Ids, not names: names change at their owners' will."""

    platform: Platform
    team: str
    """Slack's workspace, or the tenant of Teams."""
    user: str
    channel: str
    entra_id: str | None = None
    """Its object id in Microsoft Entra, in lower case, where the platform has signed it."""

    @property
    def workspace(self) -> str:
        """Within it an id of a person or a channel means one."""
        return f"{self.platform}:{self.team}"

    @property
    def actor(self) -> str:
        """As the audit has it."""
        return f"{self.workspace}/{self.user}"


@dataclass(frozen=True)
class Asked:
    """A command that was understood."""

    command: str
    """Its name, as `user add`."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """By the names that the grammar gives them. One that may be left out and is, is not there. A mention stands under
    `mention`, as the platform's id of that person."""
    options: Mapping[str, str] = field(default_factory=dict)
    """By the names that the grammar gives them."""

    @property
    def echo(self) -> str:
        """The command in its one written form: parsed again it is the same."""
        words = [f"<@{word}>" if name == MENTION else quoted(word) for name, word in self.arguments.items()]
        options = [f"{name}={quoted(value)}" for name, value in self.options.items()]
        return " ".join([self.command, *words, *options])

    @property
    def unconfirmed(self) -> "Asked":
        """The same without the word that confirms it."""
        return replace(self, options={name: value for name, value in self.options.items() if name != CONFIRM})


_MENTIONED = re.compile(r"(?<= )<@([^<>]+)>")


def mentioned_in(echo: str) -> str:
    """Id of the person whom a command in its one written form mentions, if it does. Elsewhere a `<` is escaped."""
    found = _MENTIONED.search(echo)
    return found[1] if found else ""


_PLAIN = re.compile(r"[\w.:/,+-][\w.:/,+@-]*")
_TO_ESCAPE = re.compile(r"""[\\"\u201c\u201d\u201e\u201f\u00ab\u00bb<]|&(?=#?\w+;)""")
"""What would end a quotation, or be taken for what a platform makes of its users' words."""


def quoted(word: str) -> str:
    """As the grammar reads it as one word."""
    return word if _PLAIN.fullmatch(word) else '"' + _TO_ESCAPE.sub(r"\\\g<0>", word) + '"'


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
    for_one: bool = False
    """It opens for one signed-in person alone, whoever else sees it."""


@dataclass(frozen=True)
class Approval:
    """Somebody asks those who may to let a command be done. Each of `to` gets the request, with its buttons."""

    asker: str
    """The platform's id of the person."""
    asks: str
    """The command in its one written form."""
    to: tuple[str, ...]
    """Ids of people and channels in the asker's own workspace."""
    buttons: tuple[Button, ...]


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
    follows: tuple[str, ...] = ()
    """Operations whose progress is told in the channel."""
    code: str | None = None
    """Where there are no buttons: the word that confirms, to be said again with the command."""
    about: str = ""
    """Id of the person whom a command in the text mentions, `revoke <@ID>`: shown as the platform shows people."""
    who: tuple[str, ...] = ()
    """Ids of people and channels, in the speaker's own workspace, who may do what was refused."""
    replaces: bool = False
    """Of a press: this comes in place of the message with the button. Else that message stays as it is, and only the
    presser is told."""
    approval: Approval | None = None
    """A request to send, besides the reply."""
    asker: str | None = None
    """The person whose request was decided: it is told the same."""
    echo: str = ""
    """What was understood, in its one written form: the title of whatever follows."""
