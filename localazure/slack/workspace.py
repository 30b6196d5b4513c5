"""The messages of the double's workspace, who sees which, and the buttons on them. In memory: it dies with its process.

Every change is an event with a number. A person's inbox has those that this person sees and has not been shown yet.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from localazure.slack.blocks import buttons
from localazure.slack.cast import CHANNELS, PEOPLE

type Json = dict[str, Any]
type Kind = Literal["posted", "edited", "replaced", "deleted", "failed"]

_KEPT = 10_000


@dataclass
class Message:
    """One message as it stands. `only_for`: the one person who sees it."""

    ts: str
    channel: str
    only_for: str | None
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """Of its buttons, in their order."""

    def is_seen_by(self, user: str) -> bool:
        """Direct messages have one reader besides the bot."""
        if self.channel.startswith("D"):
            return self.channel == direct(user)
        return self.only_for in {None, user}


def direct(user: str) -> str:
    """The channel in which the bot and this person are alone."""
    return f"D{user[1:]}"


class Workspace:
    """All of it. Not safe for threads: one event loop owns it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._messages: dict[str, Message] = {}
        self._events: deque[Json] = deque(maxlen=_KEPT)
        self._numbers, self._sequence = itertools.count(1), itertools.count(1)
        self._read: dict[str, int] = {}
        self._last_ts = 0
        self.channels = {*CHANNELS.values()}
        """Those that the bot may post to."""
        self.people = {*PEOPLE.values()}

    def open(self, user: str, channel: str) -> None:
        """Somebody speaks there. Private channels, `G…`, exist; the bot is in none of them."""
        self.people.add(user)
        if channel.startswith("C"):
            self.channels.add(channel)

    def post(self, channel: str, only_for: str | None, text: str, blocks: list[Json]) -> Message:
        """A new message."""
        message = Message(self._next_ts(), channel, only_for)
        self._messages[message.ts] = message
        self._set("posted", message, text, blocks)
        return message

    def edit(self, kind: Kind, message: Message, text: str, blocks: list[Json]) -> None:
        """The same message says something else, with other buttons."""
        self._set(kind, message, text, blocks)

    def delete(self, message: Message) -> None:
        """It is gone."""
        del self._messages[message.ts]
        self._event("deleted", message)

    def failed(self, channel: str, user: str, text: str) -> None:
        """What Slack itself says to a person."""
        self._event("failed", Message(self._next_ts(), channel, user, text))

    def message(self, ts: str) -> Message | None:
        """By its timestamp, which is its id."""
        return self._messages.get(ts)

    def button(self, user: str, wanted: str) -> tuple[Message, Json] | None:
        """By its number, or the newest with that label, on a message that this person sees."""
        for message in reversed(self._messages.values()):
            if not message.is_seen_by(user):
                continue
            for number, button in zip(message.numbers, buttons(message.blocks), strict=True):
                if wanted in {str(number), button["text"]["text"]}:
                    return message, button
        return None

    def inbox(self, user: str) -> list[Json]:
        """What this person has not been shown yet, oldest first. It has been shown then."""
        seen = self._read.get(user, 0)
        unread = [each for each in self._events if each["sequence"] > seen and user in each["readers"]]
        if self._events:
            self._read[user] = self._events[-1]["sequence"]
        return [{name: value for name, value in each.items() if name != "readers"} for each in unread]

    def _set(self, kind: Kind, message: Message, text: str, blocks: list[Json]) -> None:
        message.text, message.blocks = text, blocks
        message.numbers = [next(self._numbers) for _ in buttons(blocks)]
        self._event(kind, message)

    def _event(self, kind: Kind, message: Message) -> None:
        self._events.append(
            {
                "sequence": next(self._sequence),
                "kind": kind,
                "ts": message.ts,
                "channel": message.channel,
                "onlyFor": message.only_for,
                "text": message.text,
                "blocks": message.blocks,
                "numbers": message.numbers,
                "readers": {person for person in self.people if message.is_seen_by(person)},
            }
        )

    def _next_ts(self) -> str:
        """Microseconds, each once."""
        self._last_ts = max(self._last_ts + 1, int(self._clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"
