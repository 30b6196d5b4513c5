"""One registry's past, as the table `health` has it. A row of an earlier incarnation is none."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from shared.domain.health.history import (
    CHECK_KEYS,
    GAP,
    INCIDENT_KEYS,
    Check,
    Day,
    Incident,
    newest_first,
)
from shared.domain.records import NEXT, key_range
from shared.domain.registries import Registry
from shared.domain.report.periods import PeriodName, Span, slots_of
from shared.domain.report.timeline import Slot, from_checks, from_days, size_at
from shared.ports import Table

DAYS_BEFORE = 7
"""Before a period, looked into for how large a registry was when it began."""
FEW_INCIDENTS = 20
"""Fetched at a time: mostly there are none, and those that are over for long are not wanted."""


class HistoryRows:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table) -> None:
        self._health = health

    def slots(self, registry: Registry, period: PeriodName, span: Span) -> tuple[list[Slot], int | None]:
        """The period in pieces, and how many bytes there were when it began.

        Single checks are read for a day, some hundreds of rows; for longer one row a day.
        """
        days = self._days(registry, span)
        pieces = slots_of(period, span)
        if period is PeriodName.DAY:
            slots = from_checks(self._checks(registry, span), days, pieces)
        else:
            slots = from_days(days, pieces)
        return slots, size_at(days, span.start)

    def incidents(self, registry: Registry, span: Span) -> list[Incident]:
        """Those that lasted into the period. A registry has one at a time, so that older ones ended earlier."""
        rows = self._health.query(
            registry.name,
            INCIDENT_KEYS + newest_first(span.end),
            key_range(INCIDENT_KEYS)[1],
            FEW_INCIDENTS,
        )
        found = (each for row in rows if (each := Incident.from_row(row)).uid == registry.uid)
        recent = takewhile(lambda each: each.ended_at is None or each.ended_at > span.start, found)
        return [each for each in recent if each.started_at < span.end]

    def _checks(self, registry: Registry, span: Span) -> Sequence[Check]:
        """The oldest first; those before the period that still held when it began are among them."""
        first, end = newest_first(span.end), newest_first(span.start - GAP)
        rows = self._health.query(registry.name, CHECK_KEYS + first, CHECK_KEYS + end)
        found = [each for row in rows if (each := Check.from_row(row)).uid == registry.uid]
        return [each for each in reversed(found) if each.at < span.end]

    def _days(self, registry: Registry, span: Span) -> list[Day]:
        newest, oldest = _day_key(span.end), _day_key(span.start - timedelta(days=DAYS_BEFORE))
        rows: Iterator[Day] = map(Day.from_row, self._health.query(registry.name, newest, oldest + NEXT))
        return [each for each in rows if each.uid == registry.uid]


def _day_key(moment: datetime) -> str:
    return Day(uid="", day=moment.astimezone(UTC).date()).key
