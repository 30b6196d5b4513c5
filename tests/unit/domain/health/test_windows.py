"""How far back a window reaches, and when the next sweep is due."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.health.sweep_times import next_sweep
from shared.domain.health.windows import Window

NOON = datetime(2026, 3, 8, 12, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "start"),
    [
        (Window.DAY, datetime(2026, 3, 7, 12, 0, 1, tzinfo=UTC)),
        (Window.WEEK, datetime(2026, 3, 2, tzinfo=UTC)),
        (Window.MONTH, datetime(2026, 2, 7, tzinfo=UTC)),
        (Window.QUARTER, datetime(2025, 12, 9, tzinfo=UTC)),
    ],
)
def test_a_day_is_exact_and_the_others_are_whole_days(window: Window, start: datetime) -> None:
    assert window.start(NOON) == start


def test_days_are_those_of_utc() -> None:
    late = datetime(2026, 3, 8, 23, 30, tzinfo=timezone(timedelta(hours=-1)))
    assert Window.WEEK.start(late) == datetime(2026, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("0 */5 * * * *", datetime(2026, 3, 8, 12, 5, tzinfo=UTC)),
        ("*/30 * * * * *", datetime(2026, 3, 8, 12, 0, 30, tzinfo=UTC)),
        ("0 0 0 1 1 *", datetime(2027, 1, 1, tzinfo=UTC)),
        ("00:05:00", None),
        ("0 0 0 30 2 *", None),
        ("", None),
    ],
)
def test_the_next_sweep_is_due_by_the_timers_schedule(schedule: str, due: datetime | None) -> None:
    assert next_sweep(schedule, NOON) == due
