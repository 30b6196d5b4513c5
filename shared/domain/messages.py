"""Queue messages say which operation, registries or notice to look at, never what to do. They hold no secret."""

from contextlib import suppress
from typing import Literal, Self

from pydantic import Field, ValidationError

from shared.domain.records import Model


class _Message(Model):
    version: Literal[1] = 1

    def encode(self) -> str:
        """JSON as it stands in the queue."""
        return self.model_dump_json(by_alias=True)

    @classmethod
    def decode(cls, text: str | bytes) -> Self:
        """Raises `pydantic.ValidationError` on anything else."""
        return cls.model_validate_json(text)


class Message(_Message):
    """`turn` is the operation's turn that this message may claim; an older one is dropped."""

    operation_id: str
    turn: int = Field(ge=0)


class CheckMessage(_Message):
    """Registries to look at. `batch`: which part of the sweep it is; `None` = a second look, outside of any sweep."""

    sweep: str
    batch: int | None = None
    registries: list[str]


class NoticeMessage(_Message):
    """A notice for one sink. `attempt` is the one that this message may claim; an older one is dropped."""

    notice: str
    """Its key in the partition of notices."""
    sink: str
    attempt: int = Field(ge=0)


class PostMessage(_Message):
    """A message in chat that we post and keep up to date. `turn`: as that of an operation."""

    post: str
    """Its key in the partition of posts."""
    turn: int = Field(ge=0)


type Telling = NoticeMessage | PostMessage
"""What the queue `notifications` holds."""


def telling(text: str | bytes) -> Telling:
    """Raises `pydantic.ValidationError` on anything else."""
    with suppress(ValidationError):
        return PostMessage.decode(text)
    return NoticeMessage.decode(text)


type AnyMessage = Message | CheckMessage | NoticeMessage | PostMessage
