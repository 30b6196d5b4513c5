"""Ninety days as bars: what they count, and that their shape alone says what happened."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.health.board import BOARD_DAYS, Bar
from shared.domain.health.codes import HealthState
from shared.pages.bars import LARGE, ROW, Size, draw, marks, uptime_of
from tests.unit.pages.entries import NOW

TODAY, YESTERDAY = NOW.date(), NOW.date() - timedelta(days=1)
WHOLE = 86_400


def bar(day: date, **seconds: int) -> Bar:
    return Bar(day=day, **seconds)


def test_uptime_counts_degraded_as_up_and_maintenance_neither_way() -> None:
    days = [bar(YESTERDAY, up=50, degraded=25, down=25, maintenance=900), bar(TODAY, maintenance=100)]
    assert uptime_of(days, NOW) == 0.75


def test_uptime_looks_back_so_many_days_and_no_further() -> None:
    days = [bar(TODAY - timedelta(days=7), down=100), bar(TODAY - timedelta(days=6), up=100)]
    assert uptime_of(days, NOW, 7) == 1.0
    assert uptime_of(days, NOW, 8) == 0.5
    assert uptime_of([], NOW) is None


@pytest.mark.parametrize(
    ("seconds", "state", "text"),
    [
        ({"up": WHOLE}, HealthState.HEALTHY, "Wed 25 Nov: healthy"),
        (
            {"up": WHOLE // 2},
            HealthState.HEALTHY,
            "Wed 25 Nov: healthy, for the 12 h that we know of",
        ),
        (
            {"up": WHOLE - 90, "down": 60, "degraded": 30},
            HealthState.DOWN,
            "Wed 25 Nov: down 1 min, degraded under 1 min",
        ),
        ({"up": WHOLE - 1, "degraded": 1}, HealthState.DEGRADED, "Wed 25 Nov: degraded under 1 min"),
        ({"up": 100, "maintenance": 200}, HealthState.MAINTENANCE, "Wed 25 Nov: maintenance 3 min"),
        ({"up": 200, "maintenance": 100}, HealthState.HEALTHY, None),
        ({}, HealthState.UNKNOWN, "Wed 25 Nov: nobody looked"),
    ],
)
def test_a_day_is_as_bad_as_its_worst_moment(
    seconds: dict[str, int], state: HealthState, text: str | None
) -> None:
    mark = marks([bar(YESTERDAY, **seconds)], NOW)[-2]
    assert mark.state is state
    assert text is None or mark.text == text


def test_today_is_as_long_as_it_has_lasted() -> None:
    mark = marks([bar(TODAY, up=6 * 3600)], NOW)[-1]
    assert (mark.day, mark.share, mark.text) == (TODAY, 1.0, "Thu 26 Nov: healthy")


def test_a_day_without_a_row_is_never_shown_as_up() -> None:
    found = marks([], NOW)
    assert len(found) == BOARD_DAYS
    assert {mark.state for mark in found} == {HealthState.UNKNOWN}


def test_no_two_states_have_the_same_shape() -> None:
    days = [
        bar(TODAY - timedelta(days=5), up=WHOLE),
        bar(TODAY - timedelta(days=4), degraded=WHOLE),
        bar(TODAY - timedelta(days=3), down=WHOLE),
        bar(TODAY - timedelta(days=2), maintenance=WHOLE),
    ]
    for size in (ROW, LARGE):
        found = draw(marks(days, NOW), size, None, every_day=True).shapes[-6:-1]
        shapes = {re.sub(r"M\d+", "M", shape.path) for shape in found}
        assert len(shapes) == len({shape.state for shape in found}) == 5


def test_only_bad_days_can_be_pointed_at_in_a_list_and_all_on_a_page_of_their_own() -> None:
    found = marks([bar(TODAY, up=100, down=60), bar(YESTERDAY, up=WHOLE)], NOW)
    assert [shape.title for shape in draw(found, ROW, None, every_day=False).shapes if shape.title] == [
        "Thu 26 Nov: down 1 min"
    ]
    assert len(draw(found, LARGE, None, every_day=True).shapes) == BOARD_DAYS


def test_the_bars_say_in_words_what_they_show() -> None:
    days = [bar(TODAY, up=100, down=60), bar(YESTERDAY, up=WHOLE)]
    label = draw(marks(days, NOW), ROW, uptime_of(days, NOW), every_day=False).label
    assert label == "The last 90 days: 99.93 % up. Days: healthy on 1, down on 1, unknown on 88."


SECONDS = st.integers(0, WHOLE)
DAYS = st.builds(
    bar,
    st.integers(0, 120).map(lambda back: TODAY - timedelta(days=back)),
    up=SECONDS,
    degraded=SECONDS,
    down=SECONDS,
    maintenance=SECONDS,
)


@given(
    st.lists(DAYS, max_size=20, unique_by=lambda each: each.day), st.sampled_from([ROW, LARGE]), st.booleans()
)
def test_whatever_happened_every_day_has_a_bar_inside_the_picture(
    days: list[Bar], size: Size, every_day: bool
) -> None:
    bars = draw(marks(days, NOW), size, uptime_of(days, NOW), every_day=every_day)
    path = "".join(shape.path for shape in bars.shapes)
    starts = {int(x) // size.step for x in re.findall(r"M(\d+) ", path)}
    assert starts == set(range(BOARD_DAYS))
    assert all(0 <= int(y) <= size.height for y in re.findall(r"M\d+ (-?\d+)", path))
