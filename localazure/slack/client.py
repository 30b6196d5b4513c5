"""One person at the double, for those who play that person: a terminal, a test, a measurement."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import httpx

from localazure.errors import LocalAzureError
from localazure.slack import shown
from localazure.slack.cast import CHANNELS, PEOPLE, TEAM

type Json = dict[str, Any]

_UNDER_WAY = " so far"
"""What the app's own message says as long as the work goes on."""
_AFTERWARDS_SECONDS = 0.5


class SlackClient:
    """Speaks and reads as `user` in `channel`: names of the cast, or ids."""

    def __init__(
        self, ready: Mapping[str, Any], user: str = "ops", channel: str = "demo", team: str = TEAM
    ) -> None:
        """`ready` is the content of the ready file."""
        self.user, self.channel = PEOPLE.get(user, user), CHANNELS.get(channel, channel)
        self._place = {"user": self.user, "channel": self.channel, "team": team}
        self._client = httpx.Client(base_url=f"{ready['slackControlUrl']}/", timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def say(self, text: str) -> float:
        """A slash command. Returns the seconds until it was answered."""
        return float(self._call("POST", "commands", text=text)["seconds"])

    def press(self, button: str) -> float:
        """By number or label. Raises LocalAzureError if this person sees no such button."""
        took = self._call("POST", "presses", button=button)["seconds"]
        if took is None:
            raise LocalAzureError(f"{button!r} is no button that you see")
        return float(took)

    def inbox(self) -> list[Json]:
        """What has not been read yet."""
        found: list[Json] = self._call("GET", f"inbox?user={self.user}")["value"]
        return found

    def read(self, linger: float, most: float = 180) -> Iterator[Json]:
        """What comes, until nothing has for `linger` seconds; a shorter time where nothing more is to be expected:
        all work is over that a message has told of, or a button waits for a press.
        """
        going: dict[str, bool] = {}
        is_over = False
        began = quiet_since = time.monotonic()
        while time.monotonic() - began < most:
            for event in self.inbox():
                going[event["ts"]] = event["kind"] != "deleted" and _UNDER_WAY in shown.text(event)
                is_over |= going[event["ts"]] or bool(event["numbers"])
                quiet_since = time.monotonic()
                yield event
            enough = min(linger, _AFTERWARDS_SECONDS) if is_over else linger
            if not any(going.values()) and time.monotonic() - quiet_since > enough:
                return
            time.sleep(0.1)

    def wait(self, wanted: Callable[[Json], bool], most: float = 60) -> Json:
        """The first event like that. Raises LocalAzureError with what came instead."""
        came: list[str] = []
        deadline = time.monotonic() + most
        while time.monotonic() < deadline:
            for event in self.inbox():
                came.append(shown.text(event))
                if wanted(event):
                    return event
            time.sleep(0.05)
        raise LocalAzureError(f"not said within {most:.0f} s; but: {came}")

    def traffic(self) -> list[dict[str, str]]:
        """Every word between the double and the app."""
        found: list[dict[str, str]] = self._call("GET", "traffic")["value"]
        return found

    def _call(self, method: str, path: str, **more: str) -> Json:
        body = {**self._place, **more} if more else None
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise LocalAzureError(f"the double of Slack does not answer: {error}") from error
        if answer.status_code not in {200, 404}:
            raise LocalAzureError(f"the double of Slack answered {answer.status_code} to {path}")
        content: Json = answer.json()
        return content
