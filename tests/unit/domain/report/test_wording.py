"""Figures as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain.report.wording import clock, duration, in_days, percent, quoted, size, size_and_growth

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (1320, "22 min"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (86_400, "1 day"),
        (3 * 86_400 + 7200 + 60, "3 days 2 h"),
    ],
)
def test_how_long(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, "\u2013"),
        (1, "100 %"),
        (0.99999, "99.99 %"),
        (0.9996, "99.96 %"),
        (0.99, "99.00 %"),
        (0, "0.00 %"),
        (0.57, "57.00 %"),
    ],
)
def test_a_share_is_never_rounded_up(share: float | None, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(
    ("size_bytes", "growth", "words"),
    [
        (None, None, "\u2013"),
        (0, None, "0 B"),
        (999, 0, "999 B (+0)"),
        (1500, 500, "1.5 kB (+500 B)"),
        (412 * 10**9, 6 * 10**9, "412 GB (+6)"),
        (412 * 10**9, -6 * 10**8, "412 GB (\u2212600 MB)"),
        (5 * 10**12, 0, "5 TB (+0)"),
        (999_600_000_000, None, "1 TB"),
        (999_499_999_999, 9_960_000_000, "999 GB (+10)"),
        (999_950, 999_999, "1 MB (+1)"),
        (10**19, None, "10000 PB"),
    ],
)
def test_how_much(size_bytes: int | None, growth: int | None, words: str) -> None:
    assert size_and_growth(size_bytes, growth) == words
    assert words.startswith(size(size_bytes))


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 3, 2, 5, 38, tzinfo=UTC), "06:38"),
        (datetime(2026, 3, 1, 22, 30, tzinfo=UTC), "Sun 23:30"),
        (datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2025, 11, 12, 9, tzinfo=UTC), "12 Nov 10:00"),
        (datetime(2026, 3, 8, 9, tzinfo=UTC), "Sun 10:00"),
        (
            datetime(2026, 3, 9, 9, tzinfo=UTC),
            "9 Mar 10:00",
        ),  # the end of what began today, and lasted for a week
    ],
)
def test_when(at: datetime, words: str) -> None:
    assert clock(at, BERLIN, NOW) == words


def test_days_that_are_left() -> None:
    assert [in_days(days) for days in (0, 1, 3)] == ["within a day", "in 1 day", "in 3 days"]


def test_text_from_outside_stays_in_its_line_and_is_no_name() -> None:
    assert quoted(" a\r\n\tb\u202ec `d`\x00 ") == "a b c 'd'"
    assert len(quoted("x" * 1000)) == 300
