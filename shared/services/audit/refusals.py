"""Refusals in the audit: who wanted what, and was told no.

A refusal changes nothing and must never be more than that: if it can't be recorded, its caller is refused all the same.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from ulid import ULID

from shared.domain.audit import AuditEntry, action_of
from shared.domain.errors import ApiError, ConflictError, DependencyError
from shared.domain.names import REGISTRY_NAME, USERNAME, split_operation_id
from shared.services.audit.trail import AuditTrail
from shared.services.requests import Caller
from shared.services.state import Clock
from shared.telemetry.logs import plain

logger = logging.getLogger(__name__)

THROTTLED = 429
THROTTLED_EVERY = timedelta(minutes=1)
"""A caller that is told to slow down does so once in the audit, however often it asks."""
MOST_CALLERS = 1000
"""Remembered for that; whoever was refused first is forgotten first."""
UNREADABLE = "?"
_UNRECORDED = (DependencyError, ConflictError)


def is_recorded(status: int, *, writes: bool) -> bool:
    """Every lack of rights, and every refused attempt to change something."""
    return status == 403 or (writes and 400 <= status < 500)


class Refusals:
    """Records them: one transaction each."""

    def __init__(self, trail: AuditTrail, now: Clock) -> None:
        self._trail, self._now = trail, now
        self._throttled: dict[str, datetime] = {}

    def record(self, caller: Caller, function: str, names: Mapping[str, str], error: ApiError) -> None:
        """`names`: what the path names. Body, query and headers are nobody's business."""
        now = self._now()
        if error.status == THROTTLED and not self._is_first(caller.actor, now):
            return
        entry = AuditEntry(
            id_key=str(ULID.from_datetime(now)),
            at=now,
            actor=caller.actor,
            address=caller.address,
            action=action_of(function),
            target="/".join(_shown(kind, name) for kind, name in names.items()),
            registry=_registry(names),
            outcome=error.code,
            status=error.status,
            request_id=caller.request_id,
        )
        try:
            self._trail.copy([entry])
        except _UNRECORDED as reason:
            logger.warning("a refusal is not in the audit: %s %s: %s", entry.action, entry.outcome, reason)

    def _is_first(self, actor: str, now: datetime) -> bool:
        """In `THROTTLED_EVERY`."""
        last = self._throttled.get(actor)
        if last and now - last < THROTTLED_EVERY:
            return False
        self._throttled.pop(actor, None)
        self._throttled[actor] = now
        while len(self._throttled) > MOST_CALLERS:
            self._throttled.pop(next(iter(self._throttled)), None)
        return True


_GRAMMAR = {"registry": REGISTRY_NAME, "username": USERNAME}


def _shown(kind: str, name: str) -> str:
    """A name; what can't be one may be anything, even a password that has slipped into the path."""
    if kind == "operation":
        return plain(name) if split_operation_id(name) else UNREADABLE
    known = _GRAMMAR.get(kind)
    return name if known and known.fullmatch(name) else UNREADABLE


def _registry(names: Mapping[str, str]) -> str | None:
    """The registry that a path is about, if it can be the name of one."""
    parts = split_operation_id(names.get("operation", ""))
    name = parts[0] if parts else names.get("registry", "")
    return name if REGISTRY_NAME.fullmatch(name) else None
