"""A user is revoked everywhere: one ordinary deletion in each registry that has the name, and one end for all of them.

The deletions have ids that follow from the revocation's own, so that a turn that is run again starts none a second
time. Each is tried for ever, as every revocation is.
"""

import hashlib
from collections.abc import Sequence
from functools import partial

from shared.domain.errors import NotFoundError, OperationInProgressError
from shared.domain.names import operation_id
from shared.domain.operations import Operation, OperationError, Status
from shared.domain.records import Change
from shared.services.capacity import Capacity
from shared.services.operations.handlers import Again, Done
from shared.services.requests import Caller, Precondition
from shared.services.state import State
from shared.services.users.accounts import Accounts
from shared.services.users.people import CONCURRENCY
from shared.telemetry.threads import ContextThreadPool

REFUSED = "Refused"
"""What is said of a registry that lets the user in no more."""
LOOK_EVERY_SECONDS = 1.0


class RevocationTurns:
    """The handler of revocations everywhere."""

    def __init__(self, state: State, capacity: Capacity, accounts: Accounts) -> None:
        self._state, self._capacity, self._accounts = state, capacity, accounts

    def turn(self, operation: Operation) -> Done | Again:
        """First find the registries, and keep them; then a deletion in each, until all have ended."""
        username = operation.user or ""
        if operation.targets is None:
            return Again(0, {"targets": self._homes(username)})
        with ContextThreadPool(CONCURRENCY) as pool:
            outcomes = list(pool.map(partial(self._revoke, operation), operation.targets))
        found = {name: outcome for name, outcome in zip(operation.targets, outcomes, strict=True) if outcome}
        if len(found) < len(operation.targets):
            return Again(LOOK_EVERY_SECONDS)
        return Done({"registries": found}, error=_failure(username, found))

    def _homes(self, username: str) -> list[str]:
        """Where there is such a user, or one is about to be imported."""
        names = [name for name, _ in self._capacity.names()]
        with ContextThreadPool(CONCURRENCY) as pool:
            has = list(pool.map(partial(self._has, username), names))
        return [name for name, is_there in zip(names, has, strict=True) if is_there]

    def _has(self, username: str, registry: str) -> bool:
        home = self._state.registry(registry)
        if home is None:
            return False
        if home.importing and self._state.staged_hash(home, username):
            return True
        return self._state.user(registry, username) is not None

    def _revoke(self, operation: Operation, registry: str) -> str | None:
        """What came of the deletion in this registry, which is started if it is not there; `None` = not ended."""
        key = _key(operation, registry)
        try:
            deletion = self._state.operation(registry, key) or self._delete(operation, registry, key)
        except OperationInProgressError:
            return None  # the registry itself is being deleted, and perhaps with its users: looked at again
        except NotFoundError:
            return REFUSED
        if deletion is None:
            return REFUSED
        if not deletion.final:
            return None
        if deletion.status is Status.SUCCEEDED or (
            deletion.error and deletion.error.code == "RegistryDeleted"
        ):
            return REFUSED
        return deletion.error.code if deletion.error else deletion.status.value

    def _delete(self, operation: Operation, registry: str, key: str) -> Operation | None:
        caller = Caller(operation.asked_by, operation.id, operation_key=key, payload=key.encode())
        return self._accounts.delete(registry, operation.user or "", Precondition(), caller)

    def settle(self, operation: Operation, status: Status) -> Sequence[Change]:
        """Nothing: each deletion changes its own rows."""
        _ = operation, status
        return []

    def fail(self, operation: Operation, error: OperationError) -> Again | None:
        """Nothing to clean up."""
        _ = operation, error
        return None

    def finished(self, operation: Operation, status: Status) -> None:
        """Nothing follows."""


def _key(operation: Operation, registry: str) -> str:
    """Nobody can guess it and take it as an id of his own."""
    digest = hashlib.sha256(f"{operation.fingerprint}/{operation_id(registry, operation.id_key)}".encode())
    return f"revoke-{digest.hexdigest()[:32]}"


def _failure(username: str, found: dict[str, str]) -> OperationError | None:
    failed = [f"{name}: {outcome}" for name, outcome in found.items() if outcome != REFUSED]
    if not failed:
        return None
    return OperationError(
        code="NotRevokedEverywhere",
        message=f"User '{username}' may still get in: {', '.join(failed[:10])}.",
        fix=f"Look at the user there, then send POST /api/users/{username}/revoke again.",
    )
