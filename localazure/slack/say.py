"""`scripts/slack-say "create demo"`: what people type into Slack and what they see there, by the double of `up`."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from localazure.errors import LocalAzureError
from localazure.private_files import read_json
from localazure.slack import shown
from localazure.slack.cast import COMMAND, name_of
from localazure.slack.client import Json, SlackClient

_BANNER = "A double of Slack on this machine: nothing leaves it. You are {user} in #{channel}."


@dataclass(frozen=True)
class _Line:
    """What a person does: says a command, or presses a button."""

    words: str
    is_press: bool = False

    @property
    def shown(self) -> str:
        return f"presses [{self.words}]" if self.is_press else f"{COMMAND} {self.words}"


def say(options: argparse.Namespace, state: Path) -> int:
    """Everything that is asked, one after the other. 1 where Slack itself has shown an error."""
    ready = read_json(options.ready_file or state / "ready.json")
    if "slackControlUrl" not in ready:
        raise LocalAzureError("No local Azure is up. Start one with scripts/up, and wait until it says so.")
    with SlackClient(ready, options.user or options.speaker, options.channel, options.team) as client:
        banner = _BANNER.format(user=name_of(client.user), channel=name_of(client.channel))
        print(banner, file=sys.stderr, flush=True)
        given = bool(options.commands or options.press)
        _show(client, _unread(client, direct_only=given))
        lines = _given(options) if given else _typed(client)
        failed = [_do(client, line, options.wait) for line in lines]
    return int(any(failed))


def _given(options: argparse.Namespace) -> Iterator[_Line]:
    yield from map(_Line, options.commands)
    for button in options.press:
        yield _Line(button, is_press=True)


def _typed(client: SlackClient) -> Iterator[_Line]:
    """A line each: a command, or the number of a button."""
    prompt = f"{name_of(client.user)}: {COMMAND} " if sys.stdin.isatty() else ""
    while True:
        try:
            words = input(prompt).strip()
        except (EOFError, KeyboardInterrupt):
            return
        if words:
            yield _Line(words, is_press=words.isdigit())


def _do(client: SlackClient, line: _Line, wait: float) -> bool:
    """Did Slack itself show an error?"""
    print(f"{name_of(client.user):<5} {line.shown}", flush=True)
    if line.is_press:
        client.press(line.words)
    else:
        client.say(line.words)
    return _show(client, client.read(wait))


def _unread(client: SlackClient, *, direct_only: bool) -> Iterable[Json]:
    """Of each message how it stands, not how it came to be so."""
    newest = {event["ts"]: event for event in client.inbox()}
    return [event for event in newest.values() if event["channel"].startswith("D") or not direct_only]


def _show(client: SlackClient, events: Iterable[Json]) -> bool:
    failed = False
    for event in events:
        print(shown.event(event, client.channel), flush=True)
        failed |= event["kind"] == "failed"
    return failed
