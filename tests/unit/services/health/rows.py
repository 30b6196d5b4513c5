"""Rows of a registry's past, as checks leave them behind."""

from datetime import datetime, timedelta
from typing import Any

from shared.domain.health.codes import Code, HealthState
from shared.domain.health.history import Check, Day, Incident
from shared.domain.records import Record, Upsert
from tests.unit.services.rig import NAME, Rig


def keep(rig: Rig, *records: Record, partition: str = NAME) -> None:
    """Writes them, whatever was there."""
    for record in records:
        rig.health_table.transact(partition, [Upsert(record.to_row())])


def check(rig: Rig, ago: timedelta, state: str = "Healthy", code: str = "HEALTHY", **more: Any) -> Check:
    fields = {"uid": rig.registry().uid, "at": rig.clock.now - ago, **more}
    return Check(state=HealthState(state), code=Code(code), **fields)


def day(rig: Rig, days_ago: int, **more: Any) -> Day:
    today: datetime = rig.clock.now
    return Day(**{"uid": rig.registry().uid, "day": today.date() - timedelta(days=days_ago), **more})


def incident(rig: Rig, ago: timedelta, lasted: timedelta | None, **more: Any) -> Incident:
    """`lasted`: `None` = it is not over."""
    start = rig.clock.now - ago
    fields: dict[str, Any] = {
        "uid": rig.registry().uid,
        "started_at": start,
        "ended_at": None if lasted is None else start + lasted,
        "state": HealthState.DOWN,
        "code": Code.STORAGE_UNHEALTHY,
        "message": "The registry can't reach its blobs.",
    }
    return Incident(**{**fields, **more})
