"""A report is due at the same time of day, whatever the clocks do."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain.report.schedule import check_schedule, last_due

BERLIN = ZoneInfo("Europe/Berlin")
DAILY, AT_NIGHT, MONDAYS = "0 7 * * *", "30 2 * * *", "0 7 * * MON"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00Z")


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        (DAILY, "01-15T06:00", "01-15T06:00"),  # 07:00 CET, on the minute
        (DAILY, "01-15T05:59", "01-14T06:00"),
        (DAILY, "01-16T05:00", "01-15T06:00"),  # missed, and 23 hours late
        (DAILY, "03-28T23:00", "03-28T06:00"),
        (DAILY, "03-29T05:00", "03-29T05:00"),  # the clocks have gone forward: 07:00 CEST
        (DAILY, "03-29T04:59", "03-28T06:00"),
        (DAILY, "10-24T05:00", "10-24T05:00"),
        (DAILY, "10-25T05:30", "10-24T05:00"),  # the clocks have gone back: only 06:30 CET
        (DAILY, "10-25T06:00", "10-25T06:00"),
        (AT_NIGHT, "03-29T00:59", "03-28T01:30"),
        (AT_NIGHT, "03-29T01:00", "03-29T01:00"),  # there is no 02:30: at once, at 03:00 CEST
        (AT_NIGHT, "10-25T00:30", "10-25T00:30"),  # the first 02:30, CEST
        (AT_NIGHT, "10-25T01:45", "10-25T00:30"),  # the second one is none
        (MONDAYS, "03-01T12:00", "02-23T06:00"),
        (MONDAYS, "03-02T06:00", "03-02T06:00"),
    ],
)
def test_the_last_time_that_a_report_was_due(schedule: str, now: str, due: str) -> None:
    assert last_due(schedule, BERLIN, utc(now)) == utc(due)


def test_seconds_do_not_matter() -> None:
    now = datetime(2026, 1, 15, 6, 0, 59, 999_999, tzinfo=UTC)
    assert last_due(DAILY, BERLIN, now) == utc("01-15T06:00")


def test_every_day_of_a_year_has_one_report() -> None:
    """Asked every hour of it."""
    asked = (datetime.fromtimestamp(1767225600 + 3600 * hour, UTC) for hour in range(365 * 24))
    found = {last_due(DAILY, BERLIN, now) for now in asked}
    local = [due.astimezone(BERLIN) for due in sorted(found)]
    assert {f"{due:%H:%M}" for due in local} == {"07:00"}
    assert len(local) == len({due.date() for due in local}) == 366  # and one of the year before


@pytest.mark.parametrize("text", [DAILY, AT_NIGHT, MONDAYS, "0 7 1 * *", "*/15 8-18 * * 1-5"])
def test_a_schedule(text: str) -> None:
    assert check_schedule(text) == text


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0 0 7 * * *", "five fields"),
        ("", "five fields"),
        ("daily at seven o clock", "not a cron expression"),
        ("0 25 * * *", "Bad hour"),
        ("0 7 31 2 *", "Bad day-of-month"),
    ],
)
def test_what_is_no_schedule(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        check_schedule(text)
