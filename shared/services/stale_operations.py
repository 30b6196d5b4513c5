"""Operations that have stopped moving, and the index entries of registries that are gone."""

import logging
from datetime import timedelta

from shared.domain.operations import Operation
from shared.services.capacity import Capacity
from shared.services.reconcile import Seen
from shared.services.reconcile_report import Report
from shared.services.state import Clock
from shared.services.turns import Channels
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(minutes=5)
"""A create writes the index before the registry: an entry is an orphan only after this time."""


class StaleOperations:
    """Enqueues again what has passed its deadline. A lost message delays an operation; it never ends it."""

    def __init__(self, capacity: Capacity, channels: Channels, now: Clock) -> None:
        self._capacity, self._channels, self._now = capacity, channels, now

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        now = self._now()
        for operation in seen.unfinished:
            if operation.deadline < now:
                self._enqueue(operation, report)
        if seen.registry is None and not seen.unfinished and now - seen.indexed_at > ORPHAN_AGE:
            self._capacity.release(seen.name, seen.indexed_at)
            report.note("index_entries_removed", seen.name)

    def _enqueue(self, operation: Operation, report: Report) -> None:
        with bound(operation=operation.id, registry=operation.registry):
            logger.warning("has not moved since its deadline: enqueued again")
        self._channels.enqueue(operation)
        report.note("requeued", operation.id)


class IndexCount:
    """The counter beside the index is what is in the index."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def run(self, report: Report) -> None:
        """See `Survey`."""
        if self._capacity.recount():
            report.note("counter_mended", "registries")
