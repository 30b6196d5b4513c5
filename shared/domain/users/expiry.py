"""When a user's login ends: the time or the duration that was asked for, and what a repeat of it means.

A duration counts from the request that first named it, or from the last new secret. The same duration again moves
nothing: a script that runs daily would otherwise keep a login alive for ever. See docs/decisions/0013.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from shared.domain.errors import Problem, bad_request
from shared.domain.records import Body

MOST_LIFE = timedelta(days=3653)
"""Ten years: whoever needs more sends `null`."""
MOST_OVERLAP = timedelta(days=90)

DURATION = (
    r"P(?!$)([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}W)?([0-9]{1,4}D)?"
    r"(T(?!$)([0-9]{1,5}H)?([0-9]{1,6}M)?([0-9]{1,8}S)?)?"
)
"""An ISO 8601 duration without fractions. A year has 365 days and a month 30."""
MOMENT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
"""An RFC 3339 time; the seconds may be left out."""
_DURATION, _MOMENT = re.compile(DURATION), re.compile(MOMENT)
_AS_DURATION, _AS_MOMENT = TypeAdapter(timedelta), TypeAdapter(datetime)


def duration_up_to(most: timedelta) -> BeforeValidator:
    """A field that takes an ISO 8601 duration, at most so long, or `null`."""

    def check(value: object) -> object:
        if value is None or isinstance(value, timedelta):
            return value
        found = None
        if isinstance(value, str) and _DURATION.fullmatch(value):
            found = _AS_DURATION.validate_python(value)
        if found is None or not timedelta(0) < found <= most:
            raise PydanticCustomError(
                "InvalidDuration",
                "It must be an ISO 8601 duration of at most {days} days",
                {"days": most.days, "fix": "Send days or hours, for example 'P90D' or 'PT24H'."},
            )
        return found

    return BeforeValidator(check)


def _moment(value: object) -> object:
    """In UTC and whole milliseconds, as it is shown."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return whole_milliseconds(_AS_MOMENT.validate_python(value.upper()).astimezone(UTC))
    except (ValidationError, OverflowError):
        pass
    raise PydanticCustomError(
        "InvalidTime",
        "It must be an ISO 8601 time with its zone",
        {"fix": "Send a time like '2027-01-31T18:00:00Z' or '2027-01-31T18:00:00+01:00'."},
    )


def whole_milliseconds(moment: datetime) -> datetime:
    """The API shows no more, and what it shows can be sent back."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def shown_duration(value: timedelta) -> str:
    """`P90D`, `PT24H` as `P1D`, `P1DT12H`: days and less, so that its reader need not know what a year is."""
    hours, seconds = divmod(value.seconds, 3600)
    parts = [(hours, "H"), (seconds // 60, "M"), (seconds % 60, "S")]
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    days = f"{value.days}D" if value.days else ""
    return f"P{days}T{time}" if time else f"P{days or 'T0S'}"


def text_or_null(pattern: str, example: str) -> WithJsonSchema:
    """What the schema of such a field says."""
    text = {"type": "string", "pattern": f"^{pattern}$"}
    return WithJsonSchema({"anyOf": [text, {"type": "null"}], "examples": [example]})


Lifetime = Annotated[timedelta | None, duration_up_to(MOST_LIFE), text_or_null(DURATION, "P90D")]
Overlap = Annotated[timedelta | None, duration_up_to(MOST_OVERLAP), text_or_null(DURATION, "PT24H")]
Moment = Annotated[datetime | None, BeforeValidator(_moment), text_or_null(MOMENT, "2027-01-31T18:00:00Z")]


@dataclass(frozen=True)
class Expiry:
    """`on`: the end. `after`: the duration that was asked for, if it was one."""

    on: datetime | None = None
    after: timedelta | None = None

    def is_over(self, now: datetime) -> bool:
        """Has the end come?"""
        return self.on is not None and self.on <= now

    def renewed(self, now: datetime) -> "Expiry":
        """A new secret begins the duration anew; a time that was fixed stays."""
        return _from(self.after, now) if self.after else self

    def no_later_than(self, end: datetime) -> "Expiry":
        """The same login, ending at `end` at the latest."""
        return self if self.on and self.on <= end else Expiry(whole_milliseconds(end), self.after)


NEVER = Expiry()


_STRING = {"type": "string"}
TWO_EXPIRIES: Any = {
    "required": ["expiresAfter", "expiresOn"],
    "properties": {"expiresAfter": _STRING, "expiresOn": _STRING},
}


class ExpirySpec(Body):
    """The fields of a body that say when a login ends. `null` for either: never."""

    model_config = ConfigDict(json_schema_extra={"not": TWO_EXPIRIES})

    expires_after: Lifetime = Field(
        default=None, description="How long the login is good for: `P90D`, `PT12H`. `null`: for ever."
    )
    expires_on: Moment = Field(
        default=None, description="The same as a time with its zone: `2027-01-31T18:00:00Z`."
    )

    @field_validator("expires_on")
    @classmethod
    def one_expiry(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        """A duration and a time together leave it open which one counts."""
        if value is not None and info.data.get("expires_after") is not None:
            raise PydanticCustomError(
                "TwoExpiries",
                "expiresAfter and expiresOn were both sent",
                {"fix": "Send one of them; the other may be null."},
            )
        return value

    def expiry(self, present: Expiry, now: datetime, *, new_secret: bool = False) -> Expiry:
        """What these fields make of `present`. Raises `ApiError` 400 for a time that has passed or is too far."""
        if self.expires_on is not None:
            return present if self.expires_on == present.on else Expiry(_checked(self.expires_on, now))
        if self.expires_after is not None:
            same = self.expires_after == present.after and not new_secret
            return present if same else _from(self.expires_after, now)
        return NEVER if self.model_fields_set & {"expires_after", "expires_on"} else present


def _from(after: timedelta, now: datetime) -> Expiry:
    return Expiry(whole_milliseconds(now + after), after)


def _checked(end: datetime, now: datetime) -> datetime:
    if now < end <= now + MOST_LIFE:
        return end
    wrong = "has passed already" if end <= now else f"is more than {MOST_LIFE.days} days away"
    fix = "Send a later time" if end <= now else "Send an earlier time"
    raise bad_request(
        [Problem("InvalidExpiry", "expiresOn", f"expiresOn: The time {wrong}.", f"{fix}, or null: never.")]
    )
