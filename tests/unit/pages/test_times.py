"""Times as people read them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.pages.times import Times, lasting
from tests.unit.pages.entries import DAY, HOUR, MINUTE, NOW, times


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "under 1 min"),
        (59.9, "under 1 min"),
        (60, "1 min"),
        (22 * 60 + 59, "22 min"),
        (3600, "1 h"),
        (3 * 3600 + 12 * 60, "3 h 12 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (2 * 86_400 + 5 * 3600, "2 d 5 h"),
        (10 * 86_400 + 5 * 3600, "10 d"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


@pytest.mark.parametrize(
    ("at", "zone", "text"),
    [
        (NOW - 22 * MINUTE, "UTC", "05:38"),
        (NOW - 22 * MINUTE, "Europe/Berlin", "06:38"),
        (NOW - 7 * HOUR, "UTC", "25 Nov, 23:00"),
        (NOW - 7 * HOUR, "Europe/Berlin", "00:00"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "Europe/Berlin", "1 Jul, 14:00"),
        (NOW - 365 * DAY, "UTC", "26 Nov 2025, 06:00"),
    ],
)
def test_a_moment_is_as_short_as_can_be_in_its_readers_zone(at: datetime, zone: str, text: str) -> None:
    assert times(zone).moment(at).text == text


def test_a_moment_can_be_known_exactly() -> None:
    found = times("Europe/Berlin").moment(NOW)
    assert found.iso == "2026-11-26T07:00:00+01:00"
    assert found.full == "Thu 26 Nov 2026, 07:00:00 (Europe/Berlin)"


@pytest.mark.parametrize(
    ("ago", "text"), [(30 * MINUTE / 60, "just now"), (2 * MINUTE, "2 min ago"), (-5 * MINUTE, "just now")]
)
def test_what_is_ahead_by_another_clock_is_now(ago: timedelta, text: str) -> None:
    assert times().ago(NOW - ago) == text


@pytest.mark.parametrize(
    ("day", "name"),
    [(date(2026, 11, 26), "Today"), (date(2026, 11, 25), "Yesterday"), (date(2026, 11, 12), "Thu 12 Nov")],
)
def test_days_have_names(day: date, name: str) -> None:
    assert times().day_name(day) == name


def test_today_is_the_readers_day() -> None:
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert Times(late, "Europe/Berlin").day_name(date(2026, 11, 26)) == "Today"
