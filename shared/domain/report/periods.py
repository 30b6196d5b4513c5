"""The time that a report is about, cut into the pieces that its charts show.

A day's report is exact to the second: its pieces are hours, and it is made of single checks. Longer ones are made of
days (UTC), as those are all that is kept: the days before today, and today so far.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum


class PeriodName(StrEnum):
    """How much time."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def words(self) -> str:
        """For `last …`."""
        return {"24h": "24 h", "7d": "7 days", "30d": "30 days"}[self.value]


_DAYS = {PeriodName.WEEK: 7, PeriodName.MONTH: 30}


@dataclass(frozen=True)
class Span:
    """From `start` on and before `end`."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()

    def common(self, other: "Span") -> float:
        """How many seconds they share."""
        return max(0.0, (min(self.end, other.end) - max(self.start, other.start)).total_seconds())


def span_of(period: PeriodName, end: datetime) -> Span:
    """The period that ends then."""
    end = end.astimezone(UTC)
    if period is PeriodName.DAY:
        return Span(end - timedelta(days=1), end)
    midnight = datetime.combine(end.date(), time(), UTC)
    return Span(midnight - timedelta(days=_DAYS[period]), end)


def slots_of(period: PeriodName, span: Span) -> list[Span]:
    """Hours or days, the oldest first; the last one ends with the period."""
    return list(_cut(span, timedelta(hours=1) if period is PeriodName.DAY else timedelta(days=1)))


def _cut(span: Span, length: timedelta) -> Iterator[Span]:
    start = span.start
    while start < span.end:
        yield Span(start, min(start + length, span.end))
        start += length
