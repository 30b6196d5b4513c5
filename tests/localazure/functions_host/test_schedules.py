"""Schedules of timers."""

from datetime import UTC, datetime

import pytest

from localazure.functions_host.schedules import parse_schedule

START = datetime(2026, 1, 1, 12, 30, 15, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("0 */5 * * * *", "2026-01-01T12:35:00+00:00"),
        ("*/10 * * * * *", "2026-01-01T12:30:20+00:00"),
        ("30 0 9 * * MON-FRI", "2026-01-02T09:00:30+00:00"),
        ("0 30 9 * Jan Mon", "2026-01-05T09:30:00+00:00"),
        ("0 0 0 13 * FRI", "2026-02-13T00:00:00+00:00"),  # both must fit, unlike in cron
        ("*/5 * * * *", "2026-01-01T12:35:00+00:00"),  # five fields have no seconds
        ("00:02:00", "2026-01-01T12:32:15+00:00"),
    ],
)
def test_when_a_timer_is_due(schedule: str, due: str) -> None:
    assert parse_schedule(schedule).next_after(START).isoformat() == due


@pytest.mark.parametrize(
    "schedule", ["", "every day", "0 61 * * * *", "00:00:00", "* * * * * * *", "0 0 0 30 2 *"]
)
def test_a_bad_schedule_is_named(schedule: str) -> None:
    with pytest.raises(ValueError, match=r"schedule|time span"):
        parse_schedule(schedule)
