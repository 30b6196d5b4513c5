"""Users whose time is over leave the htpasswd file.

Expiry is materialised: the file holds the users that are `Active`, so a user expires when its row says so. The
registry's row keeps the earliest time at which that may be due, so a run looks at users only where something is.

Each transaction turns a batch of users into `Expired`, raises the revision and audits their names; one operation
publishes all of them. At no moment do rows and revision disagree: a publication in between shows a part of it, and is
right. A run that dies goes on with the next one, which finds what is still due; two runs at once exclude each other
by the registry's ETag.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import batched

from ulid import ULID

from shared.domain.errors import ConflictError
from shared.domain.operations import Kind, Operation
from shared.domain.records import Change
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.user import User, UserState
from shared.services.audit.entries import audit_entry
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.reconciling.reconcile import ACTOR, Seen
from shared.services.reconciling.report import Report
from shared.services.requests import Caller
from shared.services.state import Clock, State
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)

BATCH = 90
"""Users in one transaction: a hundred rows have to hold the registry, the operation and the audit too."""
TRIES = 10
"""How often a run looks again after somebody else was faster. The rest is the next run's."""


class ExpiredUsers:
    """Nobody who can change a user is held up by it: whoever commits first wins, and the other looks again."""

    def __init__(self, state: State, channels: Channels, ledger: Ledger, now: Clock) -> None:
        self._state, self._channels, self._ledger, self._now = state, channels, ledger, now

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        if seen.registry is None or not _is_due(seen.registry, self._now()):
            return
        run = _Run(self._state, self._ledger, seen.registry.name, self._now)
        try:
            run.expire()
        finally:
            for operation in run.operations:
                self._channels.enqueue(operation)
        if run.expired:
            with bound(operation=run.operations[-1].id):
                logger.info("%d users have expired", len(run.expired))
        for username in run.expired:
            report.note("users_expired", f"{seen.name}/{username}")


class _Run:
    """One registry in one run. `operations`: one, unless somebody has set it in motion before it was complete."""

    def __init__(self, state: State, ledger: Ledger, name: str, now: Clock) -> None:
        self._state, self._ledger, self._name, self._now = state, ledger, name, now
        self.operations: list[Operation] = []
        self.expired: list[str] = []

    def expire(self) -> None:
        """Raises `ConflictError` when others were faster again and again."""
        for left in reversed(range(TRIES)):
            try:
                if self._look():
                    return
            except ConflictError:
                if not left:
                    raise

    def _look(self) -> bool:
        """Expires what is due now; `True` when nothing is."""
        registry = self._state.registry(self._name)
        now = self._now()
        if registry is None or not _is_due(registry, now):
            return True
        active = [user for user in self._state.users(self._name) if user.state is UserState.ACTIVE]
        due = [user for user in active if user.expiry.is_over(now)]
        for batch in batched(due, BATCH, strict=False):
            self._commit(batch, now)
        if not due:
            later = min((user.expires_on for user in active if user.expires_on), default=None)
            self._state.commit(self._name, registry.change(next_expiry=later).save())
        return not due

    def _commit(self, batch: Sequence[User], now: datetime) -> None:
        registry = self._state.registry(self._name)
        if registry is None or registry.uid != batch[0].uid:
            raise ConflictError("the registry is gone")
        names = [user.username for user in batch]
        raised = registry.change(users_revision=registry.users_revision + 1)
        operation, rows = self._operation(raised, names, now)
        changed = [
            user.change(
                state=UserState.EXPIRED,
                revision=raised.users_revision,
                last_operation=operation.id,
                updated_at=now,
            )
            for user in batch
        ]
        self._state.commit(self._name, raised.save(), *(user.save() for user in changed), *rows)
        self.operations = [*(each for each in self.operations if each.id != operation.id), operation]
        self.expired += names

    def _operation(self, raised: Registry, names: list[str], now: datetime) -> tuple[Operation, list[Change]]:
        """The operation of this run with this batch, and the rows that go with it."""
        caller, details = Caller(actor=ACTOR, request_id=str(ULID())), {"expired": names}
        begun = self._begun()
        if begun is None:
            return self._ledger.start(caller, Kind.EXPIRE_USERS, raised, now, details=details)
        operation = begun.change(revision=raised.users_revision)
        entry = audit_entry(caller, Kind.EXPIRE_USERS, operation, now, details)
        return operation, [operation.save(), entry.save()]

    def _begun(self) -> Operation | None:
        """The operation of an earlier batch, unless it is at work already."""
        last = self.operations[-1] if self.operations else None
        present = self._state.operation(self._name, last.id_key) if last else None
        return present if present and present.turn == 0 and not present.final else None


def _is_due(registry: Registry, now: datetime) -> bool:
    is_going = registry.provisioning_state is ProvisioningState.DELETING
    return registry.next_expiry is not None and registry.next_expiry <= now and not is_going
