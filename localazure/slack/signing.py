"""Requests that are signed as Slack signs them: docs.slack.dev/authentication/verifying-requests-from-slack."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from localazure.slack.cast import COMMAND, escaped, name_of

_APP = "A1"


def signed(secret: str, form: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """Body and headers, good for some minutes and for one use."""
    body, timestamp = urlencode(form).encode(), str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (a double on this machine)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest.hexdigest()}",
    }


def slash_command(
    text: str, *, team: str, user: str, channel: str, response_url: str = "http://localhost/none"
) -> dict[str, str]:
    """The form of a slash command: docs.slack.dev/interactivity/implementing-slash-commands."""
    return {
        "team_id": team,
        "team_domain": "double",
        "channel_id": channel,
        "channel_name": name_of(channel),
        "user_id": user,
        "user_name": name_of(user),
        "command": COMMAND,
        "text": escaped(text),
        "api_app_id": _APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": uuid.uuid4().hex,
    }


def pressed(
    button: Mapping[str, Any], message: Mapping[str, Any], *, team: str, user: str, response_url: str
) -> dict[str, str]:
    """The form of a pressed button: docs.slack.dev/reference/interaction-payloads/block_actions-payload."""
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": message["channel"],
        "is_ephemeral": message["is_ephemeral"],
    }
    action = {name: button[name] for name in ("type", "action_id", "text", "value") if name in button}
    return {
        "payload": json.dumps(
            {
                "type": "block_actions",
                "api_app_id": _APP,
                "team": {"id": team, "domain": "double"},
                "user": {"id": user, "username": name_of(user), "name": name_of(user), "team_id": team},
                "channel": {"id": message["channel"], "name": name_of(message["channel"])},
                "container": container,
                "trigger_id": uuid.uuid4().hex,
                "response_url": response_url,
                "actions": [{"block_id": "actions", "action_ts": f"{time.time():.6f}", **action}],
            }
        )
    }
