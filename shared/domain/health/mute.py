"""A mute: until then nobody is told of a registry's changes of state, which go on being recorded."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from shared.domain.errors import Problem, bad_request
from shared.domain.records import Body, Record
from shared.domain.text import CHARACTER, schema
from shared.domain.users.expiry import DURATION, Moment, duration_up_to, text_or_null, whole_milliseconds

MUTE_KEY = "mute"
LONGEST = timedelta(days=30)
"""Nobody remembers a mute for longer: what it hides must come back."""
MAX_REASON = 200
"""Characters."""


class Mute(Record):
    """The registry's row beside its users and operations, in the table `state`."""

    uid: str
    """The incarnation that it is about."""
    until: datetime
    reason: str
    by: str
    """Whoever muted it, as the audit names it."""
    at: datetime
    operation_key: str | None = None
    fingerprint: str = ""
    """Both tell a repeat of the request from another one."""

    @property
    def key(self) -> str:
        return MUTE_KEY

    def holds(self, uid: str, now: datetime) -> bool:
        """Does it keep this incarnation quiet now?"""
        return self.uid == uid and now < self.until


_VISIBLE = r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028-\u202f\u205f\u2066-\u2069\u3000]"
"""A character of a line that is no space."""
_REASON = f"{CHARACTER}*{_VISIBLE}{CHARACTER}*"


def _check_reason(value: str) -> str:
    if len(value) > MAX_REASON or not re.fullmatch(_REASON, value):
        raise PydanticCustomError(
            "InvalidReason",
            "A reason has 1 to {most} characters, in one line",
            {"most": MAX_REASON, "fix": "Say in a few words why: 'moving to the new network, until Friday'."},
        )
    return value


_STRING = {"type": "string"}
_ONE_END: Any = [
    {"required": [name], "properties": {name: _STRING, other: {"type": "null"}}}
    for name, other in (("for", "until"), ("until", "for"))
]


class MuteSpec(Body):
    """How long, and why."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _ONE_END})

    for_: Annotated[timedelta | None, duration_up_to(LONGEST), text_or_null(DURATION, "PT2H")] = Field(
        default=None, alias="for", description="So long, from now on: `PT2H`, `P3D`; at most 30 days."
    )
    until: Moment = Field(
        default=None,
        validate_default=True,
        description="The same as a time with its zone: `2027-01-31T18:00:00Z`.",
    )
    reason: Annotated[
        str,
        AfterValidator(_check_reason),
        schema(_REASON, maxLength=MAX_REASON),
    ] = Field(description="Why. Whoever looks at the registry's health reads it.", examples=["network moves"])

    @field_validator("until")
    @classmethod
    def one_end(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        """Neither leaves it open how long, both which one counts."""
        if "for_" in info.data and (value is None) == (info.data["for_"] is None):
            raise PydanticCustomError(
                "OneEnd", "Exactly one of for and until must be sent", {"fix": "Send 'for': 'PT2H'."}
            )
        return value

    def end(self, now: datetime) -> datetime:
        """When the mute is over. Raises `ApiError` 400 for a time that has passed or is too far."""
        if self.until is None:
            return whole_milliseconds(now + (self.for_ or LONGEST))
        if now < self.until <= now + LONGEST:
            return self.until
        wrong = "has passed already" if self.until <= now else f"is more than {LONGEST.days} days away"
        fix = (
            "Send a later time."
            if self.until <= now
            else "Send an earlier one, and mute it again when it comes."
        )
        raise bad_request([Problem("InvalidEnd", "until", f"until: The time {wrong}.", fix)])
