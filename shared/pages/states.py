"""States as a page shows them: each has its place in the order, and what there is to say of it."""

from datetime import datetime, timedelta

from shared.domain.health.board import BoardEntry
from shared.domain.health.codes import HealthState
from shared.pages.times import Times

LATE_AFTER = timedelta(minutes=10)
"""A sweep that is older has been missed twice, with the schedule that there is by default."""

_PLACES = {
    state: place
    for place, state in enumerate(
        (
            HealthState.DOWN,
            HealthState.DEGRADED,
            HealthState.UNKNOWN,
            HealthState.MAINTENANCE,
            HealthState.HEALTHY,
        )
    )
}
UP = {HealthState.HEALTHY, HealthState.DEGRADED}
PROBLEMS = {HealthState.DOWN, HealthState.DEGRADED}


def place(state: HealthState) -> int:
    """The gravest come first."""
    return _PLACES[state]


def is_muted(entry: BoardEntry, now: datetime) -> bool:
    """Is nobody told of it now?"""
    return entry.muted_until is not None and entry.muted_until > now


def note(entry: BoardEntry, times: Times) -> str:
    """What there is to say of a registry that is not simply healthy."""
    if entry.is_stale(times.now):
        return f"Not looked at since {times.moment(entry.checked_at).text}. It was {entry.state} then."
    return "" if entry.state is HealthState.HEALTHY else entry.message
