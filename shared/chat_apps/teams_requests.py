"""What Teams sends for a message that mentions an outgoing webhook: an activity of the Bot Framework.
learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference

Teams has signed it, so what it says of tenant, channel and person is true. Names are their owners' choice.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.chat_apps.signatures import BadSignatureError
from shared.domain.chat.talk import Platform, Speaker

WINDOW = timedelta(minutes=5)
"""As far as Teams' clock and ours may be apart, with the way between them."""
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

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True, frozen=True)


class TeamsId(_Part):
    """Something that has one."""

    id: str | None = None


class TeamsAccount(TeamsId):
    """A person or a bot. What it is called is its own choice, and not looked at."""

    aad_object_id: str | None = None


class TeamsConversation(TeamsId):
    """A channel, with the message that began it."""

    tenant_id: str | None = None


class TeamsChannelData(_Part):
    """What is of Teams alone."""

    tenant: TeamsId | None = None
    channel: TeamsId | None = None
    teams_channel_id: str | None = None


class TeamsEntity(_Part):
    """Something that the text has, such as a mention."""

    type: str | None = None
    text: str | None = None
    mentioned: TeamsAccount | None = None


class TeamsActivity(_Part):
    """A message of somebody in a channel."""

    type: Literal["message"]
    id: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
    timestamp: AwareDatetime
    from_: TeamsAccount = Field(alias="from")
    conversation: TeamsConversation
    channel_data: TeamsChannelData
    text: str | None = None
    entities: list[TeamsEntity] | None = None

    @model_validator(mode="after")
    def can_be_granted(self) -> Self:
        """A speaker who is nobody, or nowhere, is none."""
        if not (_tenant(self) and _ID.fullmatch(_user(self)) and _ID.fullmatch(_channel(self))):
            raise PydanticCustomError("NobodyThere", "It does not say who speaks, and where")
        return self

    @property
    def speaker(self) -> Speaker:
        """Who said it, and where."""
        entra_id = _guid(self.from_.aad_object_id)
        return Speaker(Platform.TEAMS, _tenant(self) or "", _user(self), _channel(self), entra_id)

    @property
    def said(self) -> str:
        """Without the mention of the webhook; a person who is mentioned stands in it as `<@ID>`."""
        return _said(self.text or "", self.entities or ())

    @property
    def what(self) -> str:
        """Tells it from all other messages: no other in its channel has its id."""
        return f"teams:{_tenant(self)}/{_channel(self)}/{self.id}"

    @property
    def sent_at(self) -> datetime:
        """In UTC."""
        return self.timestamp.astimezone(UTC)


def activity(body: bytes, now: datetime) -> TeamsActivity:
    """What a signed body says. Raises `BadSignatureError` if it is old, or no message of somebody in a channel."""
    try:
        found = TeamsActivity.model_validate_json(body)
    except ValidationError:
        raise BadSignatureError("activity") from None
    if abs(now - found.timestamp) > WINDOW:
        raise BadSignatureError("time")
    return found


def _user(given: TeamsActivity) -> str:
    return _guid(given.from_.aad_object_id) or given.from_.id or ""


def _tenant(given: TeamsActivity) -> str | None:
    """Teams says it twice. It must be the same."""
    tenant = given.channel_data.tenant
    found = {each.lower() for each in (tenant and tenant.id, given.conversation.tenant_id) if each}
    return _guid(found.pop()) if len(found) == 1 else None


def _channel(given: TeamsActivity) -> str:
    data = given.channel_data
    conversation = (given.conversation.id or "").partition(";messageid=")[0]
    return (data.channel and data.channel.id) or data.teams_channel_id or conversation


def _guid(value: str | None) -> str | None:
    return value.lower() if value and _GUID.fullmatch(value) else None


def _said(text: str, entities: Iterable[TeamsEntity]) -> str:
    """The text has names, the entities have ids: in the same order, where two people are called alike."""
    ids: dict[str | None, list[str]] = {}
    for entity in entities:
        if entity.type == "mention" and entity.mentioned:
            ids.setdefault(entity.text, []).append(_written(entity.mentioned))

    def by_id(found: re.Match[str]) -> str:
        known = ids.get(found[0])
        return known.pop(0) if known else _written(TeamsAccount())

    first = _FIRST.match(text)
    to_us = first and first[1] not in ids
    return _MENTION.sub(by_id, text[first.end() :] if first and to_us else text).strip()


def _written(mentioned: TeamsAccount) -> str:
    """As the grammar reads a mention. Of nobody in particular, if need be: a word less would be another command.

    Bots are left out: nothing is about them.
    """
    found = mentioned.aad_object_id or mentioned.id or ""
    if found.startswith(_BOT):
        return ""
    return f"<@{found if _MENTIONABLE.fullmatch(found) else NOBODY}>"
