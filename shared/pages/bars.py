"""Ninety days at a glance: a bar for each, whose shape says the same as its colour.

A day that was up is a solid bar, as high as the share of the day that we know of; one with a degradation has a notch,
one with an outage is taller than all others; maintenance is hollow, and a day that nobody saw is a dot.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.domain.health.board import BOARD_DAYS, Bar
from shared.domain.health.codes import HealthState
from shared.domain.health.history import total, uptime
from shared.domain.report.wording import percent
from shared.pages.times import lasting, named

_DAY_SECONDS = 86_400
_LEAST_SHARE = 0.25
"""Even a minute of a day can be seen."""


@dataclass(frozen=True)
class DayMark:
    """One day. `share`: how much of it is known, up to 1; `text`: what happened."""

    day: date
    state: HealthState
    share: float
    text: str


@dataclass(frozen=True)
class Shape:
    """A path in an SVG, with what its mouse pointer says; no `title`: nothing to be said."""

    state: HealthState
    path: str
    title: str = ""
    hit: str = ""
    """Around it, so that a thin bar can be pointed at."""


@dataclass(frozen=True)
class Bars:
    """All of it. `label`: the same in words."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    label: str


@dataclass(frozen=True)
class Size:
    """Of one bar with the gap behind it, and of all, in pixels."""

    bar: int
    step: int
    height: int


ROW, LARGE = Size(3, 5, 28), Size(7, 10, 56)


def seconds_of(bar: Bar) -> dict[HealthState, float]:
    """As the uptime counts them."""
    return {
        HealthState.HEALTHY: bar.up,
        HealthState.DEGRADED: bar.degraded,
        HealthState.DOWN: bar.down,
        HealthState.MAINTENANCE: bar.maintenance,
    }


def uptime_of(bars: Sequence[Bar], now: datetime, days: int = BOARD_DAYS) -> float | None:
    """Of the last so many days, today included."""
    first = now.astimezone(UTC).date() - timedelta(days=days - 1)
    return uptime(total(seconds_of(bar) for bar in bars if bar.day >= first))


def marks(bars: Sequence[Bar], now: datetime) -> list[DayMark]:
    """One for each day, the oldest first. Today is as long as it has lasted."""
    known, today = {bar.day: bar for bar in bars}, now.astimezone(UTC).date()
    passed = max(1.0, (now - datetime.combine(today, time(), UTC)).total_seconds())
    days = (today - timedelta(days=back) for back in reversed(range(BOARD_DAYS)))
    return [_mark(day, known.get(day), passed if day == today else _DAY_SECONDS) for day in days]


def draw(found: Sequence[DayMark], size: Size, share: float | None, *, every_day: bool) -> Bars:
    """`every_day`: each can be pointed at; otherwise only those with a problem, which keeps a long page small."""
    width = len(found) * size.step - (size.step - size.bar)
    singly = [every_day or mark.state in _WORST for mark in found]
    shapes = [*_merged(found, singly, size), *_single(found, singly, size)]
    return Bars(width, size.height, tuple(shapes), _label(found, share))


_WORST = (HealthState.DOWN, HealthState.DEGRADED)


def _mark(day: date, bar: Bar | None, seconds: float) -> DayMark:
    spent = seconds_of(bar) if bar else {}
    known = min(1.0, sum(spent.values()) / seconds)
    bad = [state for state in _WORST if spent.get(state)]
    if bad:
        return DayMark(day, bad[0], 1.0, _said(day, {state: spent[state] for state in bad}))
    up, maintenance = spent.get(HealthState.HEALTHY, 0.0), spent.get(HealthState.MAINTENANCE, 0.0)
    if not up and not maintenance:
        return DayMark(day, HealthState.UNKNOWN, 0.0, f"{named(day)}: nobody looked")
    if maintenance > up:
        return DayMark(day, HealthState.MAINTENANCE, 1.0, _said(day, {HealthState.MAINTENANCE: maintenance}))
    rest = "" if known > 0.98 else f", for the {lasting(known * seconds)} that we know of"
    return DayMark(day, HealthState.HEALTHY, known, f"{named(day)}: healthy{rest}")


def _said(day: date, spent: dict[HealthState, float]) -> str:
    parts = ", ".join(f"{state.lower()} {lasting(seconds)}" for state, seconds in spent.items())
    return f"{named(day)}: {parts}"


def _merged(found: Sequence[DayMark], singly: Sequence[bool], size: Size) -> Iterator[Shape]:
    for state in HealthState:
        paths = [
            _path(mark, place * size.step, size)
            for place, mark in enumerate(found)
            if mark.state is state and not singly[place]
        ]
        if paths:
            yield Shape(state, "".join(paths))


def _single(found: Sequence[DayMark], singly: Sequence[bool], size: Size) -> Iterator[Shape]:
    for place, mark in enumerate(found):
        if singly[place]:
            x = place * size.step
            yield Shape(mark.state, _path(mark, x, size), mark.text, _box(x, 0, size.step, size.height))


def _path(mark: DayMark, x: int, size: Size) -> str:
    """Whole pixels: a bar has sharp edges."""
    top, bottom = size.height // 7, size.height - size.height // 7
    full = bottom - top
    if mark.state is HealthState.DOWN:
        return _box(x, 0, size.bar, size.height)
    if mark.state is HealthState.UNKNOWN:
        return _box(x, bottom - size.bar, size.bar, size.bar)
    if mark.state is HealthState.DEGRADED:
        notch, gap = full // 3, max(2, size.height // 14)
        return _box(x, top, size.bar, notch) + _box(x, top + notch + gap, size.bar, full - notch - gap)
    if mark.state is HealthState.MAINTENANCE:
        inner = size.bar - 2
        hole = f"M{x + 1} {top + 1}v{full - 2}h{inner}v-{full - 2}z"  # the other way round: nothing is filled there
        return _box(x, top, size.bar, full) + hole
    high = round(full * max(_LEAST_SHARE, mark.share))
    return _box(x, bottom - high, size.bar, high)


def _box(x: int, y: int, width: int, height: int) -> str:
    return f"M{x} {y}h{width}v{height}h-{width}z"


def _label(found: Sequence[DayMark], share: float | None) -> str:
    counted = ((state, sum(mark.state is state for mark in found)) for state in HealthState)
    said = [f"{state.lower()} on {number}" for state, number in counted if number]
    up = "no uptime is known" if share is None else f"{percent(share)} up"
    return f"The last {len(found)} days: {up}. Days: {', '.join(said)}."
