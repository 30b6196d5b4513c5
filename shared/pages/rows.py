"""What both pages show of a registry: its state in a word, its ninety days, its latency, its incidents."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from shared.domain.health.board import BoardEntry, Trouble
from shared.domain.health.codes import HealthState
from shared.domain.report.wording import percent
from shared.pages.bars import ROW, Bars, draw, marks, uptime_of
from shared.pages.sparkline import Sparkline, sparkline
from shared.pages.states import is_muted, note
from shared.pages.times import Moment, Times

SPARKLINE = (80, 24)
"""Width and height in pixels."""


@dataclass(frozen=True)
class RegistryRow:
    """One line of the overview. `lasts`: how long it has been in this state; `muted`: until when nobody is told."""

    name: str
    href: str
    state: HealthState
    since: Moment
    lasts: str
    code: str
    note: str
    muted: Moment | None
    tags: tuple[tuple[str, str], ...]
    uptime: str
    bars: Bars
    latency: Sparkline


@dataclass(frozen=True)
class IncidentLine:
    """One incident."""

    name: str
    href: str
    state: HealthState
    code: str
    message: str
    spell: str
    """From when to when, under the heading of the day on which it began."""
    is_over: bool
    lasted: str


@dataclass(frozen=True)
class IncidentDay:
    """What began on one day, the newest first."""

    day: str
    incidents: tuple[IncidentLine, ...]


def link_to(name: str) -> str:
    """A registry's own page."""
    return f"/api/status/{name}"


def row(entry: BoardEntry, times: Times) -> RegistryRow:
    """One registry."""
    share, now = uptime_of(entry.days, times.now), times.now
    state = entry.state_at(now)
    since = entry.since if state is entry.state else entry.checked_at
    return RegistryRow(
        name=entry.name,
        href=link_to(entry.name),
        state=state,
        since=times.moment(since),
        lasts=times.lasted(since),
        code=entry.code,
        note=note(entry, times),
        muted=times.moment(entry.muted_until) if entry.muted_until and is_muted(entry, now) else None,
        tags=tuple(sorted(entry.tags.items())),
        uptime=percent(share),
        bars=draw(marks(entry.days, now), ROW, share, every_day=False),
        latency=sparkline(entry.latencies, entry.latency_ms, *SPARKLINE),
    )


def incidents_of(entries: Iterable[BoardEntry], times: Times) -> Iterator[tuple[Trouble, IncidentLine]]:
    """All that is known, the newest first."""
    found = [(trouble, entry.name) for entry in entries for trouble in entry.incidents]
    for trouble, name in sorted(found, key=lambda each: (each[0].started_at, each[1]), reverse=True):
        yield trouble, _line(name, trouble, times)


def by_day(found: Sequence[tuple[Trouble, IncidentLine]], times: Times) -> tuple[IncidentDay, ...]:
    """Grouped by the day on which they began."""
    days = groupby(found, lambda each: times.day(each[0].started_at))
    return tuple(IncidentDay(times.day_name(day), tuple(line for _, line in each)) for day, each in days)


def _line(name: str, trouble: Trouble, times: Times) -> IncidentLine:
    started, ended = trouble.started_at, trouble.ended_at
    return IncidentLine(
        name=name,
        href=link_to(name),
        state=trouble.state,
        code=trouble.code,
        message=trouble.message,
        spell=f"{times.clock(started)} \N{EN DASH} {_end(started, ended, times)}",
        is_over=ended is not None,
        lasted=times.lasted(started, ended),
    )


def _end(started: datetime, ended: datetime | None, times: Times) -> str:
    if ended is None:
        return "now"
    return times.clock(ended) if times.day(ended) == times.day(started) else times.moment(ended).text
