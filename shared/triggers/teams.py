"""How messages from Teams come in, and how people there are answered."""

import azure.functions as func

from shared.bootstrap import now, services
from shared.chat_apps.signatures import BadSignatureError
from shared.chat_apps.teams_replies import encoded, message
from shared.chat_apps.teams_requests import TeamsActivity, activity
from shared.chat_apps.teams_signatures import AUTHORIZATION, check_signature
from shared.domain.chat.talk import Reply
from shared.domain.errors import ApiError
from shared.triggers.answers import JSON, Answer, Text
from shared.triggers.chat_replies import problem
from shared.triggers.doors import Door, turned_away
from shared.triggers.request_models.base import NoQuery
from shared.triggers.request_models.chatops import TeamsMessageRequest

_NO_QUERY = NoQuery()


def _message(req: func.HttpRequest) -> TeamsMessageRequest:
    return TeamsMessageRequest(query=_NO_QUERY, body=_signed(req))


def _signed(req: func.HttpRequest) -> TeamsActivity:
    """The message, once it is sure that Teams has sent it, and for the first time. Raises `TurnedAwayError`."""
    tokens = services().settings.teams_secret
    if not tokens:
        raise turned_away(req, "teams", "unconfigured (TEAMS_SECRET is not set)")
    body = req.get_body()
    try:
        check_signature(tokens, body, req.headers.get(AUTHORIZATION, ""))
        said = activity(body, now())
    except BadSignatureError as error:
        raise turned_away(req, "teams", error.reason) from None
    if not services().replays.is_first(said.what, said.sent_at):
        raise turned_away(req, "teams", "replay")
    return said


def said(reply: Reply) -> Answer:
    """To everybody in the channel. Teams shows what comes with a 200, and nothing else."""
    return Answer(200, Text(encoded(message(reply)).decode(), JSON))


def _sorry(error: ApiError) -> Answer:
    return said(problem(error))


MESSAGE = Door(_message, _sorry, JSON)
