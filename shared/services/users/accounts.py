"""Users of a registry: put, patch, show, list, rotate, delete. Each change is one transaction and one operation."""

from dataclasses import dataclass

from shared.domain.operations import Kind, Operation
from shared.domain.registries.registry import Registry
from shared.domain.users.user import User, UserState
from shared.domain.users.user_spec import RotateSpec, UserSpec, is_same, merge
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.registries.catalog import Registries
from shared.services.requests import Caller, Precondition
from shared.services.state import Clock, State, retry_on_conflict
from shared.services.users.changes import UserChanges
from shared.services.users.directory import (
    Directory,
    UserAnswer,
    accepted,
    login_server_unknown,
    secret_not_available,
)
from shared.services.users.rotation import Rotation
from shared.services.users.secret import Secret


@dataclass(frozen=True)
class _Put:
    """`patch` never creates. `as_file`: the answer is to be a file with the secret in it."""

    registry: str
    username: str
    spec: UserSpec
    condition: Precondition
    caller: Caller
    patch: bool = False
    as_file: bool = False


class Accounts:
    """Every method raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away.

    `as_file`: the answer will be a file for a client, so it needs the secret and the login server. Where one of them
    can't be had, that is said before anything is done.
    """

    def __init__(
        self, state: State, registries: Registries, channels: Channels, ledger: Ledger, now: Clock
    ) -> None:
        self._state, self._now = state, now
        self._directory = Directory(state)
        self._changes = UserChanges(state, registries, channels, ledger, now)
        self._rotation = Rotation(state, self._directory, self._changes, now)

    def put(
        self,
        registry: str,
        username: str,
        spec: UserSpec,
        condition: Precondition,
        caller: Caller,
        *,
        as_file: bool = False,
    ) -> UserAnswer:
        """A new user without a secret gets a generated one; an existing user keeps its own unless one is sent."""
        return self._settle(_Put(registry, username, spec, condition, caller, as_file=as_file))

    def patch(
        self, registry: str, username: str, spec: UserSpec, condition: Precondition, caller: Caller
    ) -> UserAnswer:
        """The same for a user that is there; 404 names the nearest."""
        return self._settle(_Put(registry, username, spec, condition, caller, patch=True))

    def rotate(
        self,
        registry: str,
        username: str,
        condition: Precondition,
        caller: Caller,
        spec: RotateSpec | None = None,
        *,
        as_file: bool = False,
    ) -> UserAnswer:
        """A new generated secret, returned once; with an overlap it is a successor's."""
        spec = spec or RotateSpec()
        return self._rotation.rotate(registry, username, spec, condition, caller, as_file=as_file)

    @retry_on_conflict
    def delete(
        self, registry: str, username: str, condition: Precondition, caller: Caller
    ) -> Operation | None:
        """The user is refused when the operation has succeeded; `None` if there is no such user."""
        if repeated := self._changes.repeated(caller, registry):
            return repeated
        home = self._changes.home(registry)
        # looked at first: an import moves users from there to their rows
        staged = self._staged(home, username)
        stored = self._state.user(registry, username) or staged
        is_there = stored is not None and stored.state is not UserState.DELETING
        condition.check(stored.version_tag if stored and is_there else None)
        if stored is None:
            return None
        if not is_there and (pending := self._directory.unfinished(stored)):
            return pending
        self._changes.check_writable(home, even_deleted=True)
        gone = stored.change(
            state=UserState.DELETING, revision=home.users_revision + 1, updated_at=self._now()
        )
        return self._changes.commit(home, gone, Kind.DELETE_USER, caller, added=-1 if is_there else 0)

    def is_over(self, registry: str, username: str) -> bool:
        """Has the user's login ended, whether `reconcile` has seen it or not?"""
        user = self._directory.find(registry, username)
        return user is not None and user.expiry.is_over(self._now())

    def is_limited(self, registry: str, username: str) -> bool:
        """Is the user disabled, or does its login end? Whoever made the user anew would undo that."""
        user = self._directory.find(registry, username)
        return user is not None and (user.state is UserState.DISABLED or user.expires_on is not None)

    def get(self, registry: str, username: str) -> UserAnswer:
        """404 names the nearest user."""
        self._changes.home(registry)
        return self._directory.show(registry, username)

    def list(self, registry: str, after: str, limit: int) -> list[UserAnswer]:
        """At most `limit` users after `after`, in name order."""
        self._changes.home(registry)
        return list(self._directory.page(registry, after, limit))

    def _settle(self, asked: _Put) -> UserAnswer:
        if repeated := self._changes.repeated(asked.caller, asked.registry):
            return self._again(asked, repeated)
        present = self._directory.find(asked.registry, asked.username)
        secret = Secret(asked.spec, generate=True)
        if present and asked.spec.has_secret and not secret.is_new(present.password_hash):
            secret = Secret(UserSpec(password_hash=present.password_hash), generate=False)
        if asked.spec.has_secret or not (present or asked.patch):
            secret.hash()  # takes its time outside of the transaction's retries
        return self._put(asked, secret)

    @retry_on_conflict
    def _put(self, asked: _Put, secret: Secret) -> UserAnswer:
        if repeated := self._changes.repeated(asked.caller, asked.registry):
            return self._again(asked, repeated)
        home = self._changes.home(asked.registry)
        stored = self._state.user(asked.registry, asked.username)
        present = stored if stored and stored.state is not UserState.DELETING else None
        self._changes.check_writable(home, even_deleted=bool(present and asked.spec.only_disables))
        asked.condition.check(present.version_tag if present else None)
        if asked.patch and present is None:
            self._directory.require(asked.registry, asked.username)  # 404 with the nearest
        _check_file(asked, home, present)
        changed = self._merged(asked, home, present, stored.etag if stored else "", secret)
        if present and is_same(changed, present):
            return self._directory.unchanged(home, present)
        operation = self._changes.commit(
            home,
            changed,
            Kind.PUT_USER,
            asked.caller,
            added=int(present is None),
            details=None if present else {"added": [changed.username]},
        )
        password = None if present else secret.generated
        return accepted(home, changed, operation, password, created=present is None)

    def _merged(self, asked: _Put, home: Registry, present: User | None, etag: str, secret: Secret) -> User:
        """The user as the request wants it."""
        now, revision = self._now(), home.users_revision + 1
        start = present or User.new(
            asked.username, home.uid, revision, now, password_hash=secret.hash(), etag=etag
        )
        password_hash = secret.hash() if asked.spec.has_secret else start.password_hash
        return merge(asked.spec, start, password_hash, revision, now)

    def _again(self, asked: _Put, repeated: Operation) -> UserAnswer:
        home = self._changes.home(asked.registry)
        if asked.as_file and asked.spec.password is None:
            raise secret_not_available(asked.registry, asked.username)
        return self._directory.again(home, repeated, asked.username)

    def _staged(self, home: Registry, username: str) -> User | None:
        """A user whom an import is about to add. A row of a deleted user keeps it from doing so."""
        password_hash = self._state.staged_hash(home, username)
        if password_hash is None:
            return None
        user = User.new(username, home.uid, home.users_revision, self._now(), password_hash=password_hash)
        return user.change(state=UserState.DELETING)


def _check_file(asked: _Put, home: Registry, present: User | None) -> None:
    """Raises `ApiError` 409 when the answer can't be the file that was asked for."""
    if not asked.as_file:
        return
    if asked.spec.password is None and (present or asked.spec.has_secret):
        raise secret_not_available(home.name, asked.username)
    if home.login_server is None:
        raise login_server_unknown(home)
