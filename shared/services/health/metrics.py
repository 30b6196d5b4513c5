"""What a monitoring system reads of all registries at once: three queries, however many registries there are."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from shared.domain.health.board import BOARD, SWEEPS, BoardEntry, Sweep
from shared.domain.health.history import newest_first
from shared.domain.notices.notice import NOTICES, DeliveryStatus, Notice, NoticeKind
from shared.domain.records import NEXT
from shared.ports import Table
from shared.services.state import Clock

FIRST, END = " ", "~"
"""Of all keys."""
MOST_SWEEPS = 5
"""Looked at for the last one that has ended: the newest may be under way, or have died."""
RECENT = timedelta(days=1)
"""So far back deliveries are counted."""


@dataclass(frozen=True)
class Metrics:
    """`deliveries`: by sink and status, how many of the last 24 hours."""

    registries: Sequence[BoardEntry]
    sweep: Sweep | None
    """The last one that has ended."""
    deliveries: Mapping[tuple[str, DeliveryStatus], int]


class MetricsReading:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table, now: Clock) -> None:
        self._health, self._now = health, now

    def read(self, visible: Callable[[str], bool]) -> Metrics:
        """Of the registries that the caller may know of, and of notices about them."""
        now = self._now()
        board = map(BoardEntry.from_row, self._health.query(BOARD, FIRST, END))
        seen = [entry.change(state=entry.state_at(now)) for entry in board if visible(entry.name)]
        return Metrics(seen, self._last_sweep(), self._deliveries(visible))

    def _last_sweep(self) -> Sweep | None:
        rows = islice(self._health.query(SWEEPS, FIRST, END, MOST_SWEEPS), MOST_SWEEPS)
        return next((sweep for sweep in map(Sweep.from_row, rows) if sweep.ended_at), None)

    def _deliveries(self, visible: Callable[[str], bool]) -> Mapping[tuple[str, DeliveryStatus], int]:
        end = newest_first(self._now() - RECENT) + NEXT
        counts: Counter[tuple[str, DeliveryStatus]] = Counter()
        for notice in map(Notice.from_row, self._health.query(NOTICES, FIRST, end)):
            if notice.kind is NoticeKind.REPORT or visible(notice.subject):
                counts.update((sink, delivery.status) for sink, delivery in notice.deliveries.items())
        return counts
