"""What a fault is, which requests it hits, and how often it has.

One request is hit by one fault at most: the first in the order of posting that matches and is not used up. A fault
whose `skip` is not over yet lets the request pass on to the next one. Faults live in memory: a restart forgets them.
"""

import asyncio
import glob
import re
import threading
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic.alias_generators import to_camel

from localazure.emulator.arm.models.failures import OperationFailure
from localazure.emulator.faults.asked import Asked

EFFECTS = ("answer", "delay", "drop", "hold", "operation")

_TOKEN = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"


def _is_regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    return text


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )


class InjectedAnswer(_Wire):
    """An error instead of the service's own answer; what is left out fits the service that is asked."""

    status: int = Field(ge=400, le=599)
    headers: dict[
        Annotated[str, Field(pattern=_TOKEN)], Annotated[str, Field(pattern=r"^[\x20-\x7e\t]*$")] | None
    ] = {}
    """`Retry-After: 1` comes with a 429 by itself; null leaves a header out."""
    code: str | None = Field(default=None, pattern=r"^[\x21-\x7e]+$")
    message: str | None = None
    shape: Literal["arm", "appservice", "storage", "table", "identity"] | None = None


class Fault(_Wire):
    """One fault, as it is posted."""

    method: str | None = Field(default=None, pattern=_TOKEN)
    """Any, if left out; in any case."""
    path: str | None = Field(default=None, min_length=1)
    """A glob for the whole path, in any case: `*` within a segment, `**` for any number of segments."""
    path_regex: Annotated[str, AfterValidator(_is_regex)] | None = None
    """Or a regular expression that occurs in the path, in any case."""
    query: dict[str, str] = {}
    """What the query must hold, in any case: `{"comp": "rename"}`."""
    mentions: str | None = Field(default=None, min_length=1)
    """What must occur in the path, the query or the body, in any case; queue messages are decoded from base64."""
    count: int | None = Field(default=1, ge=1)
    """How many requests it hits; null = until it is removed."""
    skip: int = Field(default=0, ge=0)
    """The first so many that match pass."""
    answer: InjectedAnswer | None = None
    delay: float | None = Field(default=None, gt=0, le=600)
    """Seconds before the request is carried out."""
    drop: Literal["before", "after"] | None = None
    """The connection is reset before or after the request is carried out; "after" loses the answer."""
    hold: Literal["before", "after"] | None = None
    """The request waits, before or after it is carried out, until this fault is removed, 600 seconds at most. If its
    client goes away meanwhile, one that is held "before" is never carried out."""
    operation: OperationFailure | None = None
    """The long-running operation that the request starts ends in failure."""

    _pattern: re.Pattern[str] = PrivateAttr()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.path is None) == (self.path_regex is None):
            raise ValueError("path, pathRegex: exactly one of them")
        if sum(getattr(self, effect) is not None for effect in EFFECTS) != 1:
            raise ValueError(f"{', '.join(EFFECTS)}: exactly one of them")
        self._pattern = re.compile(self.path_regex or _glob(self.path or ""), re.IGNORECASE)
        return self

    def matches(self, asked: Asked) -> bool:
        """Is the request one of those meant?"""
        if self.method is not None and self.method.upper() != asked.method.upper():
            return False
        named = ((asked.query.get(name.lower()), value) for name, value in self.query.items())
        return (
            self._pattern.search(asked.path) is not None
            and all(has is not None and has.lower() == value.lower() for has, value in named)
            and (self.mentions is None or asked.mentions(self.mentions))
        )


@dataclass
class Placed:
    """A fault in its place, and what became of it."""

    id: str
    fault: Fault
    seen: int = 0
    """Requests that matched while it was live, those that passed included."""
    used: int = 0
    """Requests that it hit, from the moment on at which it does."""
    holding: int = 0
    """Requests that wait at this moment; with `hold: after` they have been carried out."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is removed."""

    def shown(self) -> dict[str, Any]:
        """As `/_emulator/faults` shows it."""
        sent = self.fault.model_dump(by_alias=True, exclude_unset=True)
        defaults = {"count": self.fault.count, "skip": self.fault.skip}
        numbers = {"seen": self.seen, "used": self.used, "holding": self.holding}
        return {"id": self.id, **defaults, **sent, **numbers}

    @property
    def is_used_up(self) -> bool:
        """Has it hit as many requests as it was meant for?"""
        return self.fault.count is not None and self.used >= self.fault.count

    def hits(self) -> bool:
        """Count a request that matched; does it get the fault?"""
        if self.is_used_up:
            return False
        self.seen += 1
        if self.seen <= self.fault.skip:
            return False
        self.used += 1
        return True


class Faults:
    """All faults, in the order of posting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._placed: dict[str, Placed] = {}

    def add(self, fault: Fault) -> str:
        """Live from now on; returns its id."""
        placed = Placed(str(uuid.uuid4()), fault)
        with self._lock:
            self._placed[placed.id] = placed
        return placed.id

    @property
    def ask_for_bodies(self) -> bool:
        """Is there a fault that needs to know what is in a request?"""
        with self._lock:
            return any(placed.fault.mentions and not placed.is_used_up for placed in self._placed.values())

    def hit(self, asked: Asked) -> Placed | None:
        """The fault that this request gets; counts it."""
        with self._lock:
            for placed in self._placed.values():
                if placed.fault.matches(asked) and placed.hits():
                    return placed
        return None

    def shown(self) -> list[dict[str, Any]]:
        """All of them, those used up too."""
        with self._lock:
            return [placed.shown() for placed in self._placed.values()]

    def remove(self, fault_id: str) -> bool:
        """Requests that it holds go on. False if it was not there. To be called in the event loop."""
        with self._lock:
            placed = self._placed.pop(fault_id, None)
        if placed:
            placed.released.set()
        return placed is not None

    def clear(self) -> None:
        """Behave again; held requests go on. To be called in the event loop."""
        with self._lock:
            removed = list(self._placed.values())
            self._placed.clear()
        for placed in removed:
            placed.released.set()


def _glob(path: str) -> str:
    return glob.translate(path, recursive=True, include_hidden=True, seps="/")
