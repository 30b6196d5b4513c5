"""Which handler works on an operation of the queue for users' changes."""

from collections.abc import Mapping, Sequence

from shared.domain.operations import Kind, Operation, OperationError, Status
from shared.domain.records import Change
from shared.services.operations.handlers import Again, Done, Handler


class UserOperations:
    """A handler that asks another one by the operation's kind: one of `special`, or else `ordinary`."""

    def __init__(self, ordinary: Handler, special: Mapping[Kind, Handler]) -> None:
        self._ordinary, self._special = ordinary, special

    def turn(self, operation: Operation) -> Done | Again:
        """See `Handler`."""
        return self._of(operation).turn(operation)

    def settle(self, operation: Operation, status: Status) -> Sequence[Change]:
        """See `Handler`."""
        return self._of(operation).settle(operation, status)

    def fail(self, operation: Operation, error: OperationError) -> Again | None:
        """See `Handler`."""
        return self._of(operation).fail(operation, error)

    def finished(self, operation: Operation, status: Status) -> None:
        """See `Handler`."""
        self._of(operation).finished(operation, status)

    def _of(self, operation: Operation) -> Handler:
        return self._special.get(operation.kind, self._ordinary)
