"""Kinds of values that settings have: how each is read from its text, and what is wrong with one that can't be."""

import base64
import json
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.domain.grants import Grant, check_names
from shared.domain.notices.sinks import Sink, check_sinks
from shared.domain.report.schedule import check_schedule


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _no_slash(value: str) -> str:
    return value.rstrip("/")


def _json_list(value: object) -> object:
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, list | tuple):
        raise PydanticCustomError("InvalidJson", "It is not a JSON list of objects")
    return parsed


def _zone(name: str) -> str:
    """A name of the IANA database. One that is none may be anything, even a path."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no path in the database; a folder of it
        raise PydanticCustomError("InvalidZone", "It is no IANA time zone, as Europe/Berlin is one") from None
    return name


def _schedule(text: str) -> str:
    try:
        return check_schedule(text)
    except ValueError as error:
        raise PydanticCustomError("InvalidSchedule", "{why}", {"why": str(error)}) from None


def _tokens(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """As Teams shows them: 256 bits in base64."""
    try:
        lengths = [len(base64.b64decode(token, validate=True)) for token in tokens]
    except ValueError:  # no base64; no ASCII
        lengths = [0]
    if any(length < _TOKEN_BYTES for length in lengths):
        raise PydanticCustomError("InvalidToken", "A security token is base64 of 32 bytes, as Teams shows it")
    return tokens


_TOKEN_BYTES = 32

type Names = Annotated[tuple[str, ...], BeforeValidator(_split), Field(min_length=1)]
type Grants = Annotated[tuple[Grant, ...], BeforeValidator(_json_list), AfterValidator(check_names)]
type Sinks = Annotated[tuple[Sink, ...], BeforeValidator(_json_list), AfterValidator(check_sinks)]
type Hosts = Annotated[tuple[str, ...], BeforeValidator(_split)]
type Tokens = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_tokens)]
type Url = Annotated[str, Field(pattern=r"^https?://[^/\s?#]+(/[^\s?#]*)?$"), AfterValidator(_no_slash)]
type ZoneName = Annotated[str, AfterValidator(_zone)]
type Schedule = Annotated[str, AfterValidator(_schedule)]
type HttpsUrl = Annotated[str, Field(pattern=r"^(https://[^/\s?#]+([/?][^\s#]*)?)?$")]
type Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
