"""Operations that have stopped moving, and the index entries of registries that are gone."""

import logging
from datetime import timedelta

from shared.domain.operations import Kind, Operation, OperationError, Status
from shared.domain.registries.registry import Registry
from shared.services.capacity import Capacity
from shared.services.operations.channels import Channels
from shared.services.reconciling.reconcile import Seen
from shared.services.reconciling.report import Report
from shared.services.state import Clock, State
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(minutes=5)
"""A create writes the index before the registry: an entry is an orphan only after this time."""

GONE = OperationError(
    code="RegistryDeleted",
    message="The registry was deleted meanwhile: nobody can log in.",
    fix="Nothing needs to be done.",
)


class StaleOperations:
    """Enqueues again what has passed its deadline. A lost message delays an operation; it never ends it."""

    def __init__(self, state: State, capacity: Capacity, channels: Channels, now: Clock) -> None:
        self._state, self._capacity, self._channels, self._now = state, capacity, channels, now

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        now = self._now()
        for operation in seen.unfinished:
            if operation.deadline < now and _is_homeless(operation, seen.registry):
                self._end(operation, report)
            elif operation.deadline < now:
                self._enqueue(operation, report)
        if seen.registry is None and not seen.unfinished and now - seen.indexed_at > ORPHAN_AGE:
            self._capacity.release(seen.name, seen.indexed_at)
            report.note("index_entries_removed", seen.name)

    def _end(self, operation: Operation, report: Report) -> None:
        with bound(operation=operation.id, registry=operation.registry):
            self._state.commit(operation.registry, operation.ended(Status.FAILED, self._now(), GONE).save())
            logger.warning("its registry is gone: Failed")
        report.note("ended_without_registry", operation.id)

    def _enqueue(self, operation: Operation, report: Report) -> None:
        with bound(operation=operation.id, registry=operation.registry):
            logger.warning("has not moved since its deadline: enqueued again")
        self._channels.enqueue(operation)
        report.note("requeued", operation.id)


def _is_homeless(operation: Operation, registry: Registry | None) -> bool:
    """Its registry was purged. A purge that only has to end does that itself."""
    is_gone = registry is None or registry.uid != operation.uid
    return is_gone and operation.kind is not Kind.PURGE_REGISTRY


class IndexCount:
    """The counter beside the index is what is in the index."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def run(self, report: Report) -> None:
        """See `Survey`."""
        if self._capacity.recount():
            report.note("counter_mended", "registries")
