"""The double of Slack with a small app behind it, in this process, without a socket."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localazure.slack.app import Double
from localazure.slack.desk import Desk
from localazure.slack.traffic import Traffic
from localazure.slack.workspace import Workspace

SECRET, BOT_TOKEN = "signed-with-this-very-secret-word", "xoxb-token"

type Json = dict[str, Any]
type Answer = Callable[[Json], Response]


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def actions(*labels: str) -> Json:
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": label},
            "action_id": f"{label}.{place}",
            "value": f"signed {label}",
        }
        for place, label in enumerate(labels)
    ]
    return {"type": "actions", "elements": elements}


class Rig:
    """`answer` is what the app says to a command, and `asked` are the forms that it got."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked, self.presses = list[Json](), list[Json]()
        app = Starlette(
            routes=[
                Route("/api/chatops/slack", self._command, methods=["POST"]),
                Route("/api/chatops/slack/actions", self._press, methods=["POST"]),
            ]
        )
        desk = Desk(
            Workspace(),
            Traffic(),
            SECRET,
            "http://localhost:1",
            "http://app",
            3,
            httpx.AsyncClient(transport=httpx.ASGITransport(app)),
        )
        self._double = httpx.ASGITransport(Double(desk, BOT_TOKEN).app())

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._double, base_url="http://double") as client:
                return await client.request(method, path, **more)

        return asyncio.run(sent())

    def say(self, text: str, user: str = "U1", channel: str = "C1") -> list[Json]:
        """Returns what this person sees then."""
        asked = {"user": user, "channel": channel, "text": text}
        assert self.send("POST", "/_slack/commands", json=asked).status_code == 200
        return self.inbox(user)

    def press(self, button: str, user: str = "U1") -> list[Json]:
        asked = {"user": user, "channel": "C1", "button": button}
        assert self.send("POST", "/_slack/presses", json=asked).status_code == 200
        return self.inbox(user)

    def inbox(self, user: str) -> list[Json]:
        found: list[Json] = self.send("GET", "/_slack/inbox", params={"user": user}).json()["value"]
        return found

    def call(self, method: str, token: str = BOT_TOKEN, **arguments: Any) -> Json:
        """The app calls Slack's Web API."""
        found: Json = self.send(
            "POST", f"/api/{method}", json=arguments, headers={"Authorization": f"Bearer {token}"}
        ).json()
        return found

    def respond(self, form: Json, **message: Any) -> httpx.Response:
        """The app uses the `response_url` that came with a command or a press."""
        return self.send("POST", form["response_url"].removeprefix("http://localhost:1"), json=message)

    async def _command(self, request: Request) -> Response:
        self.asked.append(form := await _verified(request))
        return self._answer(form)

    async def _press(self, request: Request) -> Response:
        self.presses.append(json.loads((await _verified(request))["payload"]))
        return Response()


async def _verified(request: Request) -> Json:
    body = await request.body()
    assert SignatureVerifier(SECRET).is_valid_request(body, dict(request.headers)), "Slack's own library"
    return dict(parse_qsl(body.decode()))


def ephemeral(*blocks: Json) -> Answer:
    return lambda _form: JSONResponse({"response_type": "ephemeral", "text": "said", "blocks": blocks})
