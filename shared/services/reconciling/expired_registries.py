"""Registries that were deleted long enough ago are purged: an ordinary operation, with an entry in the audit."""

import logging
from contextlib import suppress
from datetime import timedelta

from ulid import ULID

from shared.domain.errors import ConflictError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.registries.registry import Registry
from shared.domain.times import shown_at
from shared.services.operations.lifecycle import Lifecycle
from shared.services.reconciling.reconcile import ACTOR, Seen
from shared.services.reconciling.report import Report
from shared.services.requests import Caller
from shared.services.state import Clock, State
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)

AFTER_FAILURE = timedelta(hours=1)
"""A purge that Azure refuses, for a lock perhaps, is tried again."""


class ExpiredRegistries:
    """Two runs at the same time start one purge: the ETag of the row that was seen decides."""

    def __init__(self, state: State, lifecycle: Lifecycle, now: Clock) -> None:
        self._state, self._lifecycle, self._now = state, lifecycle, now

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        registry = seen.registry
        if registry is None or not self._is_due(registry) or self._has_just_failed(registry):
            return
        if operation := self._purge(registry):
            with bound(operation=operation.id):
                logger.warning("was deleted on %s: purged now", _date(registry, "deleted_on"))
            report.note("registries_purged", seen.name)

    def _is_due(self, registry: Registry) -> bool:
        if not registry.is_soft_deleted or registry.active_operation or registry.purge_on is None:
            return False
        return registry.purge_on <= self._now()

    def _has_just_failed(self, registry: Registry) -> bool:
        """Was a purge begun since it was deleted, which has failed or was canceled a short while ago?"""
        last = self._state.operation_by_id(registry.last_operation)
        if last is None or last.kind is not Kind.PURGE_REGISTRY or last.status is Status.SUCCEEDED:
            return False
        return last.ended_at is None or self._now() < last.ended_at + AFTER_FAILURE

    def _purge(self, seen: Registry) -> Operation | None:
        """`None` if somebody has begun to restore or purge it since it was seen."""
        present = self._state.registry(seen.name)
        if present is None or present.version_tag != seen.version_tag:
            return None
        details = {"deletedOn": [_date(present, "deleted_on")], "purgeOn": [_date(present, "purge_on")]}
        caller = Caller(actor=ACTOR, request_id=str(ULID()))
        with suppress(ConflictError):
            _, operation = self._lifecycle.begin(
                present, present.desired, Kind.PURGE_REGISTRY, caller, details=details
            )
            return operation
        return None


def _date(registry: Registry, name: str) -> str:
    moment = getattr(registry, name)
    return shown_at(moment) if moment else "?"
