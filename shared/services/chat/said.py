"""One command on its way to its answer: what was said, by whom, with which rights."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.chat.command import Command
from shared.domain.chat.talk import Asked, Reply, Speaker
from shared.services.requests import Caller


@dataclass(frozen=True)
class Said:
    """A command that its speaker may say. What it left out is filled in: the channel's registry, the own user."""

    speaker: Speaker
    asked: Asked
    command: Command
    caller: Caller
    seen: str = ""
    """The version of what its speaker was told about before it confirmed; empty where nobody told."""
    request: str = ""
    """Somebody else's request, signed, that its speaker is about to approve by it."""

    @property
    def registry(self) -> str:
        """The registry that it is about."""
        return self.asked.arguments["registry"]

    @property
    def username(self) -> str:
        """The user that it is about."""
        return self.asked.arguments["username"]

    def say(self, command: str) -> str:
        """A command as this speaker would write it, in a sentence."""
        return self.speaker.platform.spoken(command)


@dataclass(frozen=True)
class Forewarning:
    """What a command will do, said before it is done. `seen`: the version of what that is true of."""

    text: str
    yes: str
    """On the button that does it."""
    no: str
    lines: tuple[str, ...] = ()
    seen: str = ""


type Answering = Callable[[Said], Reply]
type Forewarns = Callable[[Said], Forewarning | Reply]


@dataclass(frozen=True)
class Deed:
    """What a command does."""

    function: str
    """The HTTP function that does the same: refusals stand in the audit under its name."""
    run: Answering
    writes: bool = False
    about_channel: bool = False
    """What it changes is the channel that it is said in: said in another one it is something else."""
    warn: Forewarns | None = None
    """Of what asks first. A `Reply`: there is nothing to confirm."""

    @property
    def may_be_asked_for(self) -> bool:
        """Can somebody else do it instead, in another place, so that the asker has what it wanted?"""
        return self.writes and not self.about_channel
