"""One registry's past in the pieces of a period."""

from datetime import timedelta

from shared.domain.health.history import Incident
from shared.domain.registries.registry import Registry
from shared.domain.report.periods import PeriodName, Span, slots_of
from shared.domain.report.timeline import Slot, from_checks, from_days, size_at
from shared.ports import Table
from shared.services.health.past import PastRows

DAYS_BEFORE = timedelta(days=7)
"""Before a period, looked into for how large a registry was when it began."""


class HistoryRows:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table) -> None:
        self._past = PastRows(health)

    def slots(self, registry: Registry, period: PeriodName, span: Span) -> tuple[list[Slot], int | None]:
        """The period in pieces, and how many bytes there were when it began.

        Single checks are read for a day, some hundreds of rows; for longer one row a day.
        """
        days = self._past.days(registry, (span.start - DAYS_BEFORE).date())
        pieces = slots_of(period, span)
        if period is PeriodName.DAY:
            checks = self._past.checks(registry, span.start)[::-1]
            slots = from_checks([each for each in checks if each.at < span.end], days, pieces)
        else:
            slots = from_days(days, pieces)
        return slots, size_at(days, span.start)

    def incidents(self, registry: Registry, span: Span) -> list[Incident]:
        """Those that lasted into the period, the newest first."""
        found = self._past.incidents(registry, span.start)
        return [each for each in found if each.started_at < span.end]
