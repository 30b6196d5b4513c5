"""A user of one registry: its states, the row that remembers it, and the names of its successors."""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from shared.domain.names import MAX_USERNAME
from shared.domain.records import Record
from shared.domain.users.expiry import Expiry


class UserState(StrEnum):
    """The htpasswd file holds exactly the users that are `Active`."""

    ACTIVE = "Active"
    DISABLED = "Disabled"
    """Its hash is kept: it comes back with its password."""
    EXPIRED = "Expired"
    """The same, by itself. A user that is disabled and has expired is `Disabled`."""
    PENDING_REVEAL = "PendingReveal"
    """It has no password yet: that is made when somebody opens the one-time link. If nobody does, it goes."""
    DELETING = "Deleting"
    """The row waits until the registry has proven that it refuses the user."""

    @classmethod
    def of(cls, expiry: Expiry, now: datetime, *, disabled: bool, has_password: bool = True) -> Self:
        """The state of a user that is not being deleted."""
        if disabled or not has_password:
            return cls("Disabled" if disabled else "PendingReveal")
        return cls("Expired" if expiry.is_over(now) else "Active")


class User(Record):
    """One user's row. The hash leaves it only into the htpasswd file."""

    username: str
    uid: str
    """The registry's incarnation that the user belongs to."""
    password_hash: str = Field(default="", repr=False)
    """Empty as long as there is no password."""
    reveal: str | None = None
    """The digest of the one-time link that may make its next password: of several only the newest."""
    description: str | None = None
    state: UserState = UserState.ACTIVE
    expires_on: datetime | None = None
    expires_after: timedelta | None = None
    """The duration that `expires_on` was made from, if it was."""
    stem: str | None = None
    """The name that our numbers were added to: `ci` of a successor `ci-2`."""
    serial: int = 1
    """That number. Only a name that we made is ever taken apart."""
    replaces: str | None = None
    """The user that this one is the successor of."""
    replaced_by: str | None = None
    """The successor, since the last rotation with an overlap."""
    revision: int
    """The `users_revision` that brought the last change: proven means effective."""
    last_operation: str
    created_at: datetime
    updated_at: datetime
    secret_changed_at: datetime

    @classmethod
    def new(
        cls,
        username: str,
        uid: str,
        revision: int,
        now: datetime,
        *,
        password_hash: str = "",
        last_operation: str = "",
        etag: str = "",
    ) -> Self:
        """A user that begins now. `etag`: of a deleted user's row, whose place it takes."""
        return cls(
            etag=etag,
            username=username,
            uid=uid,
            password_hash=password_hash,
            revision=revision,
            last_operation=last_operation,
            created_at=now,
            updated_at=now,
            secret_changed_at=now,
        )

    @property
    def key(self) -> str:
        return user_key(self.username)

    @property
    def version_tag(self) -> str:
        """The `etag` that callers see."""
        return f'"{self.uid[-8:]}.{self.revision}"'

    @property
    def expiry(self) -> Expiry:
        """When the login ends."""
        return Expiry(self.expires_on, self.expires_after)

    def with_secret(self, password_hash: str, expiry: Expiry, revision: int, now: datetime) -> Self:
        """With a new password, which ends whatever link there is to another one."""
        disabled = self.state is UserState.DISABLED
        return self.change(
            password_hash=password_hash,
            reveal=None,
            state=UserState.of(expiry, now, disabled=disabled),
            expires_on=expiry.on,
            expires_after=expiry.after,
            replaced_by=None,
            revision=revision,
            updated_at=now,
            secret_changed_at=now,
        )

    def followed_by(
        self, name: str, serial: int, password_hash: str, expiry: Expiry, revision: int, now: datetime
    ) -> Self:
        """The successor, with the new password: what else there is to know of this user holds for it, too."""
        return self.new(name, self.uid, revision, now, password_hash=password_hash).change(
            description=self.description,
            expires_on=expiry.on,
            expires_after=expiry.after,
            stem=self.stem or self.username,
            serial=serial,
            replaces=self.username,
        )

    def replaced(self, successor: Self) -> Self:
        """This user beside its successor."""
        return self.change(
            replaced_by=successor.username,
            reveal=None,
            revision=successor.revision,
            updated_at=successor.updated_at,
        )


def logins(users: Iterable[User]) -> list[tuple[str, str]]:
    """Who of them may log in, with their hashes: exactly what the htpasswd file says."""
    return [(user.username, user.password_hash) for user in users if user.state is UserState.ACTIVE]


USER_KEYS = "user:"


def user_key(username: str) -> str:
    """The row key of a user."""
    return USER_KEYS + username


LONGEST_SUFFIX = 12
"""Characters that a successor's name may add: names that begin alike up to there may collide."""


def successor_stem(user: User) -> str:
    """What successors' names begin with, whatever their number."""
    return (user.stem or user.username)[: MAX_USERNAME - LONGEST_SUFFIX]


def successor_name(user: User, taken: Container[str]) -> tuple[str, int]:
    """The next name in the line and its number: `ci`, `ci-2`, `ci-3`; a long one is cut so that the number fits."""
    stem, serial = user.stem or user.username, user.serial + 1
    while (name := _numbered(stem, serial)) in taken:
        serial += 1
    return name, serial


def _numbered(stem: str, serial: int) -> str:
    suffix = f"-{serial}"
    return stem[: MAX_USERNAME - len(suffix)] + suffix
