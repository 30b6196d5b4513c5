"""Sends an operation's turns to the queue of its kind: whatever starts or moves an operation calls this."""

import logging
from dataclasses import dataclass

from shared.domain.errors import DependencyError
from shared.domain.messages import Message
from shared.domain.operations import Kind, Operation
from shared.ports import Queue
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Channels:
    """The queue of each kind of operation."""

    lifecycle: Queue[Message]
    users: Queue[Message]

    def of(self, kind: Kind) -> Queue[Message]:
        """Where an operation's turns go."""
        return self.lifecycle if kind.is_lifecycle else self.users

    def enqueue(self, operation: Operation, delay: float = 0) -> None:
        """The operation's present turn. A message that can't be sent now is sent by `reconcile` later."""
        try:
            self.of(operation.kind).send(Message(operation_id=operation.id, turn=operation.turn), delay)
        except DependencyError as error:
            with bound(operation=operation.id, registry=operation.registry):
                logger.warning("waits for reconcile: %s", error)
