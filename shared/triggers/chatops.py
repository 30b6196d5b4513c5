"""Chats. Their requests are signed: see shared/triggers/slack.py and teams.py."""

import azure.functions as func

from shared.bootstrap import services
from shared.chat_apps.slack_requests import press
from shared.services.requests import Caller
from shared.triggers import slack, teams
from shared.triggers.answers import Answer
from shared.triggers.chat_replies import replied
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models.chatops import (
    SlackActionRequest,
    SlackCommandRequest,
    TeamsMessageRequest,
)

# ruff: noqa: PLC0415 - Slack's library takes a tenth of a second: only who talks to Slack pays for it

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there


@endpoint(
    bp,
    "POST",
    "chatops/slack",
    SlackCommandRequest,
    {200: ("application/json",)},
    needs=None,
    door=slack.COMMAND,
)
def run_slack_command(asked: SlackCommandRequest, _caller: Caller) -> Answer:
    """Take a slash command from Slack: the answer is what its user sees, and work goes on after it."""
    command = asked.body
    if command.ssl_check:
        return Answer(200)
    speaker = command.speaker
    reply = replied(speaker, lambda: services().conversation.say(speaker, command.text, command.trigger_id))
    return slack.said(reply)


@endpoint(
    bp,
    "POST",
    "chatops/slack/actions",
    SlackActionRequest,
    {200: None},
    needs=None,
    fails=(400, 503),
    door=slack.ACTION,
)
def run_slack_action(asked: SlackActionRequest, _caller: Caller) -> Answer:
    """Take a pressed button from Slack: what is said to it goes to the address that came along."""
    from shared.chat_apps.slack_replies import response

    if (pressed := press(asked.body.payload)) is None:
        return Answer(200)
    reply = replied(
        pressed.speaker,
        lambda: services().conversation.press(pressed.speaker, pressed.action, pressed.value),
    )
    services().slack_responses.post(pressed.response_url, response(reply, pressed))
    return Answer(200)


@endpoint(
    bp,
    "POST",
    "chatops/teams",
    TeamsMessageRequest,
    {200: ("application/json",)},
    needs=None,
    door=teams.MESSAGE,
)
def run_teams_message(asked: TeamsMessageRequest, _caller: Caller) -> Answer:
    """Take a message from Teams: `Authorization` has its webhook's signature, and all in the channel see the answer."""
    heard = asked.body
    speaker = heard.speaker
    return teams.said(replied(speaker, lambda: services().conversation.say(speaker, heard.said, heard.id)))
