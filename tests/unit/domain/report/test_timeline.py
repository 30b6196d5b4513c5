"""A day's report is exact to the second: what a check found holds until the next one, or for a quarter of an hour."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.health.codes import Code, HealthState
from shared.domain.health.history import Check, Day
from shared.domain.report.periods import PeriodName, Span, slots_of, span_of
from shared.domain.report.timeline import from_checks, from_days, size_at

UP, DOWN = HealthState.HEALTHY, HealthState.DOWN
END = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SPAN = span_of(PeriodName.DAY, END)
SLOTS = slots_of(PeriodName.DAY, SPAN)


def check(minutes: float, state: HealthState = UP, latency: int | None = 50) -> Check:
    """So many minutes after the beginning of the period."""
    at = SPAN.start + timedelta(minutes=minutes)
    return Check(uid="u", at=at, state=state, code=Code.HEALTHY, latency_ms=latency)


def day(number: int, size: int | None = None) -> Day:
    return Day(uid="u", day=date(2026, 2, number), size_bytes=size)


def seconds(*checks: Check) -> list[dict[HealthState, float]]:
    """Of the hours in which anything is known."""
    slots = from_checks(checks, [], SLOTS)
    assert sum(slot.span.seconds for slot in slots) == 86_400
    return [dict(slot.seconds) for slot in slots if slot.seconds]


@pytest.mark.parametrize(
    ("checks", "found"),
    [
        ([], []),
        ([check(0)], [{UP: 900}]),
        ([check(0), check(5), check(10)], [{UP: 1500}]),
        ([check(0), check(5, DOWN), check(7)], [{UP: 300 + 900, DOWN: 120}]),
        ([check(0), check(40)], [{UP: 1800}]),  # nobody looked for 25 of 40 minutes
        ([check(-5), check(5)], [{UP: 300 + 900}]),  # the one before the period holds until the next
        ([check(-14)], [{UP: 60}]),
        ([check(-15)], []),
        ([check(-20, DOWN)], []),
        ([check(55)], [{UP: 300}, {UP: 600}]),  # over the hour
        ([check(55, DOWN), check(62)], [{DOWN: 300}, {DOWN: 120, UP: 900}]),
        ([check(1439)], [{UP: 60}]),  # the period ends
    ],
)
def test_how_long_a_registry_was_in_which_state(
    checks: list[Check], found: list[dict[HealthState, float]]
) -> None:
    assert seconds(*checks) == found


def test_logins_count_in_the_hour_in_which_they_were() -> None:
    checks = [check(-5, latency=1), check(0, latency=40), check(59, latency=40), check(60, latency=90)]
    slots = from_checks([*checks, check(61, latency=None)], [], SLOTS)
    assert [dict(slot.latencies) for slot in slots[:3]] == [{40: 2}, {90: 1}, {}]


@pytest.mark.parametrize(
    ("moment", "size"),
    [
        (datetime(2026, 2, 24, tzinfo=UTC), None),  # midnight ends the 23rd
        (datetime(2026, 2, 24, 1, tzinfo=UTC), 10),
        (datetime(2026, 2, 26, 1, tzinfo=UTC), 10),  # on the 25th and the 26th nobody counted
        (datetime(2026, 2, 27, 1, tzinfo=UTC), 30),
        (datetime(2026, 2, 28, 1, tzinfo=UTC), 30),
    ],
)
def test_how_large_it_was(moment: datetime, size: int | None) -> None:
    assert size_at([day(27, 30), day(26), day(24, 10)], moment) == size


def test_a_day_that_is_not_there_is_unknown() -> None:
    slots = slots_of(PeriodName.WEEK, span_of(PeriodName.WEEK, END))
    first = Day(uid="u", day=date(2026, 2, 23), seconds={UP: 86_400.0}, latencies={40: 3})
    found = from_days([first], slots)
    assert [dict(slot.seconds) for slot in found] == [{UP: 86_400}, *[{}] * 7]
    assert [dict(slot.latencies) for slot in found] == [{40: 3}, *[{}] * 7]


@pytest.mark.parametrize(
    ("period", "start", "pieces"),
    [
        (PeriodName.DAY, datetime(2026, 3, 1, 6, tzinfo=UTC), 24),
        (PeriodName.WEEK, datetime(2026, 2, 23, tzinfo=UTC), 8),
        (PeriodName.MONTH, datetime(2026, 1, 31, tzinfo=UTC), 31),
    ],
)
def test_a_period_and_its_pieces(period: PeriodName, start: datetime, pieces: int) -> None:
    span = span_of(period, END)
    assert span == Span(start, END)
    slots = slots_of(period, span)
    assert len(slots) == pieces
    assert (slots[0].start, slots[-1].end) == (start, END)
