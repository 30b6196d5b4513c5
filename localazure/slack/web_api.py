"""The methods of Slack's Web API that the app calls, with Slack's own errors: docs.slack.dev/reference/methods."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localazure.slack.blocks import problems
from localazure.slack.cast import TEAM
from localazure.slack.traffic import Traffic
from localazure.slack.workspace import Message, Workspace, direct

type Json = dict[str, Any]

_MOST_TEXT = 40_000


class RefusedError(Exception):
    """`{"ok": false, "error": …}`."""

    def __init__(self, code: str, *messages: str) -> None:
        super().__init__(code)
        self.code, self.messages = code, messages


class WebApi:
    """`/api/METHOD`. Whoever calls has the bot's token."""

    def __init__(self, workspace: Workspace, bot_token: str, traffic: Traffic) -> None:
        self._workspace, self._bot_token, self._traffic = workspace, bot_token, traffic
        self._methods = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
        }

    def routes(self) -> list[Route]:
        """All methods behind one path."""
        return [Route("/api/{method}", self._call, methods=["POST"])]

    async def _call(self, request: Request) -> Response:
        method, body = request.path_params["method"], await request.body()
        self._traffic.add("app", method, body)
        try:
            answer = {"ok": True, **self._answer(request, method, await _arguments(request))}
        except RefusedError as error:
            said = {"response_metadata": {"messages": [*error.messages]}} if error.messages else {}
            answer = {"ok": False, "error": error.code, **said}
        return JSONResponse(answer)

    def _answer(self, request: Request, method: str, arguments: Json) -> Json:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            raise RefusedError("not_authed")
        if given != self._bot_token:
            raise RefusedError("invalid_auth")
        if method not in self._methods:
            raise RefusedError("unknown_method")
        return self._methods[method](arguments)

    def _auth_test(self, _: Json) -> Json:
        return {"team_id": TEAM, "team": "double", "user_id": "U0BOT", "user": "bot"}

    def _post_message(self, arguments: Json) -> Json:
        channel, (text, blocks) = self._channel(arguments.get("channel")), _content(arguments)
        message = self._workspace.post(channel, None, text, blocks)
        return {"channel": channel, "ts": message.ts, "message": {"text": text, "ts": message.ts}}

    def _update(self, arguments: Json) -> Json:
        message, (text, blocks) = self._posted(arguments), _content(arguments)
        self._workspace.edit("edited", message, text, blocks)
        return {"channel": message.channel, "ts": message.ts, "text": text}

    def _channel(self, given: object) -> str:
        """A person's id stands for the direct messages with that person."""
        if given in self._workspace.people:
            return direct(str(given))
        if given in self._workspace.channels or given in {
            direct(person) for person in self._workspace.people
        }:
            return str(given)
        raise RefusedError("channel_not_found")

    def _posted(self, arguments: Json) -> Message:
        """Messages that one person alone sees can't be updated so, nor those of another channel."""
        message = self._workspace.message(str(arguments.get("ts")))
        if message is None or message.only_for or message.channel != arguments.get("channel"):
            raise RefusedError("message_not_found")
        return message


def _content(arguments: Json) -> tuple[str, list[Json]]:
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text and not blocks:
        raise RefusedError("no_text")
    if len(text) > _MOST_TEXT:
        raise RefusedError("msg_too_long")
    if found := problems(blocks):
        raise RefusedError("invalid_blocks", *found)
    return text, blocks


async def _arguments(request: Request) -> Json:
    try:
        found = await request.json()
    except ValueError:
        raise RefusedError("invalid_json") from None
    if not isinstance(found, dict):
        raise RefusedError("json_not_object")
    return found
