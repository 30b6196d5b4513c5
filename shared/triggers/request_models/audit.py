"""Requests about the audit."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.domain.names import RegistryName
from shared.domain.text import schema
from shared.triggers.request_models.base import Page, Request, list_token

_DIGIT = "[0-9A-HJKMNP-TV-Z]"
_AUDIT_TOKEN = re.compile(f"(0[0-7]{_DIGIT}{{8}}({_DIGIT}{{16}})?)?")
"""An entry's id, or its first ten digits: a time until the year 2248."""


def _day(value: object) -> object:
    """Not the numbers and times that the validation library takes as well."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError(
            "InvalidValue", "It is no day", {"fix": "Send a day in UTC as year-month-day: 2026-11-25"}
        )
    return value


Day = Annotated[date, BeforeValidator(_day)]


class AuditPage(Page):
    """Which entries."""

    registry: RegistryName | None = None
    actor: str | None = Field(
        default=None, max_length=320, description="Exactly as entries show it.", examples=["key:ci"]
    )
    since: Day | None = Field(
        default=None, description="The first day (UTC). Without it: the 30 days before `until`."
    )
    until: Day | None = Field(default=None, description="The last day. Without it: today.")
    format: Literal["json", "jsonl", "csv"] = "json"
    after: Annotated[str, list_token(_AUDIT_TOKEN), schema(_AUDIT_TOKEN.pattern)] = Field(
        default="", alias="$skiptoken"
    )


class AuditRequest(Request):
    """A page of the audit."""

    query: AuditPage  # type: ignore[assignment] # each request has its own parameters
