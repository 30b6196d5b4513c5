"""Every minute: what has stopped moving is set in motion again, and the index is mended."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared.domain.operations import Operation
from shared.services.capacity import Capacity
from shared.services.state import Clock, State
from shared.services.turns import Channels

logger = logging.getLogger(__name__)

CONCURRENCY = 8
ORPHAN_AGE = timedelta(minutes=5)
"""A create writes the index before the registry: an entry is an orphan only after this time."""


class Reconcile:
    """The timer's work. A lost enqueue or a killed process delays an operation; it never ends it."""

    def __init__(self, state: State, capacity: Capacity, channels: Channels, now: Clock) -> None:
        self._state, self._capacity, self._channels, self._now = state, capacity, channels, now

    def run(self) -> int:
        """Enqueues the present turn of every operation past its deadline; says how many."""
        entries = list(self._capacity.names())
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            stale = [operation for found in pool.map(self._visit, entries) for operation in found]
        for operation in stale:
            logger.warning("operation %s has not moved since its deadline: enqueued again", operation.id)
            self._channels.enqueue(operation)
        self._capacity.recount()
        return len(stale)

    def _visit(self, entry: tuple[str, datetime]) -> list[Operation]:
        try:
            return self._stale(*entry)
        except ValidationError as error:  # written by another release: the other registries can't wait for it
            logger.error("registry %s has a row that this release can't read: %s", entry[0], error)  # noqa: TRY400 - short
            return []

    def _stale(self, name: str, indexed_at: datetime) -> list[Operation]:
        now = self._now()
        stale = [operation for operation in self._state.unfinished(name) if operation.deadline < now]
        if not stale and now - indexed_at > ORPHAN_AGE and self._state.registry(name) is None:
            self._capacity.release(name, indexed_at)
        return stale
