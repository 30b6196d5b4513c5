"""One registry's page: what is wrong, what to do, and its ninety days day by day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from shared.domain.health.board import BOARD_DAYS, BoardEntry, Sweep
from shared.domain.health.codes import HealthState
from shared.domain.portal import portal_link
from shared.domain.report.wording import percent, size
from shared.domain.resources.graph import Context
from shared.pages.bars import LARGE, Bars, DayMark, draw, marks, uptime_of
from shared.pages.overview import IS_IN, Freshness, freshness
from shared.pages.rows import IncidentDay, RegistryRow, by_day, incidents_of, row
from shared.pages.sparkline import Sparkline, sparkline
from shared.pages.times import Moment, Times, named

LATENCY = (480, 72)
"""Width and height of the line in pixels."""
UPTIME_DAYS = (7, 30, BOARD_DAYS)


@dataclass(frozen=True)
class Details:
    """Everything that a registry's page shows."""

    registry: RegistryRow
    is_in: str
    """Its state, as the end of a sentence."""
    freshness: Freshness
    checked: Moment
    checked_ago: str
    message: str
    fix: str
    evidence: str
    facts: tuple[tuple[str, str], ...]
    """What else is known: a name and a text each."""
    portal: str
    uptimes: tuple[tuple[int, str], ...]
    bars: Bars
    unusual_days: tuple[tuple[HealthState, str], ...]
    """Those that were not simply healthy, the newest first: the bars in words."""
    latency: Sparkline
    incidents: tuple[IncidentDay, ...]
    zone: str


def details(entry: BoardEntry, sweep: Sweep | None, context: Context, times: Times) -> Details:
    """The page of one registry."""
    days = marks(entry.days, times.now)
    share = uptime_of(entry.days, times.now)
    stale = entry.is_stale(times.now)
    found = row(entry, times)
    return Details(
        registry=found,
        is_in=IS_IN[found.state],
        freshness=freshness(sweep, times),
        checked=times.moment(entry.checked_at),
        checked_ago=times.ago(entry.checked_at),
        message=entry.message,
        fix="" if stale else entry.fix,
        evidence="" if stale else entry.evidence,
        facts=tuple(_facts(entry, times)),
        portal=portal_link(context.subscription, context.group, entry.site),
        uptimes=tuple((back, percent(uptime_of(entry.days, times.now, back))) for back in UPTIME_DAYS),
        bars=draw(days, LARGE, share, every_day=True),
        unusual_days=tuple(_unusual(days)),
        latency=sparkline(entry.latencies, entry.latency_ms, *LATENCY),
        incidents=by_day(list(incidents_of([entry], times)), times),
        zone=times.zone,
    )


def _unusual(days: Sequence[DayMark]) -> Iterator[tuple[HealthState, str]]:
    """Days in a row on which nobody looked are one line."""
    for state, stretch in groupby(reversed(days), key=lambda mark: mark.state):
        marked = list(stretch)
        if state is HealthState.UNKNOWN and len(marked) > 1:
            yield state, f"{named(marked[-1].day)} to {named(marked[0].day)}: nobody looked"
        elif state is not HealthState.HEALTHY:
            yield from ((state, mark.text) for mark in marked)


def _facts(entry: BoardEntry, times: Times) -> Iterator[tuple[str, str]]:
    if entry.login_server:
        yield "Login server", entry.login_server
    if entry.certificate_expires:
        yield "Certificate", f"until {times.moment(entry.certificate_expires).text}"
    if entry.size_bytes is not None:
        blobs = f" in {entry.blobs:,} blobs" if entry.blobs is not None else ""
        yield "Images", f"{size(entry.size_bytes)}{blobs}"
    if entry.user_count is not None:
        yield "Users", f"{entry.user_count}"
