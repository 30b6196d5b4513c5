"""Queue messages say which operation to look at, never what to do. They hold no secret."""

from typing import Literal, Self

from pydantic import Field

from shared.domain.records import Model


class Message(Model):
    """`turn` is the operation's turn that this message may claim; an older one is dropped."""

    version: Literal[1] = 1
    operation_id: str
    turn: int = Field(ge=0)

    def encode(self) -> str:
        """JSON as it stands in the queue."""
        return self.model_dump_json(by_alias=True)

    @classmethod
    def decode(cls, text: str | bytes) -> Self:
        """Raises `pydantic.ValidationError` on anything else."""
        return cls.model_validate_json(text)
