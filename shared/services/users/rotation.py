"""New secrets for users that are there: in place of the old one, or for a successor beside it.

With an overlap nothing that uses the old name breaks: `ci` goes on until the overlap is over, and `ci-2` has the
new secret.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import ApiError
from shared.domain.operations import Kind, Operation
from shared.domain.registries.registry import Registry
from shared.domain.users.expiry import Expiry
from shared.domain.users.user import User, UserState, successor_name, successor_stem
from shared.domain.users.user_spec import RotateSpec, UserSpec
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
from shared.services.users.secret import Secret


@dataclass(frozen=True)
class _Request:
    registry: str
    username: str
    spec: RotateSpec
    secret: Secret
    condition: Precondition
    caller: Caller
    as_file: bool


class Rotation:
    """Every method raises `ApiError` for what its caller can mend."""

    def __init__(self, state: State, directory: Directory, changes: UserChanges, now: Clock) -> None:
        self._state, self._directory, self._changes, self._now = state, directory, changes, now

    def rotate(
        self,
        registry: str,
        username: str,
        spec: RotateSpec,
        condition: Precondition,
        caller: Caller,
        *,
        as_file: bool,
    ) -> UserAnswer:
        """A new generated secret, returned once."""
        secret = Secret(UserSpec(), generate=True)
        return self._rotate(_Request(registry, username, spec, secret, condition, caller, as_file))

    @retry_on_conflict
    def _rotate(self, asked: _Request) -> UserAnswer:
        if repeated := self._changes.repeated(asked.caller, asked.registry):
            return self._again(asked, repeated)
        home = self._changes.writable(asked.registry)
        present = self._directory.require(asked.registry, asked.username)
        asked.condition.check(present.version_tag)
        if asked.as_file and home.login_server is None:
            raise login_server_unknown(home)
        now = self._now()
        expiry = life_of_new_secret(asked.spec, present, now)
        if asked.spec.overlap is None:
            return self._in_place(asked, home, present, expiry, now)
        end = present.expiry.no_later_than(now + asked.spec.overlap)
        return self._beside(asked, home, present.change(expires_on=end.on), expiry, now)

    def _in_place(
        self, asked: _Request, home: Registry, present: User, expiry: Expiry, now: datetime
    ) -> UserAnswer:
        """The old secret is refused when the operation has succeeded."""
        changed = present.with_secret(asked.secret.hash(), expiry, home.users_revision + 1, now)
        operation = self._changes.commit(home, changed, Kind.ROTATE_USER, asked.caller, added=0)
        return accepted(home, changed, operation, asked.secret.generated)

    def _beside(
        self, asked: _Request, home: Registry, old: User, expiry: Expiry, now: datetime
    ) -> UserAnswer:
        """A successor with the new secret; `old` keeps its own until the overlap is over."""
        check_overlap(home, old)
        name, serial = successor_name(old, self._state.taken_names(home.name, successor_stem(old)))
        successor = old.followed_by(name, serial, asked.secret.hash(), expiry, home.users_revision + 1, now)
        operation = self._changes.commit(
            home,
            successor,
            Kind.ROTATE_USER,
            asked.caller,
            added=1,
            besides=[old.replaced(successor)],
            details={"replaces": [old.username]},
        )
        answer = accepted(home, successor, operation, asked.secret.generated, created=True)
        return replace(answer, overlap_ends_on=old.expires_on)

    def _again(self, asked: _Request, repeated: Operation) -> UserAnswer:
        if asked.as_file:
            raise secret_not_available(asked.registry, repeated.user or asked.username)
        home = self._changes.home(asked.registry)
        found = self._directory.again(home, repeated, asked.username)
        old = self._directory.find(asked.registry, asked.username)
        is_successor = old is not None and found.user.replaces == old.username
        return replace(found, overlap_ends_on=old.expires_on if old and is_successor else None)


def check_overlap(home: Registry, old: User) -> None:
    """Raises `ApiError` 409 for a user who can't log in, and so can't go on."""
    if old.state is UserState.DISABLED:
        raise _disabled(home.name, old.username)
    if old.state is UserState.PENDING_REVEAL:
        raise _without_password(home.name, old.username)


def life_of_new_secret(spec: RotateSpec, present: User, now: datetime) -> Expiry:
    """What the request says; else the duration begins anew. Raises `ApiError` 409 where a fixed time has passed."""
    renewed = spec.expiry(present.expiry.renewed(now), now, new_secret=True)
    if not renewed.is_over(now):
        return renewed
    raise ApiError(
        409,
        "UserExpired",
        f"User '{present.username}' was to end at a fixed time, and that has passed. Nothing was changed.",
        'Say how long the new password is for: {"expiresAfter": "P90D"}, or {"expiresAfter": null}: for ever.',
        target="expiresOn",
    )


def _disabled(registry: str, username: str) -> ApiError:
    path = f"/api/registries/{registry}/users/{username}"
    return ApiError(
        409,
        "UserDisabled",
        f"User '{username}' is disabled: there is nothing to overlap with. Nothing was changed.",
        f'Rotate it without overlap, or enable it first: PATCH {path} {{"disabled": false}}',
        target="overlap",
    )


def _without_password(registry: str, username: str) -> ApiError:
    path = f"/api/registries/{registry}/users/{username}"
    return ApiError(
        409,
        "UserPendingReveal",
        f"User '{username}' has no password yet: there is nothing to overlap with. Nothing was changed.",
        f"For its first password leave out overlap: POST {path}/rotate",
        target="overlap",
    )
