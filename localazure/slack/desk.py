"""What people say and press, sent to the app as Slack sends it; and what the app says back."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from localazure.slack.blocks import problems
from localazure.slack.cast import COMMAND, TEAM
from localazure.slack.signing import pressed, signed, slash_command
from localazure.slack.traffic import Traffic
from localazure.slack.workspace import Message, Workspace

type Json = dict[str, Any]

_USES, _URL_SECONDS = 5, 30 * 60.0


@dataclass
class _ResponseUrl:
    """An address for one command or press: five answers in half an hour."""

    user: str
    channel: str
    original: Message | None
    until: float
    used: int = 0


@dataclass(frozen=True)
class Place:
    """Who speaks, and where."""

    user: str
    channel: str
    team: str = TEAM


@dataclass
class Desk:
    """`origin`: the double's own; `app`: the app's, without `/api`; `patience`: seconds that an answer may take."""

    workspace: Workspace
    traffic: Traffic
    secret: str = field(repr=False)
    origin: str
    app: str
    patience: float
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(trust_env=False))
    _urls: dict[str, _ResponseUrl] = field(default_factory=dict)

    async def say(self, place: Place, text: str) -> float:
        """A slash command. Returns the seconds until it was answered."""
        self.workspace.open(place.user, place.channel)
        form = slash_command(
            text,
            team=place.team,
            user=place.user,
            channel=place.channel,
            response_url=self._new_url(place, None),
        )
        took, answer = await self._send("chatops/slack", form, place)
        if answer is not None and answer.content:
            self._take(answer.content, place, place.channel, None)
        return took

    async def press(self, place: Place, wanted: str) -> float | None:
        """A button, by number or label. `None`: this person sees no such button."""
        found = self.workspace.button(place.user, wanted)
        if found is None:
            return None
        message, button = found
        described = {
            "ts": message.ts,
            "channel": message.channel,
            "is_ephemeral": message.only_for is not None,
        }
        form = pressed(
            button, described, team=place.team, user=place.user, response_url=self._new_url(place, message)
        )
        took, _ = await self._send("chatops/slack/actions", form, Place(place.user, message.channel))
        return took

    def respond(self, token: str, body: bytes) -> tuple[int, str]:
        """The app uses a `response_url`. Returns what Slack answers."""
        self.traffic.add("app", "response_url", body)
        url = self._urls.get(token)
        if url is None or time.monotonic() > url.until:
            return 404, "expired_url"
        if url.used >= _USES:
            return 404, "used_url"
        url.used += 1
        return self._take(body, Place(url.user, url.channel), url.channel, url.original)

    def _new_url(self, place: Place, original: Message | None) -> str:
        token = secrets.token_urlsafe(18)
        channel = original.channel if original else place.channel
        self._urls[token] = _ResponseUrl(place.user, channel, original, time.monotonic() + _URL_SECONDS)
        return f"{self.origin}/response/{token}"

    async def _send(
        self, path: str, form: Mapping[str, str], place: Place
    ) -> tuple[float, httpx.Response | None]:
        body, headers = signed(self.secret, form)
        self.traffic.add("slack", path, body, place.user)
        began = time.perf_counter()
        try:
            answer = await self.client.post(
                f"{self.app}/api/{path}", content=body, headers=headers, timeout=self.patience
            )
        except httpx.TimeoutException:
            self._failed(place, "operation_timeout")
            return time.perf_counter() - began, None
        except httpx.TransportError:
            self._failed(place, "dispatch_failed", "the app can't be reached")
            return time.perf_counter() - began, None
        took = time.perf_counter() - began
        self.traffic.add("app", f"answer to {path}", answer.content, place.user)
        if answer.status_code != 200:
            self._failed(place, "dispatch_failed", f"the app answered {answer.status_code}")
            return took, None
        return took, answer

    def _failed(self, place: Place, code: str, why: str = "") -> None:
        said = f"{COMMAND} failed with the error “{code}”" + (f" ({why})" if why else "")
        self.workspace.failed(place.channel, place.user, said)

    def _take(self, body: bytes, place: Place, channel: str, original: Message | None) -> tuple[int, str]:
        """A message by answer or by `response_url`."""
        try:
            given: Json = json.loads(body)
            found = problems(given.get("blocks") or [])
        except (ValueError, AttributeError):
            given, found = {}, ["it is no JSON object"]
        if found:
            self._failed(place, "invalid_payload", "; ".join(found))
            return 400, "invalid_payload"
        self._show(given, place, channel, original)
        return 200, "ok"

    def _show(self, given: Json, place: Place, channel: str, original: Message | None) -> None:
        there = original if original and self.workspace.message(original.ts) else None
        text, blocks = given.get("text") or "", given.get("blocks") or []
        if there and given.get("delete_original"):
            self.workspace.delete(there)
        elif there and given.get("replace_original"):
            self.workspace.edit("replaced", there, text, blocks)
        elif text or blocks:
            only_for = None if given.get("response_type") == "in_channel" else place.user
            self.workspace.post(channel, only_for, text, blocks)
