"""Small rows of the status page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.health.board import BoardEntry, Sweep
from shared.domain.health.codes import MEANINGS, Code, HealthState
from shared.pages.times import Times

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def times(zone: str = "UTC", later: timedelta = timedelta(0)) -> Times:
    return Times(NOW + later, zone)


def entry(
    name: str, state: HealthState = HealthState.HEALTHY, code: Code = Code.HEALTHY, **fields: Any
) -> BoardEntry:
    """Looked at two minutes ago, in this state for an hour."""
    given: dict[str, Any] = {
        "since": NOW - HOUR,
        "message": MEANINGS[code].message,
        "fix": MEANINGS[code].fix,
        "checked_at": NOW - 2 * MINUTE,
        **fields,
    }
    return BoardEntry(name=name, uid="u", site=f"{name}-site", state=state, code=code, **given)


def sweep(ago: timedelta) -> Sweep:
    return Sweep(id_key="s", started_at=NOW - ago, registries=1, batches=1)
