"""Charts show what there is, in its place, and nothing that there is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.pages.charts import (
    BOTTOM,
    DESK,
    HEIGHT,
    LEAST,
    PHONE,
    TOP,
    Canvas,
    Share,
    bar_chart,
    ceiling,
    line_chart,
)

amounts = st.lists(st.floats(0, 1e7), min_size=4, max_size=4)


def shares(*given: float) -> list[Share]:
    kinds = ("healthy", "degraded", "maintenance", "down")
    return [Share(kind, amount) for kind, amount in zip(kinds, given, strict=True)]


@given(st.sampled_from([DESK, PHONE]), st.lists(amounts, min_size=1, max_size=31))
def test_a_bar_is_as_high_as_all_others(canvas: Canvas, given: list[list[float]]) -> None:
    chart = bar_chart(canvas, "label", [("title", shares(*one)) for one in given], ["a"] * len(given))
    for bar in chart.bars:
        assert sum(part.height for part in bar.segments) == pytest.approx(HEIGHT - TOP - BOTTOM, abs=0.5)
        for part in bar.segments:
            assert canvas.left <= part.x < part.x + part.width <= canvas.width
            assert TOP - 0.5 <= part.y < part.y + part.height <= HEIGHT - BOTTOM + 0.5


def test_a_minute_of_downtime_is_seen_and_has_a_sign_of_its_own() -> None:
    [quiet, bad] = bar_chart(
        DESK, "", [("", shares(100, 0, 0, 0)), ("", shares(86_340, 0, 0, 60))], ["", ""]
    ).bars
    assert [part.kind for part in quiet.segments] == ["healthy"]
    assert quiet.mark is None
    assert {part.kind: part.height for part in bad.segments}["down"] == LEAST
    assert bad.mark


def test_where_nobody_looked_is_no_uptime() -> None:
    [bar] = bar_chart(DESK, "", [("", shares(0, 0, 0, 0))], [""]).bars
    assert [part.kind for part in bar.segments] == ["unknown"]


def test_a_gap_breaks_the_line() -> None:
    chart = line_chart(
        DESK, "", [("half", "p50", [1, None, 2, 3])], ["a", "b", "c", "d"], [(0, "0"), (4, "4 ms")]
    )
    [line] = chart.lines
    assert len(line.paths) == 2
    assert line.paths[0].count("L") == 1  # a single value is a dot
    assert [label.text for label in chart.beside] == ["0", "4 ms"]


@pytest.mark.parametrize(
    ("canvas", "words"), [(DESK, "0 4 8 12 16 20 24 28"), (PHONE, "0 8 16 24")], ids=["desk", "phone"]
)
def test_only_some_of_many_words_stand_below(canvas: Canvas, words: str) -> None:
    chart = bar_chart(canvas, "", [("", shares(1, 0, 0, 0))] * 31, [str(day) for day in range(31)])
    assert " ".join(label.text for label in chart.below) == words


@pytest.mark.parametrize(
    ("values", "top"),
    [
        ([], 1),
        ([None], 1),
        ([0], 1),
        ([1], 1),
        ([3], 5),
        ([310, None], 500),
        ([1001], 2000),
        ([412e9], 500e9),
    ],
)
def test_the_top_is_a_round_figure(values: list[float | None], top: float) -> None:
    assert ceiling(values) == top
