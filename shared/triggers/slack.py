"""How Slack's requests come in, and how its users hear that something went wrong."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import azure.functions as func

from shared.bootstrap import now, services
from shared.chat_apps.signatures import BadSignatureError
from shared.chat_apps.slack_requests import interaction, slash_command
from shared.domain.chat.talk import Reply, Speaker, Tone
from shared.domain.errors import ApiError, DependencyError
from shared.triggers.answers import JSON, Answer, Text
from shared.triggers.doors import Door, turned_away
from shared.triggers.known_errors import as_api_error
from shared.triggers.request_models.base import NoQuery
from shared.triggers.request_models.chatops import SlackActionRequest, SlackCommandRequest
from shared.triggers.throttle import admit

# ruff: noqa: PLC0415 - Slack's library takes a tenth of a second: only who talks to Slack pays for it

logger = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
NOT_FOLLOWED = "Nothing more can be said of it here just now: ask again in a while."
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


def replied(speaker: Speaker, say: Callable[[], Reply]) -> Reply:
    """What is said, whatever goes wrong: a person waits for it. Requests are counted by who speaks."""
    try:
        admit(speaker.actor, writes=True, shows_secret=False)
        return _followed(speaker, say())
    except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
        return problem(as_api_error(error))


def _followed(speaker: Speaker, reply: Reply) -> Reply:
    """With what it wants posted kept. That this failed must not hide that something was done."""
    try:
        return services().posts.accept(speaker, reply, reply.echo)
    except DependencyError as error:
        logger.warning("what follows a reply can't be posted: %s", error)
        return replace(reply, lines=(*reply.lines, NOT_FOLLOWED))


def problem(error: ApiError) -> Reply:
    """For a person in a chat."""
    return Reply(error.message, (error.fix,), Tone.PROBLEM)


def _sorry(error: ApiError) -> Answer:
    return said(problem(error))


def _nothing(error: ApiError) -> Answer:
    """Slack marks a button whose press was not answered with 200, and shows nothing that comes along."""
    return Answer(error.status, None, error.headers)


def _shown(content: dict[str, Any]) -> Answer:
    return Answer(200, Text(json.dumps(content), JSON))


COMMAND = Door(_command, _sorry, FORM)
ACTION = Door(_action, _nothing, FORM)
