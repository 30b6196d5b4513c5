"""The audit as its readers see it: a page at a time, the newest entry first. Nothing here writes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.domain.audit import AuditEntry
from shared.services.audit.trail import AuditTrail, Span
from shared.services.state import Clock

DAYS_WITHOUT_SINCE = 30
"""So many days before `until` are looked into, when nobody says since when."""


@dataclass(frozen=True)
class Wanted:
    """Days are UTC, and both ends belong to it. `after`: where the page before ended."""

    registry: str | None = None
    actor: str | None = None
    since: date | None = None
    until: date | None = None
    after: str = ""


class Audit:
    """`kept_days`: further back nobody needs to look. Raises `DependencyError` when the tables are away."""

    def __init__(self, trail: AuditTrail, now: Clock, kept_days: int) -> None:
        self._trail, self._now, self._kept = trail, now, timedelta(days=kept_days)

    def page(self, wanted: Wanted, size: int) -> tuple[list[AuditEntry], str | None]:
        """At most `size` entries, perhaps none, and where the next page goes on; `None` = there is none."""
        today = self._now().astimezone(UTC).date()
        until = min(wanted.until or today, today)
        oldest = today - self._kept
        if until < oldest:
            return [], None
        since = max(wanted.since or until - timedelta(days=DAYS_WITHOUT_SINCE), oldest)
        span = Span(_midnight(since), _midnight(until + timedelta(days=1)), wanted.registry, wanted.after)
        return self._trail.page(span, size, lambda entry: wanted.actor in {None, entry.actor})


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
