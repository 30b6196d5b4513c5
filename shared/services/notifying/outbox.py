"""Where notices go out: first the row with what is still to be done, then a message for each delivery.

A message that is lost, or a process that dies in between, delays a delivery by a minute or two: `reconcile` finds the
row. The same notice twice is one row, and so it is told once.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.errors import ConflictError, DependencyError
from shared.domain.messages import NoticeMessage
from shared.domain.notices.notice import NOTICES, Notice, NoticeKind
from shared.domain.notices.sinks import Sink
from shared.domain.records import Insert
from shared.ports import Queue, Table
from shared.services.state import Clock

logger = logging.getLogger(__name__)

STALE = timedelta(seconds=120)
"""A delivery that has not moved for so long is set in motion again: longer than any attempt takes."""
GATHERING_SECONDS = 3
"""That long a sink which wants one message about many waits for others: a sweep finds things out side by side."""


class Outbox:
    """`table` is the table `health`."""

    def __init__(self, table: Table, queue: Queue[NoticeMessage], sinks: Sequence[Sink], now: Clock) -> None:
        self._table, self._queue, self._sinks, self._now = table, queue, sinks, now

    def announce(self, notice: Notice) -> None:
        """Tells everybody who wants to know. The same notice again does nothing: its key is what it is about.

        Without a sink that wants it, it is kept all the same. Raises `ConflictError` or `DependencyError`
        when it can't be kept.
        """
        names = [sink.name for sink in self._sinks if sink.wants(notice)]
        kept = notice.addressed(names, self._now() + STALE)
        try:
            self._table.transact(NOTICES, [Insert(kept.to_row())])
        except ConflictError:
            if self._table.get(NOTICES, kept.key) is None:
                raise  # nobody has written it
            return  # whoever wrote it sends it, or reconcile does
        for name in names:
            self.enqueue(kept, name, GATHERING_SECONDS if self.gathers(kept, name) else 0)

    def gathers(self, notice: Notice, sink: str) -> bool:
        """May it be told there together with others?"""
        found = next((each for each in self._sinks if each.name == sink), None)
        return found is not None and found.gathers and notice.kind is not NoticeKind.REPORT

    def enqueue(self, notice: Notice, sink: str, delay: float = 0) -> None:
        """The next attempt of a delivery. A message that can't be sent now is sent by `reconcile` later."""
        attempt = notice.deliveries[sink].attempt
        try:
            self._queue.send(NoticeMessage(notice=notice.key, sink=sink, attempt=attempt), delay)
        except DependencyError as error:
            logger.warning("notice %s for %s waits for reconcile: %s", notice.key, sink, error)
