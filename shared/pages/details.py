"""One registry's page: what is wrong, what to do, and its ninety days day by day."""

from dataclasses import dataclass

from shared.domain.graph import Context
from shared.domain.health.board import BOARD_DAYS, BoardEntry, Sweep
from shared.domain.health.codes import HealthState
from shared.pages.bars import LARGE, Bars, DayMark, draw, marks, percent, uptime_of
from shared.pages.overview import IS_IN, Freshness, freshness
from shared.pages.rows import IncidentDay, RegistryRow, by_day, incidents_of, row
from shared.pages.sparkline import Sparkline, sparkline
from shared.pages.states import is_stale
from shared.pages.times import Moment, Times

LATENCY = (480, 72)
"""Width and height of the line in pixels."""
UPTIME_DAYS = (7, 30, BOARD_DAYS)
PORTAL = "https://portal.azure.com/#resource"


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
    login_server: str | None
    portal: str
    uptimes: tuple[tuple[int, str], ...]
    bars: Bars
    unusual_days: tuple[DayMark, ...]
    """Those that were not simply healthy, the newest first: the bars in words."""
    latency: Sparkline
    incidents: tuple[IncidentDay, ...]
    zone: str


def details(entry: BoardEntry, sweep: Sweep | None, context: Context, times: Times) -> Details:
    """The page of one registry."""
    days = marks(entry.days, times.now)
    share = uptime_of(entry.days, times.now)
    stale = is_stale(entry, times.now)
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
        login_server=entry.login_server,
        portal=portal_link(context, entry.site),
        uptimes=tuple((back, percent(uptime_of(entry.days, times.now, back))) for back in UPTIME_DAYS),
        bars=draw(days, LARGE, share, every_day=True),
        unusual_days=tuple(mark for mark in reversed(days) if mark.state is not HealthState.HEALTHY),
        latency=sparkline(entry.latencies, entry.latency_ms, *LATENCY),
        incidents=by_day(list(incidents_of([entry], times)), times),
        zone=times.zone,
    )


def portal_link(context: Context, site: str) -> str:
    """Where App Service shows the site."""
    group = f"/subscriptions/{context.subscription}/resourceGroups/{context.group}"
    return f"{PORTAL}{group}/providers/Microsoft.Web/sites/{site}"
