"""What is kept of the past: single checks for a while, a roll-up for each day, and incidents.

Time counts, not checks: what a check found holds until the next one, or until `gap` has passed; the rest is `Unknown`.
Uptime is the share of the time in which a registry was `Healthy` or `Degraded`, of all time in which it was one of
these or `Down`; maintenance and what nobody knows count neither way.

Days are days in UTC. Every row's key begins so that the newest stands first.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from pydantic import Field

from shared.domain.audit import mirrored, time_digits
from shared.domain.health.codes import Code, HealthState
from shared.domain.records import Nested, Record

CHECK_KEYS, DAY_KEYS, INCIDENT_KEYS = "check:", "day:", "incident:"
_LAST_DAY = 99_999_999
GAP = timedelta(minutes=15)
"""So long a look counts, if no other one follows: three sweeps at their usual pace."""
CHECKS_KEPT, HISTORY_KEPT = timedelta(days=8), timedelta(days=400)
"""Single checks, and then only the days; incidents as long as days."""


def newest_first(moment: datetime) -> str:
    """A key for that millisecond; later ones sort before it."""
    return mirrored(time_digits(moment))


class Check(Record):
    """One look at a registry. `latency_ms`: how long the login took; `None` if there was none."""

    uid: str
    at: datetime
    state: HealthState
    code: Code
    latency_ms: int | None = None

    @property
    def key(self) -> str:
        return CHECK_KEYS + newest_first(self.at)


class Incident(Record):
    """From the first bad look to the first good one. `state` and `code` are the worst of it."""

    uid: str
    started_at: datetime
    ended_at: datetime | None = None
    """`None`: it is not over."""
    state: HealthState
    code: Code
    message: str
    fix: str = ""
    evidence: str = ""

    @property
    def key(self) -> str:
        return INCIDENT_KEYS + newest_first(self.started_at)

    def seconds(self, now: datetime) -> float:
        """How long it has lasted."""
        return ((self.ended_at or now) - self.started_at).total_seconds()


class Day(Record):
    """One registry's day."""

    uid: str
    day: date
    seconds: Nested[dict[HealthState, float]] = Field(default_factory=dict)
    """How long it was in which state."""
    latencies: Nested[dict[int, int]] = Field(default_factory=dict)
    """How many logins took so many milliseconds, which are rounded to two digits."""
    size_bytes: int | None = None
    """Of its blobs, when they were last counted on this day."""
    blobs: int | None = None

    @property
    def key(self) -> str:
        return day_key(self.day)

    def with_time(self, state: HealthState, seconds: float) -> Self:
        """So much longer in that state."""
        return self.change(seconds={**self.seconds, state: self.seconds.get(state, 0.0) + seconds})

    def with_latency(self, milliseconds: int) -> Self:
        """One more login."""
        rounded = two_digits(milliseconds)
        return self.change(latencies={**self.latencies, rounded: self.latencies.get(rounded, 0) + 1})


def day_key(day: date) -> str:
    """Later days sort before earlier ones."""
    return f"{DAY_KEYS}{_LAST_DAY - int(day.strftime('%Y%m%d'))}"


def two_digits(milliseconds: int) -> int:
    """312 is 310: a day keeps no more than that."""
    return round(milliseconds, min(0, 2 - len(str(milliseconds))))


def uptime(seconds: Mapping[HealthState, float]) -> float | None:
    """Between 0 and 1; `None` when nothing is known that counts."""
    up = seconds.get(HealthState.HEALTHY, 0.0) + seconds.get(HealthState.DEGRADED, 0.0)
    counted = up + seconds.get(HealthState.DOWN, 0.0)
    return up / counted if counted else None


def total(parts: Iterable[Mapping[HealthState, float]]) -> dict[HealthState, float]:
    """The seconds of several days, or registries, together."""
    summed: Counter[HealthState] = Counter()
    for part in parts:
        for state, seconds in part.items():
            summed[state] += seconds  # type: ignore[assignment] # a Counter adds what it is given
    return dict(summed)


def percentile(latencies: Mapping[int, int], share: float) -> int | None:
    """The least latency that `share` of the logins did not exceed (nearest rank)."""
    count, rank = sum(latencies.values()), 0
    for milliseconds, number in sorted(latencies.items()):
        rank += number
        if rank >= share * count:
            return milliseconds
    return None


def spells(
    found: HealthState, since: datetime, until: datetime, gap: timedelta = GAP
) -> Iterator[tuple[date, HealthState, float]]:
    """`(day, state, seconds)` of the time between two looks, of which the first found `found`."""
    known_until = min(until, since + gap)
    yield from _by_day(found, since, known_until)
    yield from _by_day(HealthState.UNKNOWN, known_until, until)


def _by_day(
    state: HealthState, since: datetime, until: datetime
) -> Iterator[tuple[date, HealthState, float]]:
    while since < until:
        midnight = datetime.combine(since.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        end = min(until, midnight)
        yield since.astimezone(UTC).date(), state, (end - since).total_seconds()
        since = end
