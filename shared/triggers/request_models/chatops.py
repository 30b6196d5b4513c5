"""Requests of chat platforms. Each is signed as a whole."""

from pydantic import Field

from shared.chat_apps.slack_requests import Interaction, SlashCommand
from shared.chat_apps.teams_requests import TeamsActivity
from shared.triggers.request_models.base import NoHeaders, Part, Request


class SlackHeaders(Part):
    """What Slack signs with."""

    signature: str = Field(
        default="",
        alias="X-Slack-Signature",
        description="`v0=` and the HMAC-SHA256 of time and body, in hex.",
    )
    timestamp: str = Field(
        default="", alias="X-Slack-Request-Timestamp", description="When it was signed: seconds since 1970."
    )


class SlackCommandRequest(Request):
    """A slash command."""

    headers: SlackHeaders = SlackHeaders()  # type: ignore[assignment] # each request has its own headers
    body: SlashCommand  # type: ignore[assignment] # each request has its own kind of body


class SlackActionRequest(Request):
    """A pressed button."""

    headers: SlackHeaders = SlackHeaders()  # type: ignore[assignment] # each request has its own headers
    body: Interaction  # type: ignore[assignment] # each request has its own kind of body


class TeamsMessageRequest(Request):
    """A message that mentions an outgoing webhook: an activity of the Bot Framework."""

    # `Authorization` is no parameter of a document, by OpenAPI's own rule.
    headers: NoHeaders = NoHeaders()  # type: ignore[assignment] # each request has its own headers
    body: TeamsActivity  # type: ignore[assignment] # each request has its own kind of body
