"""How a record becomes a table row and back.

A row's columns are the record's fields: scalars as they are, anything nested as JSON, nothing for `None`.
"""

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

type Value = str | int | float | bool
"""What a column holds."""


@dataclass(frozen=True)
class Row:
    """One row of a partition. `etag` is empty on a row that was not read from a table."""

    key: str
    values: Mapping[str, Value]
    etag: str = field(default="", compare=False)


@dataclass(frozen=True)
class Insert:
    """The row must not be there yet."""

    row: Row


@dataclass(frozen=True)
class Replace:
    """The row must still be in the version `row.etag`."""

    row: Row


@dataclass(frozen=True)
class Upsert:
    """The row is written whatever was there: for hints and verdicts, never for truth."""

    row: Row


@dataclass(frozen=True)
class Delete:
    """The row must still be in the version `etag`; with no etag it must only be there."""

    key: str
    etag: str = ""


type Change = Insert | Replace | Upsert | Delete


def _from_json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


type Nested[T] = Annotated[T, BeforeValidator(_from_json)]
"""A field that is stored as JSON in one column."""


class Model(BaseModel):
    """Frozen, camelCase outside, and it refuses unknown names."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


class Body(Model):
    """What a caller sends: `"yes"` is not a boolean there, and `1` not a string."""

    model_config = ConfigDict(strict=True)


class Record(Model):
    """A row with a meaning. `etag` is the row's version, not a column. Columns of a newer release are ignored."""

    model_config = ConfigDict(extra="ignore")

    etag: str = ""

    @property
    @abstractmethod
    def key(self) -> str:
        """The row key."""

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """The record in `row`."""
        return cls.model_validate({**row.values, "etag": row.etag})

    def to_row(self) -> Row:
        """The row that holds this record, in the version it was read."""
        values = self.model_dump(mode="json", by_alias=True, exclude={"etag"}, exclude_none=True)
        return Row(self.key, {name: _column(value) for name, value in values.items()}, self.etag)

    def save(self) -> Change:
        """`Replace` if it was read from a table, `Insert` if it is new."""
        return Replace(self.to_row()) if self.etag else Insert(self.to_row())

    def change(self, **fields: object) -> Self:
        """A copy with other values, still in the version that was read."""
        return self.model_copy(update=fields)


def _column(value: object) -> Value:
    return (
        value
        if isinstance(value, str | int | float | bool)
        else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    )


NEXT = "!"
"""Sorts before every character of a name: `name + NEXT` is the first key behind `name`."""


def key_range(prefix: str) -> tuple[str, str]:
    """`(first, end)` so that exactly the keys with `prefix` are `first <= key < end`."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)
