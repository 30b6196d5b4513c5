"""What Slack sends: a slash command, or a pressed button. Only once it is sure that Slack has sent it.

A speaker is known by the ids of user and workspace. In a channel shared with another organization a person's workspace
is that person's own, not the one that has the app (docs.slack.dev/apis/slack-connect).
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.chat.talk import Platform, Speaker
from shared.domain.errors import ApiError

OPEN_LINK = "open_link"
"""A button that only opens a page. Slack tells us of its press all the same."""
MOST_FIELDS = 100
_ID = re.compile(r"[A-Z0-9]{1,64}")
_NUMBER = re.compile(r"\.\d+$")


class _Sent(BaseModel):
    """Slack adds fields as it likes."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class SlashCommand(_Sent):
    """docs.slack.dev/interactivity/implementing-slash-commands, "Preparing your app to receive commands"."""

    team_id: str = Field(
        default="", description="The workspace of the person who speaks.", examples=["T0DEMO"]
    )
    user_id: str = Field(default="", description="The person who speaks.", examples=["U0DEV"])
    channel_id: str = Field(
        default="", description="Where: a channel, or a direct message.", examples=["C0DEMO"]
    )
    text: str = Field(default="", description="What was written behind `/registry`.", examples=["list"])
    trigger_id: str = Field(default="", description="Tells this request from all others.")
    ssl_check: str = Field(default="", description="`1` where Slack only looks at our certificate.")

    @property
    def speaker(self) -> Speaker:
        """Raises `ApiError` 400."""
        return _speaker(self.team_id, self.user_id, self.channel_id)


class Interaction(_Sent):
    """docs.slack.dev/interactivity/handling-user-interaction, "Payloads"."""

    payload: str = Field(
        default="",
        description="JSON: of type `block_actions` where a button was pressed. Other types are acknowledged.",
        json_schema_extra={"contentMediaType": "application/json"},
    )


@dataclass(frozen=True)
class Press:
    """A pressed button. The message that it belongs to can be answered by `response_url`, for half an hour."""

    speaker: Speaker
    action: str
    value: str = field(repr=False)
    response_url: str = field(repr=False)
    in_private: bool
    """Is it a message that this person alone sees?"""


def slash_command(raw: bytes) -> SlashCommand:
    """From the body as it came. Raises `ApiError` 400."""
    return _as(SlashCommand, _fields(raw))


def interaction(raw: bytes) -> Interaction:
    """From the body as it came. Raises `ApiError` 400."""
    return _as(Interaction, _fields(raw))


def press(payload: str) -> Press | None:
    """The pressed button; `None` for whatever needs no more than to be acknowledged. Raises `ApiError` 400."""
    try:
        found: Any = json.loads(payload)
        if found["type"] != "block_actions":
            return None
        [action] = found["actions"]
        if action["action_id"] == OPEN_LINK:
            return None
        return _press(found, action)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _unreadable() from None


def numbered(action: str, place: int) -> str:
    """The id of a button: no two of one message may have the same."""
    return f"{action}.{place}"


def _press(found: Any, action: Any) -> Press:
    user, container = found["user"], found.get("container") or {}
    team = user.get("team_id") or (found.get("team") or {})["id"]
    channel = (found.get("channel") or {}).get("id") or container["channel_id"]
    return Press(
        _speaker(team, user["id"], channel),
        _NUMBER.sub("", _text(action["action_id"])),
        _text(action.get("value") or ""),
        _text(found.get("response_url") or ""),
        in_private=container.get("is_ephemeral") is True,
    )


def _speaker(team: str, user: str, channel: str) -> Speaker:
    if not all(_ID.fullmatch(_text(given)) for given in (team, user, channel)):
        raise _unreadable()
    return Speaker(Platform.SLACK, team, user, channel)


def _text(given: object) -> str:
    """Half characters, which JSON can name, become question marks: nobody can write them down."""
    if not isinstance(given, str):
        raise TypeError
    return given.encode("utf-8", "replace").decode()


def _fields(raw: bytes) -> dict[str, str]:
    """Each name once: of two values the first."""
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise _unreadable() from None
    return dict(reversed(pairs))


def _as[M: BaseModel](model: type[M], fields: dict[str, str]) -> M:
    try:
        return model.model_validate(fields)
    except ValidationError:
        raise _unreadable() from None


def _unreadable() -> ApiError:
    """It is signed, so it is Slack's own, and in a form that is new."""
    return ApiError(
        400,
        "UnreadableRequest",
        "Slack has sent this in a form that is not known here. Nothing was done.",
        "Try it once more; if that does not help, whoever runs this has to look at Slack's changelog.",
    )
