"""The line of latencies."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.pages.sparkline import sparkline


def test_a_gap_is_where_nobody_got_in() -> None:
    found = sparkline([50, 60, None, None, 70], 70, 80, 24)
    assert len(found.paths) == 2
    assert found.dot is not None
    assert found.last == "70 ms"
    assert found.label == "Logins took 50 to 70 ms in the last 5 checks."


def test_without_a_last_login_there_is_no_dot() -> None:
    found = sparkline([50, None], None, 80, 24)
    assert (found.dot, found.last) == (None, "–")  # noqa: RUF001 - what the page shows


def test_without_any_login_there_is_no_line() -> None:
    found = sparkline([None, None], None, 80, 24)
    assert (found.paths, found.dot, found.label) == ((), None, "No login is known.")
    assert sparkline([], None, 80, 24).paths == ()


def test_the_only_login_stands_where_the_last_one_does() -> None:
    found = sparkline([70], 70, 80, 24)
    assert (found.dot, found.paths) == ((78, 12), ("M78.0 12.0L78.0 12.0",))


def test_a_steady_registry_has_a_line_in_the_middle() -> None:
    found = sparkline([70, 70, 70], 70, 80, 24)
    assert found.paths == ("M2.0 12.0L40.0 12.0L78.0 12.0",)


@given(st.lists(st.one_of(st.none(), st.integers(0, 100_000)), max_size=60))
def test_the_line_stays_inside_its_picture(latencies: list[int | None]) -> None:
    found = sparkline(latencies, None, 80, 24)
    for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", "".join(found.paths)):
        assert 0 <= float(x) <= 80
        assert 0 <= float(y) <= 24
