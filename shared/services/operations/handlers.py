"""What a handler does in a turn, for one kind of operation, and what may come of it: `turns.py` calls it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.domain.errors import TemporaryError
from shared.domain.operations import Operation, OperationError, Result, Status, Step
from shared.domain.records import Change


@dataclass(frozen=True)
class Done:
    """The operation ends: `Canceled` if it is `canceled`, `Failed` if there is an `error`, otherwise `Succeeded`."""

    result: Result = field(default_factory=dict)
    steps: Sequence[Step] | None = None
    error: OperationError | None = None
    canceled: bool = False

    @property
    def status(self) -> Status:
        """How the operation ends."""
        if self.canceled:
            return Status.CANCELED
        return Status.FAILED if self.error else Status.SUCCEEDED

    @property
    def outcome(self) -> str:
        """For traces and metrics."""
        return self.status.value


@dataclass(frozen=True)
class Again:
    """Look again in `delay` seconds. `changes` are new values of the operation's fields, `because` is in the way."""

    delay: float
    changes: Mapping[str, object] = field(default_factory=dict)
    because: TemporaryError | None = None

    @property
    def outcome(self) -> str:
        """For traces and metrics."""
        return "Retry" if self.because else "Again"


class Handler(Protocol):
    """What one kind of operation does in a turn, and which rows change together with its end."""

    def turn(self, operation: Operation) -> Done | Again:
        """Raises `TemporaryError` or `PermanentError`; anything else goes to the host, which redelivers."""

    def settle(self, operation: Operation, status: Status) -> Sequence[Change]:
        """Read and decided anew at each try: it is committed together with the operation's final row."""

    def fail(self, operation: Operation, error: OperationError) -> Again | None:
        """The turn that begins the clean-up which must come before the failure, or `None` to fail now."""

    def finished(self, operation: Operation, status: Status) -> None:
        """After the end, once at most: only for what `reconcile` also mends."""
