"""What a fault is, which requests it hits, and how often it has.

One request is hit by one fault at most: the first in the order of posting that matches and is not used up. A fault
whose `skip` is not over yet lets the request pass on to the next one. Faults live in memory: a restart forgets them.
"""

import glob
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic.alias_generators import to_camel

from localazure.emulator.arm.models.failures import OperationFailure

EFFECTS = ("answer", "delay", "drop", "operation")

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
    shape: Literal["arm", "appservice", "storage", "identity"] | None = None


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
    count: int | None = Field(default=1, ge=1)
    """How many requests it hits; null = until it is removed."""
    skip: int = Field(default=0, ge=0)
    """The first so many that match pass."""
    answer: InjectedAnswer | None = None
    delay: float | None = Field(default=None, gt=0, le=600)
    """Seconds before the request is carried out."""
    drop: Literal["before", "after"] | None = None
    """The connection is reset before or after the request is carried out; "after" loses the answer."""
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

    def matches(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        """Is the request one of those meant? Names in `query` are in lower case."""
        if self.method is not None and self.method.upper() != method.upper():
            return False
        asked = ((query.get(name.lower()), value) for name, value in self.query.items())
        return self._pattern.search(path) is not None and all(
            has is not None and has.lower() == value.lower() for has, value in asked
        )


@dataclass
class Placed:
    """A fault in its place, and what became of it."""

    id: str
    fault: Fault
    seen: int = 0
    """Requests that matched while it was live, those that passed included."""
    used: int = 0
    """Requests that it hit."""

    def shown(self) -> dict[str, Any]:
        """As `/_emulator/faults` shows it."""
        sent = self.fault.model_dump(by_alias=True, exclude_unset=True)
        defaults = {"count": self.fault.count, "skip": self.fault.skip}
        return {"id": self.id, **defaults, **sent, "seen": self.seen, "used": self.used}

    def hits(self) -> bool:
        """Count a request that matched; does it get the fault?"""
        if self.fault.count is not None and self.used >= self.fault.count:
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

    def hit(self, method: str, path: str, query: Mapping[str, str]) -> tuple[str, Fault] | None:
        """The fault that this request gets, and its id; counts it. Names in `query` are in lower case."""
        with self._lock:
            for placed in self._placed.values():
                if placed.fault.matches(method, path, query) and placed.hits():
                    return placed.id, placed.fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        """All of them, those used up too."""
        with self._lock:
            return [placed.shown() for placed in self._placed.values()]

    def remove(self, fault_id: str) -> bool:
        """False if it was not there."""
        with self._lock:
            return self._placed.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._placed.clear()


def _glob(path: str) -> str:
    return glob.translate(path, recursive=True, include_hidden=True, seps="/")
