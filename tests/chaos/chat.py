"""What people say in chat, what the app answers, and what it then posts by itself."""

import re
import threading
from typing import Any

from localazure.slack import shown
from localazure.slack.cast import CHANNELS, PEOPLE, TEAM
from localazure.slack.client import SlackClient
from localazure.slack.signing import signed, slash_command
from tests.e2e.local_azure import LocalAzure

Json = dict[str, Any]

SPEAKER, CHANNEL = "ops", "demo"
_LINK = re.compile(r"/api/reveal#([a-z0-9-]+\.[A-Za-z0-9_-]{22})")


def command(secret: str, text: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a slash command, as Slack sends it."""
    form = slash_command(text, team=TEAM, user=PEOPLE[SPEAKER], channel=CHANNELS[CHANNEL])
    return signed(secret, form)


def token_in(answer: str) -> str | None:
    """What opens the one-time link in an answer."""
    found = _LINK.search(answer)
    return found[1] if found else None


class Channel:
    """The channel as its readers see it. Safe for threads."""

    def __init__(self, local: LocalAzure) -> None:
        self._reader = SlackClient(local.up.ready(), SPEAKER, CHANNEL)
        self._lock = threading.Lock()
        self._messages: dict[str, str] = {}

    def close(self) -> None:
        """Nobody reads it any more."""
        self._reader.__exit__()

    def messages(self, mentioned: str) -> dict[str, str]:
        """Every message with that word, as it stands now, by its timestamp."""
        with self._lock:
            for event in self._reader.inbox():
                self._messages[event["ts"]] = shown.text(event)
            return {at: text for at, text in self._messages.items() if mentioned in text}
