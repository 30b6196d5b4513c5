"""How Slack's requests come in, and how its users hear that something went wrong."""

import json
from typing import Any

import azure.functions as func

from shared.bootstrap import now, services
from shared.chat_apps.signatures import BadSignatureError
from shared.chat_apps.slack_requests import interaction, slash_command
from shared.domain.chat.talk import Reply
from shared.domain.errors import ApiError
from shared.triggers.answers import JSON, Answer, Text
from shared.triggers.chat_replies import problem
from shared.triggers.doors import Door, turned_away
from shared.triggers.request_models.base import NoQuery
from shared.triggers.request_models.chatops import SlackActionRequest, SlackCommandRequest

# ruff: noqa: PLC0415 - Slack's library takes a tenth of a second: only who talks to Slack pays for it

FORM = "application/x-www-form-urlencoded"
_NO_QUERY = NoQuery()


def _command(req: func.HttpRequest) -> SlackCommandRequest:
    return SlackCommandRequest(query=_NO_QUERY, body=slash_command(_signed(req)))


def _action(req: func.HttpRequest) -> SlackActionRequest:
    return SlackActionRequest(query=_NO_QUERY, body=interaction(_signed(req)))


def _signed(req: func.HttpRequest) -> bytes:
    """The body, once it is sure that Slack has sent it, and for the first time. Raises `TurnedAwayError`."""
    from shared.chat_apps.slack_signatures import SIGNATURE, signed_at

    secret = services().settings.slack_signing_secret
    if secret is None:
        raise turned_away(req, "slack", "unconfigured (SLACK_SIGNING_SECRET is not set)")
    body, headers = req.get_body(), dict(req.headers)
    try:
        at = signed_at(secret, body, headers, now())
    except BadSignatureError as error:
        raise turned_away(req, "slack", error.reason) from None
    if not services().replays.is_first(f"slack:{req.headers[SIGNATURE]}", at):
        raise turned_away(req, "slack", "replay")
    return body


def said(reply: Reply) -> Answer:
    """To a slash command. Slack shows what comes with a 200, and nothing else."""
    from shared.chat_apps.slack_replies import answer

    return _shown(answer(reply))


def _sorry(error: ApiError) -> Answer:
    return said(problem(error))


def _nothing(error: ApiError) -> Answer:
    """Slack marks a button whose press was not answered with 200, and shows nothing that comes along."""
    return Answer(error.status, None, error.headers)


def _shown(content: dict[str, Any]) -> Answer:
    return Answer(200, Text(json.dumps(content), JSON))


COMMAND = Door(_command, _sorry, FORM)
ACTION = Door(_action, _nothing, FORM)
