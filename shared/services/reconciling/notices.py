"""Notices that have not reached everybody are sent again, and old ones are forgotten."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import islice

from shared.domain.errors import ConflictError
from shared.domain.health.history import newest_first
from shared.domain.notices.delivering import waiting
from shared.domain.notices.notice import NOTICES, Notice
from shared.domain.records import Delete
from shared.ports import Table
from shared.services.notifying.outbox import Outbox
from shared.services.reconciling.report import Report
from shared.services.state import MAX_TRANSACTION, Clock

LOOKED_AT = timedelta(days=7)
"""Older ones have been given up long ago, or nobody was there to tell them: it is too late now."""
KEPT = timedelta(days=400)
MOST_ROWS = 2000
"""That one run removes."""
FIRST, END = " ", "~"
"""Of all keys."""


class Notices:
    """See `Survey`. `table` is the table `health`."""

    def __init__(self, table: Table, outbox: Outbox, now: Clock) -> None:
        self._table, self._outbox, self._now = table, outbox, now
        self._cleared: date | None = None

    def run(self, report: Report) -> None:
        """See `Survey`."""
        self._send_again(report)
        today = self._now().date()
        if self._cleared != today and self._forget(report):
            self._cleared = today

    def _send_again(self, report: Report) -> None:
        """What has not moved past its deadline: a lost message, or a process that died."""
        oldest = newest_first(self._now() - LOOKED_AT)
        rows = list(self._table.query(NOTICES, FIRST, oldest, where={"pending": True}))
        for notice in map(Notice.from_row, rows):
            for sink in [name for name in notice.deliveries if self._is_late(notice, name)]:
                self._outbox.enqueue(notice, sink)
                report.note("notices_requeued", f"{notice.subject}:{sink}")

    def _is_late(self, notice: Notice, sink: str) -> bool:
        delivery = waiting(notice, sink)
        return bool(delivery and delivery.deadline and delivery.deadline < self._now())

    def _forget(self, report: Report) -> bool:
        """Is nothing old left?"""
        removed = 0
        while removed < MOST_ROWS and (keys := self._old()):
            with suppress(ConflictError):  # another run is at it
                self._table.transact(NOTICES, [Delete(key) for key in keys])
            removed += len(keys)
        if removed:
            report.note("notices_removed", str(removed))
        return removed < MOST_ROWS

    def _old(self) -> Sequence[str]:
        first = newest_first(self._now() - KEPT)
        return [
            row.key
            for row in islice(self._table.query(NOTICES, first, END, MAX_TRANSACTION), MAX_TRANSACTION)
        ]
