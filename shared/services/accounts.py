"""Users of a registry: put, show, list, rotate, delete. Each change is one transaction and one operation."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import OperationInProgressError, not_found
from shared.domain.names import split_operation_id
from shared.domain.operations import Kind, Operation
from shared.domain.passwords import hash_cost, slow_hash_warning
from shared.domain.records import Change, Delete
from shared.domain.registries import ProvisioningState, Registry
from shared.domain.users import User, UserSpec, UserState
from shared.services.registries import Registries
from shared.services.requests import Caller, Ledger, Precondition, check_not_deleted, nearest
from shared.services.secret import Secret
from shared.services.state import Clock, State, retry_on_conflict
from shared.services.turns import Channels


@dataclass(frozen=True)
class UserAnswer:
    """A user, and what its caller learns once: `password` if we made it, `warning` if the hash is slow."""

    registry: str
    user: User
    proven_revision: int
    operation: Operation | None = None
    password: str | None = None
    warning: str | None = None
    created: bool = False
    already_shown: bool = False

    @property
    def syncing(self) -> bool:
        """Has the registry not yet proven that it knows this user's present state?"""
        return self.user.revision > self.proven_revision


class Accounts:
    """Every method raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(
        self, state: State, registries: Registries, channels: Channels, ledger: Ledger, now: Clock
    ) -> None:
        self._state, self._registries, self._channels = state, registries, channels
        self._ledger, self._now = ledger, now

    def put(
        self, registry: str, username: str, spec: UserSpec, condition: Precondition, caller: Caller
    ) -> UserAnswer:
        """A new user without a secret gets a generated one; an existing user keeps its own unless one is sent."""
        if repeated := self._ledger.repeated(caller, registry):
            return self._again(registry, username, repeated)
        present = self._present(registry, username)
        secret = Secret(spec, generate=True)
        if present and spec.has_secret and not secret.is_new(present.password_hash):
            secret = Secret(UserSpec(password_hash=present.password_hash), generate=False)
        if present is None or spec.has_secret:
            secret.hash()  # takes its time outside of the transaction's retries
        return self._put(registry, username, spec, secret, condition, caller)

    @retry_on_conflict
    def _put(
        self,
        registry: str,
        username: str,
        spec: UserSpec,
        secret: Secret,
        condition: Precondition,
        caller: Caller,
    ) -> UserAnswer:
        if repeated := self._ledger.repeated(caller, registry):
            return self._again(registry, username, repeated)
        home = self._writable(registry)
        stored = self._state.user(registry, username)
        present = stored if stored and stored.state is UserState.ACTIVE else None
        condition.check(present.version_tag if present else None)
        password_hash = present.password_hash if present and not spec.has_secret else secret.hash()
        keeps = "description" not in spec.model_fields_set
        description = present.description if present and keeps else spec.description
        if present and (present.password_hash, present.description) == (password_hash, description):
            return self._unchanged(registry, present)
        now = self._now()
        changed = User(
            etag=stored.etag if stored else "",
            username=username,
            uid=home.uid,
            password_hash=password_hash,
            description=description,
            revision=home.users_revision + 1,
            last_operation="",
            created_at=present.created_at if present else now,
            updated_at=now,
            secret_changed_at=_secret_changed(present, password_hash, now),
        )
        operation = self._commit(home, changed, Kind.PUT_USER, caller, added=int(present is None))
        shown = None if present else secret.generated
        return self._answer(registry, changed, operation, shown, created=present is None)

    def rotate(self, registry: str, username: str, condition: Precondition, caller: Caller) -> UserAnswer:
        """A new generated secret, returned once. The old one is refused when the operation has succeeded."""
        return self._rotate(registry, username, Secret(UserSpec(), generate=True), condition, caller)

    @retry_on_conflict
    def _rotate(
        self, registry: str, username: str, secret: Secret, condition: Precondition, caller: Caller
    ) -> UserAnswer:
        if repeated := self._ledger.repeated(caller, registry):
            return self._again(registry, username, repeated)
        home = self._writable(registry)
        present = self.require(registry, username)
        condition.check(present.version_tag)
        now = self._now()
        changed = present.change(
            password_hash=secret.hash(),
            revision=home.users_revision + 1,
            updated_at=now,
            secret_changed_at=now,
        )
        operation = self._commit(home, changed, Kind.ROTATE_USER, caller, added=0)
        return self._answer(registry, changed, operation, secret.generated)

    @retry_on_conflict
    def delete(
        self,
        registry: str,
        username: str,
        condition: Precondition,
        caller: Caller,
        *,
        born: datetime | None = None,
    ) -> Operation | None:
        """The user is refused when the operation has succeeded; `None` if there is no such user.

        `born`: only the user who was created then, and nobody who has the name since.
        """
        if repeated := self._ledger.repeated(caller, registry):
            return repeated
        home = self._registries.require(registry)
        staged = self._staged(
            home, username
        )  # looked at first: an import moves users from there to their rows
        stored = self._state.user(registry, username) or staged
        if stored and born and stored.created_at != born:
            return None
        condition.check(stored.version_tag if stored and stored.state is UserState.ACTIVE else None)
        if stored is None:
            return None
        if stored.state is UserState.DELETING and (pending := self._unfinished(stored)):
            return pending
        self._check_writable(home)
        gone = stored.change(
            state=UserState.DELETING, revision=home.users_revision + 1, updated_at=self._now()
        )
        added = -1 if stored.state is UserState.ACTIVE else 0
        return self._commit(home, gone, Kind.DELETE_USER, caller, added=added)

    def get(self, registry: str, username: str) -> UserAnswer:
        """404 names the nearest user."""
        self._registries.require(registry)
        user = self.require(registry, username)
        return UserAnswer(registry, user, self._proven(registry), self._unfinished(user))

    def list(self, registry: str, after: str, limit: int) -> list[UserAnswer]:
        """At most `limit` users after `after`, in name order."""
        self._registries.require(registry)
        proven = self._proven(registry)
        return [UserAnswer(registry, user, proven) for user in self._state.users(registry, after, limit)]

    def require(self, registry: str, username: str) -> User:
        """The user, or 404 that names the nearest."""
        user = self._state.user(registry, username)
        if user is None or user.state is UserState.DELETING:
            similar = nearest(username, (known.username for known in self._state.users(registry)))
            create = f"Create it: PUT /api/registries/{registry}/users/{username}"
            raise not_found("User", username, similar, create)
        return user

    def _commit(self, home: Registry, user: User, kind: Kind, caller: Caller, *, added: int) -> Operation:
        """User, revision, operation and audit: one transaction, or nothing."""
        raised = home.change(users_revision=home.users_revision + 1, user_count=home.user_count + added)
        operation, rows = self._ledger.start(caller, kind, raised, self._now(), user=user.username)
        changed: Change = user.change(last_operation=operation.id).save()
        if kind is Kind.DELETE_USER and self._never_published(home):
            changed = Delete(user.key, user.etag)  # no file ever held it: there is nothing to wait for
        self._state.commit(home.name, raised.save(), changed, *rows)
        self._channels.enqueue(operation)
        return operation

    def _staged(self, home: Registry, username: str) -> User | None:
        """A user whom an import is about to add. A row of a deleted user keeps it from doing so."""
        password_hash = self._state.staged_hash(home, username)
        if password_hash is None:
            return None
        now = self._now()
        return User(
            username=username,
            uid=home.uid,
            password_hash=password_hash,
            state=UserState.DELETING,
            revision=home.users_revision,
            last_operation="",
            created_at=now,
            updated_at=now,
            secret_changed_at=now,
        )

    def _never_published(self, home: Registry) -> bool:
        if home.importing:
            return False  # the import has to find the row
        projection = self._state.projection(home.name)
        return projection is not None and projection.published_revision < 0

    def _present(self, registry: str, username: str) -> User | None:
        user = self._state.user(registry, username)
        return user if user and user.state is UserState.ACTIVE else None

    def _writable(self, registry: str) -> Registry:
        home = self._registries.require(registry)
        check_not_deleted(home)
        self._check_writable(home)
        return home

    def _check_writable(self, home: Registry) -> None:
        if home.provisioning_state is ProvisioningState.DELETING:
            active = self._operation(home.active_operation)
            if active:
                raise OperationInProgressError(active.id, active.kind.value, active.registry)

    def _answer(
        self,
        registry: str,
        user: User,
        operation: Operation | None,
        password: str | None,
        *,
        created: bool = False,
    ) -> UserAnswer:
        warning = slow_hash_warning(hash_cost(user.password_hash))
        return UserAnswer(registry, user, user.revision - 1, operation, password, warning, created)

    def _unchanged(self, registry: str, user: User) -> UserAnswer:
        warning = slow_hash_warning(hash_cost(user.password_hash))
        return UserAnswer(registry, user, self._proven(registry), self._unfinished(user), warning=warning)

    def _again(self, registry: str, username: str, operation: Operation) -> UserAnswer:
        user = self.require(registry, username)
        return UserAnswer(registry, user, self._proven(registry), operation, already_shown=True)

    def _proven(self, registry: str) -> int:
        projection = self._state.projection(registry)
        return projection.proven_revision if projection else -1

    def _unfinished(self, user: User) -> Operation | None:
        operation = self._operation(user.last_operation)
        return operation if operation and not operation.final else None

    def _operation(self, operation_id: str | None) -> Operation | None:
        parts = split_operation_id(operation_id or "")
        return self._state.operation(*parts) if parts else None


def _secret_changed(present: User | None, password_hash: str, now: datetime) -> datetime:
    if present and present.password_hash == password_hash:
        return present.secret_changed_at
    return now
