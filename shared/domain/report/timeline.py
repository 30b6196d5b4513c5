"""What one registry was in during each piece of a period: from single checks, or from days."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from shared.domain.health.codes import HealthState
from shared.domain.health.history import GAP, Check, Day
from shared.domain.report.periods import Span


@dataclass(frozen=True)
class Slot:
    """One piece of the period. Time that `seconds` does not hold is time in which nobody looked."""

    span: Span
    seconds: Mapping[HealthState, float] = field(default_factory=dict)
    latencies: Mapping[int, int] = field(default_factory=dict)
    """How many logins took so many milliseconds."""
    size_bytes: int | None = None
    """Of the blobs, at their last count until then."""


def from_checks(checks: Sequence[Check], days: Sequence[Day], slots: Sequence[Span]) -> list[Slot]:
    """`checks`: the oldest first, one from before the period among them. Each holds until the next, or for `GAP`.

    `days` say how large the registry was.
    """
    known = list(_spells(checks, slots[-1].end))
    return [
        Slot(slot, _seconds(known, slot), _latencies(checks, slot), size_at(days, slot.end)) for slot in slots
    ]


def from_days(days: Sequence[Day], slots: Sequence[Span]) -> list[Slot]:
    """Each slot is a day in UTC."""
    by_day: dict[date, Day] = {each.day: each for each in days}
    found = [by_day.get(slot.start.date()) for slot in slots]
    return [
        Slot(slot, day.seconds if day else {}, day.latencies if day else {}, size_at(days, slot.end))
        for slot, day in zip(slots, found, strict=True)
    ]


def size_at(days: Sequence[Day], moment: datetime) -> int | None:
    """At the last count on a day that had begun by then: a count has a day, and no time of day."""
    last = (moment - timedelta(microseconds=1)).astimezone(UTC).date()
    counted = [
        (each.day, each.size_bytes) for each in days if each.day <= last and each.size_bytes is not None
    ]
    return max(counted)[1] if counted else None


def _spells(checks: Sequence[Check], end: datetime) -> Iterator[tuple[HealthState, Span]]:
    """How long which state was known, in as few pieces as there are."""
    last: tuple[HealthState, Span] | None = None
    for check, following in pairwise([*checks, None]):
        if check is None:
            break
        span = Span(check.at, min(following.at if following else end, check.at + GAP, end))
        if last and last[0] is check.state and last[1].end == span.start:
            last = (check.state, Span(last[1].start, span.end))
            continue
        if last:
            yield last
        last = (check.state, span)
    if last:
        yield last


def _seconds(known: Sequence[tuple[HealthState, Span]], slot: Span) -> dict[HealthState, float]:
    found: dict[HealthState, float] = {}
    for state, span in known:
        if seconds := slot.common(span):
            found[state] = found.get(state, 0.0) + seconds
    return found


def _latencies(checks: Sequence[Check], slot: Span) -> Mapping[int, int]:
    inside = (each.latency_ms for each in checks if slot.start <= each.at < slot.end)
    return Counter(latency for latency in inside if latency is not None)
