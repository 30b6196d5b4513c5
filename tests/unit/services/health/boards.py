"""Rows that stand for all registries: the board, sweeps, notices."""

from datetime import datetime, timedelta
from typing import Any

from shared.domain.health.board import BoardEntry
from shared.domain.health.codes import Code, HealthState
from shared.domain.notices.notice import Delivery, DeliveryStatus, Notice, NoticeKind


def entry(name: str, at: datetime, **more: Any) -> BoardEntry:
    """A registry that is well."""
    fields: dict[str, Any] = {
        "uid": "u1",
        "site": f"{name}-site",
        "state": HealthState.HEALTHY,
        "since": at - timedelta(hours=1),
        "code": Code.HEALTHY,
        "message": "",
        "latency_ms": 41,
        "checked_at": at,
    }
    return BoardEntry(name=name, **{**fields, **more})


def notice(subject: str, at: datetime, kind: str = "Problem", **statuses: str) -> Notice:
    """`statuses`: by the name of the sink."""
    deliveries = {sink: Delivery(status=DeliveryStatus(status)) for sink, status in statuses.items()}
    return Notice(kind=NoticeKind(kind), subject=subject, at=at, deliveries=deliveries)
