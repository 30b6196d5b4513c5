"""Mutes registries, and says whether one is muted. The mute and its audit entry are one transaction.

It is a row of its own: whoever works on the registry's row, or looks at the registry, is in nobody's way.
"""

import logging
from datetime import datetime

from shared.domain.audit import MUTE, UNMUTE
from shared.domain.errors import DependencyError
from shared.domain.health.mute import Mute, MuteSpec
from shared.domain.records import Delete
from shared.domain.registries.registry import Registry
from shared.domain.times import shown_at
from shared.services.audit.entries import entry_about
from shared.services.health.boards import Boards
from shared.services.operations.ledger import Ledger, operation_id_reused
from shared.services.registries.catalog import Registries
from shared.services.requests import Caller, check_not_deleted
from shared.services.state import Clock, State, retry_on_conflict

logger = logging.getLogger(__name__)


class Mutes:
    """Raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(
        self, state: State, registries: Registries, ledger: Ledger, boards: Boards, now: Clock
    ) -> None:
        self._state, self._registries, self._ledger, self._now = state, registries, ledger, now
        self._boards = boards

    def of(self, registry: Registry) -> Mute | None:
        """The mute that keeps it quiet now: one read."""
        found = self._state.mute(registry.name)
        return found if found and found.holds(registry.uid, self._now()) else None

    @retry_on_conflict
    def mute(self, name: str, spec: MuteSpec, caller: Caller) -> Mute:
        """From now on, in place of any mute before it. A repeat with the same `Operation-Id` begins nothing anew."""
        self._ledger.repeated(caller, name)  # an operation with this id was started by another request
        registry = self._registries.require(name)
        present = self._state.mute(name)
        if present and present.uid == registry.uid and self._is_repeat(caller, present):
            return present
        check_not_deleted(registry)
        now = self._now()
        wanted = Mute(
            etag=present.etag if present else "",
            uid=registry.uid,
            until=spec.end(now),
            reason=spec.reason,
            by=caller.actor,
            at=now,
            operation_key=caller.operation_key,
            fingerprint=self._ledger.fingerprint(caller),
        )
        if present and _says_the_same(present, wanted):
            return present
        details = {"until": [shown_at(wanted.until)], "reason": [wanted.reason]}
        entry = entry_about(caller, MUTE, name, now, details)
        self._state.commit(name, wanted.save(), entry.save())
        self._show(registry, wanted.until)
        return wanted

    @retry_on_conflict
    def lift(self, name: str, caller: Caller) -> None:
        """Ends the mute, if there is one. Raises `ApiError` 404 when there is no such registry."""
        registry = self._registries.require(name)
        present = self._state.mute(name)
        now = self._now()
        if present is None or not present.holds(registry.uid, now):
            return
        entry = entry_about(caller, UNMUTE, name, now)
        self._state.commit(name, Delete(present.key, present.etag), entry.save())
        self._show(registry, None)

    def _show(self, registry: Registry, until: datetime | None) -> None:
        """On the status page, without waiting for the next check, which shows it in any case."""
        try:
            self._boards.show_mute(registry, until)
        except DependencyError as error:
            logger.warning("the next check shows the mute of %s: %s", registry.name, error)

    def _is_repeat(self, caller: Caller, present: Mute) -> bool:
        """Raises `ApiError` 409 when another request has used its `Operation-Id`."""
        if caller.operation_key is None or caller.operation_key != present.operation_key:
            return False
        if present.fingerprint != self._ledger.fingerprint(caller):
            raise operation_id_reused(caller)
        return True


def _says_the_same(present: Mute, wanted: Mute) -> bool:
    return (present.uid, present.until, present.reason) == (wanted.uid, wanted.until, wanted.reason)
