"""The end of messages that failed again and again.

The host moves a message here after `maxDequeueCount` tries. A create, an update or a delete then ends `Failed` with a
reason, after it has cleaned up. A user's change is never given up, because it may be a revocation: its operation
shows the obstacle, and `reconcile` sets it in motion again.

Nothing here raises for what the message says: a poison queue has no poison queue of its own. What raises (the tables
are away) is tried five times, ten minutes apart, and then never again; but its operation's deadline passes in the
meantime, so `reconcile` has taken it up long before. Source: QueueProcessor.cs of the Storage Queues extension.
"""

import logging
import re

from pydantic import ValidationError

from shared.domain.messages import Message
from shared.domain.operations import Operation, OperationError
from shared.services.operations.handlers import Handler
from shared.services.operations.turns import Turns, about
from shared.services.state import State

logger = logging.getLogger(__name__)

_OPERATION_ID = re.compile(rb'"operationId"\s*:\s*"((?:_users|[a-z][a-z0-9-]{2,23})\.[A-Za-z0-9-]{1,64})"')


class Poison:
    """Ends what poisoned messages stand for: never in silence, never over a final state."""

    def __init__(self, state: State, turns: Turns) -> None:
        self._state, self._turns = state, turns

    def end(self, body: bytes, label: str, handler: Handler) -> None:
        """`label` names the message in the log. Raises `DependencyError` when the tables are away."""
        try:
            message = Message.decode(body)
            operation = self._state.operation_by_id(message.operation_id)
        except ValidationError as error:
            logger.error("poisoned message %s for operation %s: %s", label, _named(body), unreadable(error))  # noqa: TRY400 - short
            return
        if operation is None:
            logger.error("poisoned message %s: there is no operation %s", label, message.operation_id[:128])
            return
        with about(message):
            self._end(operation, message, handler)

    def _end(self, operation: Operation, message: Message, handler: Handler) -> None:
        if operation.final:
            logger.warning("had a poisoned message, and has ended all the same")
        elif operation.turn != message.turn + 1:  # that says nothing of the operation
            logger.warning("had a poisoned message that never got its turn, or has been overtaken")
        else:
            self._give_up(operation, handler)

    def _give_up(self, operation: Operation, handler: Handler) -> None:
        logger.error("failed again and again")
        if operation.kind.is_lifecycle:
            fix = f"Look for operation {operation.id} in the logs, then POST /api/operations/{operation.id}/retry"
            self._turns.abandon(operation, handler, _failure(fix))
        else:
            fix = (
                f"Look for operation {operation.id} in the logs. The change is kept and tried again for ever."
            )
            self._turns.obstruct(operation, _failure(fix))


def _failure(fix: str) -> OperationError:
    message = "The control plane failed again and again while it worked on this."
    return OperationError(code="InternalError", message=message, fix=fix)


def _named(body: bytes) -> str:
    """The operation that an unreadable message seems to mean; nothing else of it is fit for a log."""
    found = _OPERATION_ID.search(body)
    return found[1].decode() if found else "(none named)"


def unreadable(error: ValidationError) -> str:
    """Which fields are wrong, of the message or of its operation's row; never what they hold."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    named = (f"{'.'.join(map(str, each['loc']))[:64]} {each['type']}".strip() for each in problems[:5])
    return f"{error.title} can't be read by this release: {', '.join(named)}"
