"""What answers have in common: times, links to operations, reasons, lists."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from shared.domain.operations import Status
from shared.domain.times import shown_at

Time = Annotated[
    datetime,
    PlainSerializer(shown_at, return_type=str, when_used="unless-none"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-25T07:00:00.000Z"]}),
]
"""UTC, with milliseconds."""


class View(BaseModel):
    """Part of an answer. What is not set is left out."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Link(View):
    """Another operation."""

    id: str = Field(examples=["demo.01KAXQ3Z6V8Y0T9M2N4P5R7S1W"])
    url: str = Field(examples=["https://berthage.example/api/operations/demo.01KAXQ3Z6V8Y0T9M2N4P5R7S1W"])


class OperationLink(Link):
    """The work that a request has started, or that is still going on."""

    status: Status


class Reason(View):
    """What went wrong, and the way out."""

    code: str = Field(examples=["SkuNotAvailable"])
    message: str
    fix: str


class Collection[V: View](View):
    """One page of a list."""

    value: list[V]
    next_link: str | None = Field(
        default=None, description="The next page; absolute. Not there on the last one."
    )

    @classmethod
    def of(cls, value: list[V], next_link: str | None) -> Self:
        """The last page has no link."""
        return cls(value=value, next_link=next_link) if next_link else cls(value=value)
