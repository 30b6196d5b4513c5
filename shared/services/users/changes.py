"""Writes a change of users: rows, revision, operation and audit are one transaction, or nothing."""

from collections.abc import Callable, Sequence

from shared.domain.errors import OperationInProgressError
from shared.domain.operations import Kind, Operation
from shared.domain.records import Change, Delete
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.user import User, UserState
from shared.services.audit.entries import Findings
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.registries.catalog import Registries
from shared.services.requests import Caller, check_not_deleted
from shared.services.state import Clock, State


class UserChanges:
    """Raises `ApiError` for what its caller can mend, `ConflictError` when somebody was faster."""

    def __init__(
        self, state: State, registries: Registries, channels: Channels, ledger: Ledger, now: Clock
    ) -> None:
        self._state, self._registries, self._channels = state, registries, channels
        self._ledger, self._now = ledger, now

    def repeated(self, caller: Caller, registry: str) -> Operation | None:
        """The operation that this very request started before."""
        return self._ledger.repeated(caller, registry)

    def home(self, registry: str) -> Registry:
        """The registry, or 404 that names the nearest."""
        return self._registries.require(registry)

    def writable(self, registry: str) -> Registry:
        """The registry, if its users may be changed."""
        home = self.home(registry)
        self.check_writable(home)
        return home

    def check_writable(self, home: Registry, *, even_deleted: bool = False) -> None:
        """Raises `ApiError` 409 while the registry is being deleted, and after a soft delete.

        `even_deleted`: logins can be taken away after a soft delete, too; a restore finds them gone.
        """
        if not even_deleted:
            check_not_deleted(home)
        if home.provisioning_state is ProvisioningState.DELETING:
            active = self._state.operation_by_id(home.active_operation)
            if active:
                raise OperationInProgressError(active.id, active.kind.value, active.registry)

    def commit(
        self,
        home: Registry,
        user: User,
        kind: Kind,
        caller: Caller,
        *,
        added: int,
        besides: Sequence[User] = (),
        details: Findings | None = None,
        more: Callable[[Operation], Sequence[Change]] = lambda _: (),
    ) -> Operation:
        """`user` is who the operation is about; `besides` change with it, and so do `more` rows."""
        users = [user, *besides]
        expiries = [each.expires_on for each in users if each.state is UserState.ACTIVE]
        raised = home.expecting(expiries).change(
            users_revision=home.users_revision + 1, user_count=home.user_count + added
        )
        operation, rows = self._ledger.start(
            caller, kind, raised, self._now(), user=user.username, details=details
        )
        changes: list[Change] = [each.change(last_operation=operation.id).save() for each in users]
        if kind is Kind.DELETE_USER and self._never_published(home):
            changes = [Delete(user.key, user.etag)]  # no file ever held it: there is nothing to wait for
        self._state.commit(home.name, raised.save(), *changes, *rows, *more(operation))
        self._channels.enqueue(operation)
        return operation

    def _never_published(self, home: Registry) -> bool:
        if home.importing:
            return False  # the import has to find the row
        projection = self._state.projection(home.name)
        return projection is not None and projection.published_revision < 0
