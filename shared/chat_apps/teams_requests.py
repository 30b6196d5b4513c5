"""What Teams sends for a message that mentions an outgoing webhook: an activity of the Bot Framework.
learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference

Teams has signed it, so what it says of tenant, channel and person is true. Names are their owners' choice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from shared.chat_apps.signatures import BadSignatureError
from shared.domain.chat.talk import Platform, Speaker
from shared.domain.text import cut, one_line

WINDOW = timedelta(minutes=5)
"""As far as Teams' clock and ours may be apart, with the way between them."""
_MOST_NAME = 64
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ID = re.compile(r"[!-~]{1,255}")
"""What a grant can name: shared/domain/grants.py."""
NOBODY = "unknown"
"""Stands for a person whose id Teams does not say."""
_MENTIONABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._=+-]*")
_MENTION = re.compile(r"<at\b[^<>]*>[^<>]*</at>", re.IGNORECASE)
_FIRST = re.compile(rf"\s*({_MENTION.pattern})", re.IGNORECASE)
"""Nobody gets here without a mention of us."""
_BOT = "28:"
"""How ids of bots begin; those of people begin with `29:`."""


class _Part(BaseModel):
    """Whatever else there is in it is not looked at."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)


class _Named(_Part):
    id: str | None = None


class _Account(_Named):
    name: str | None = None
    aad_object_id: str | None = None


class _Conversation(_Named):
    tenant_id: str | None = None


class _ChannelData(_Part):
    tenant: _Named | None = None
    channel: _Named | None = None
    teams_channel_id: str | None = None


class _Entity(_Part):
    type: str | None = None
    text: str | None = None
    mentioned: _Account | None = None


class Activity(_Part):
    """A message, as far as we look at it."""

    type: Literal["message"]
    id: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
    timestamp: AwareDatetime
    from_: _Account = Field(alias="from")
    conversation: _Conversation
    channel_data: _ChannelData
    text: str | None = None
    entities: list[_Entity] | None = None


@dataclass(frozen=True)
class Message:
    """What somebody said in Teams."""

    speaker: Speaker
    text: str
    """Without the mention of the webhook; a person who is mentioned stands in it as `<@ID>`."""
    id: str
    """Of the message; no other in its channel has it."""
    sent_at: datetime
    """UTC."""

    @property
    def what(self) -> str:
        """Tells it from all other messages."""
        return f"teams:{self.speaker.team}/{self.speaker.channel}/{self.id}"


def message(body: bytes, now: datetime) -> Message:
    """What a signed body says. Raises `BadSignatureError` if it is old, or no message of a person in a channel."""
    try:
        activity = Activity.model_validate_json(body)
    except ValidationError:
        raise BadSignatureError("activity") from None
    if abs(now - activity.timestamp) > WINDOW:
        raise BadSignatureError("time")
    said = _said(activity.text or "", activity.entities or ())
    return Message(_speaker(activity), said, activity.id, activity.timestamp.astimezone(UTC))


def _speaker(activity: Activity) -> Speaker:
    """Raises `BadSignatureError` unless all of it can be in a grant."""
    entra_id = _guid(activity.from_.aad_object_id)
    user, channel, tenant = entra_id or activity.from_.id, _channel(activity), _tenant(activity)
    if tenant is None or not _ID.fullmatch(user or "") or not _ID.fullmatch(channel):
        raise BadSignatureError("activity")
    name = cut(one_line(activity.from_.name or ""), _MOST_NAME)
    return Speaker(Platform.TEAMS, tenant, user or "", channel, name, entra_id)


def _tenant(activity: Activity) -> str | None:
    """Teams says it twice. It must be the same."""
    tenant = activity.channel_data.tenant
    found = {given.lower() for given in (tenant and tenant.id, activity.conversation.tenant_id) if given}
    return _guid(found.pop()) if len(found) == 1 else None


def _channel(activity: Activity) -> str:
    """A conversation is a channel with the message that began it."""
    data = activity.channel_data
    conversation = (activity.conversation.id or "").partition(";messageid=")[0]
    return (data.channel and data.channel.id) or data.teams_channel_id or conversation


def _guid(value: str | None) -> str | None:
    return value.lower() if value and _GUID.fullmatch(value) else None


def _said(text: str, entities: Iterable[_Entity]) -> str:
    """The text has names, the entities have ids: in the same order, where two people are called alike."""
    ids: dict[str | None, list[str]] = {}
    for entity in entities:
        if entity.type == "mention" and entity.mentioned:
            ids.setdefault(entity.text, []).append(_written(entity.mentioned))

    def by_id(found: re.Match[str]) -> str:
        known = ids.get(found[0])
        return known.pop(0) if known else _written(_Account())

    first = _FIRST.match(text)
    to_us = first and first[1] not in ids
    return _MENTION.sub(by_id, text[first.end() :] if first and to_us else text).strip()


def _written(mentioned: _Account) -> str:
    """As the grammar reads a mention. Of nobody in particular, if need be: a word less would be another command.

    Bots are left out: nothing is about them.
    """
    found = mentioned.aad_object_id or mentioned.id or ""
    if found.startswith(_BOT):
        return ""
    return f"<@{found if _MENTIONABLE.fullmatch(found) else NOBODY}>"
