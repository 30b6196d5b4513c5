"""How long the last logins took, as a line without axes: it shows whether that was always so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from shared.domain.report.wording import milliseconds

_MARGIN = 2
"""Pixels around the line: its ends are round."""


@dataclass(frozen=True)
class Sparkline:
    """`paths`: one for each stretch without a gap. `dot`: the last check, if anybody got in then."""

    width: int
    height: int
    paths: tuple[str, ...]
    dot: tuple[float, float] | None
    last: str
    label: str


def sparkline(latencies: Sequence[int | None], last: int | None, width: int, height: int) -> Sparkline:
    """In milliseconds, the oldest first; `None` where nobody got in. `last`: the present one."""
    known = [each for each in latencies if each is not None]
    shown = milliseconds(last)
    if not known:
        return Sparkline(width, height, (), None, shown, "No login is known.")
    points = list(_points(latencies, _ceiling(known), width, height))
    ends = points[-1] if latencies[-1] is not None else None
    label = f"Logins took {min(known)} to {max(known)} ms in the last {len(latencies)} checks."
    return Sparkline(width, height, tuple(_stretches(points)), ends, shown, label)


def _ceiling(known: Sequence[int]) -> float:
    """So that the usual lies in the middle, and an outlier is seen as one."""
    return max(2 * median(known), *known, 1)


def _points(
    latencies: Sequence[int | None], ceiling: float, width: int, height: int
) -> Iterator[tuple[float, float] | None]:
    """The last one stands at the right, also when it is the only one."""
    step = (width - 2 * _MARGIN) / max(1, len(latencies) - 1)
    for place, each in enumerate(latencies):
        if each is None:
            yield None
        else:
            y = height - _MARGIN - (height - 2 * _MARGIN) * each / ceiling
            yield round(width - _MARGIN - (len(latencies) - 1 - place) * step, 1), round(y, 1)


def _stretches(points: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    for is_gap, stretch in groupby(points, lambda point: point is None):
        if not is_gap:
            drawn = [f"{point[0]} {point[1]}" for point in stretch if point]
            # a single check is a line of no length: its round ends show it
            yield f"M{'L'.join(drawn if len(drawn) > 1 else drawn * 2)}"
