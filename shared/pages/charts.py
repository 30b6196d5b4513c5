"""Charts of a report as coordinates: templates draw them as SVG, so that a page needs nothing but itself.

They grow and shrink with the page, and their words with them: so each is drawn for a desk and for a phone. Nothing is
told by colour alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

HEIGHT = 110
TOP, BOTTOM = 14, 22
"""Room above for marks, and below for times."""
LEAST = 2.5
"""Height of what is there at all: a minute of a day would be none."""
_PLOT_HEIGHT = HEIGHT - TOP - BOTTOM
_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Canvas:
    """`left`: room for the figures there; `most_labels`: of times below."""

    width: int
    left: int
    most_labels: int

    def x(self, place: int, count: int) -> float:
        """The middle of that piece."""
        return self.left + (place + 0.5) * self.step(count)

    def step(self, count: int) -> float:
        """How wide each of so many pieces is."""
        return (self.width - self.left) / max(1, count)


DESK, PHONE = Canvas(560, 70, 8), Canvas(300, 48, 4)


@dataclass(frozen=True)
class Label:
    """A word below the chart, or a figure beside it."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Segment:
    """A part of a bar; `kind` is its class."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One piece of time. `title`: what it says to whoever points at it; `mark`: where a sign stands above it."""

    segments: tuple[Segment, ...]
    title: str
    mark: float | None = None


@dataclass(frozen=True)
class Line:
    """`paths`: one for each stretch without a gap."""

    kind: str
    name: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """What all charts have. `label`: what it shows, in a sentence for who does not see it."""

    label: str
    canvas: Canvas
    below: tuple[Label, ...]
    beside: tuple[Label, ...] = ()
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Share:
    """How much of a bar is what."""

    kind: str
    amount: float


def bar_chart(
    canvas: Canvas, label: str, bars: Sequence[tuple[str, Sequence[Share]]], below: Sequence[str]
) -> Chart:
    """`bars`: title and shares of each, the lowest share first. One without any amount is empty."""
    step = canvas.step(len(bars))
    drawn = [
        _bar(title, shares, canvas.left + place * step, step) for place, (title, shares) in enumerate(bars)
    ]
    ends = (Label(canvas.left - 8, TOP, "100 %"), Label(canvas.left - 8, HEIGHT - BOTTOM, "0 %"))
    return Chart(label, canvas, tuple(_below(canvas, below)), ends, bars=tuple(drawn))


def line_chart(
    canvas: Canvas,
    label: str,
    lines: Sequence[tuple[str, str, Sequence[float | None]]],
    below: Sequence[str],
    figures: Sequence[tuple[float, str]],
) -> Chart:
    """`lines`: kind, name and values; `figures`: values on the left, with their words; the highest is the top."""
    top = max((value for value, _ in figures), default=1) or 1
    drawn = [Line(kind, name, tuple(_paths(canvas, values, top))) for kind, name, values in lines]
    beside = [Label(canvas.left - 8, round(_y(value, top), 1), words) for value, words in figures]
    return Chart(label, canvas, tuple(_below(canvas, below)), tuple(beside), lines=tuple(drawn))


def ceiling(values: Sequence[float | None]) -> float:
    """A round figure that is not below any of them."""
    highest = max((value for value in values if value is not None), default=0)
    scale = 1.0
    while scale * 10 < highest:
        scale *= 10
    return next((scale * nice for nice in _NICE if scale * nice >= highest), scale * 10)


def _bar(title: str, shares: Sequence[Share], x: float, step: float) -> Bar:
    width, left = round(step * 0.78, 1), round(x + step * 0.11, 1)
    total = sum(share.amount for share in shares)
    if not total:
        return Bar((Segment("unknown", left, TOP, width, _PLOT_HEIGHT),), title)
    heights = {
        share.kind: max(LEAST, _PLOT_HEIGHT * share.amount / total) for share in shares if share.amount
    }
    largest = max(heights, key=lambda kind: heights[kind])
    heights[largest] -= sum(heights.values()) - _PLOT_HEIGHT
    segments, y = list[Segment](), float(HEIGHT - BOTTOM)
    for kind, height in heights.items():
        y -= height
        segments.append(Segment(kind, left, round(y, 1), width, round(height, 1)))
    return Bar(tuple(segments), title, round(left + width / 2, 1) if "down" in heights else None)


def _below(canvas: Canvas, words: Sequence[str]) -> Iterator[Label]:
    """Some of them, if there are too many."""
    every = -(-len(words) // canvas.most_labels)
    for place in range(0, len(words), every or 1):
        yield Label(round(canvas.x(place, len(words)), 1), HEIGHT - 5, words[place])


def _paths(canvas: Canvas, values: Sequence[float | None], top: float) -> Iterator[str]:
    points = [
        None if value is None else f"{canvas.x(place, len(values)):.1f} {_y(value, top):.1f}"
        for place, value in enumerate(values)
    ]
    for is_gap, stretch in groupby(points, lambda point: point is None):
        if not is_gap:
            drawn = [point for point in stretch if point]
            # a single point is a line of no length: its round ends show it
            yield f"M{'L'.join(drawn if len(drawn) > 1 else drawn * 2)}"


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - _PLOT_HEIGHT * value / top
