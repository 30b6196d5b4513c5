"""A user of one registry: what may be sent, and the row that remembers it."""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.domain.expiry import TWO_EXPIRIES, Expiry, ExpirySpec, Overlap
from shared.domain.names import MAX_USERNAME
from shared.domain.passwords import HASH, PASSWORD, check_hash, check_password
from shared.domain.records import Record
from shared.domain.text import CHARACTER, is_line, schema

MAX_DESCRIPTION = 256
"""Characters."""


def _check_description(value: str | None) -> str | None:
    if value is not None and not (len(value) <= MAX_DESCRIPTION and is_line(value)):
        raise PydanticCustomError(
            "InvalidDescription",
            "A description has up to {most} characters, in one line",
            {
                "most": MAX_DESCRIPTION,
                "fix": "Take out line breaks, control characters and marks of writing direction, or shorten it.",
            },
        )
    return value


_STRING = {"type": "string"}
_TWO_SECRETS: Any = {
    "required": ["password", "passwordHash"],
    "properties": {"password": _STRING, "passwordHash": _STRING},
}


class UserSpec(ExpirySpec):
    """The body of a PUT or PATCH. A new user without a secret gets a generated one."""

    model_config = ConfigDict(json_schema_extra={"not": {"anyOf": [_TWO_SECRETS, TWO_EXPIRIES]}})

    password: Annotated[str | None, AfterValidator(check_password), schema(PASSWORD)] = Field(
        default=None, repr=False
    )
    password_hash: Annotated[str | None, AfterValidator(check_hash), schema(HASH)] = Field(
        default=None, repr=False
    )
    description: Annotated[
        str | None, AfterValidator(_check_description), schema(f"{CHARACTER}*", maxLength=MAX_DESCRIPTION)
    ] = None
    disabled: bool | None = Field(
        default=None, description="`true`: the user can't log in, and comes back with the same password."
    )

    @model_validator(mode="after")
    def one_secret(self) -> Self:
        """A password and a hash together leave it open which one counts."""
        if self.password is not None and self.password_hash is not None:
            raise PydanticCustomError(
                "TwoSecrets",
                "password and passwordHash were both sent",
                {
                    "fix": "Send one of them, or neither: then a password is generated.",
                    "target": "passwordHash",
                },
            )
        return self

    @property
    def has_secret(self) -> bool:
        """Does the caller bring the secret?"""
        return self.password is not None or self.password_hash is not None

    @property
    def only_disables(self) -> bool:
        """Does it take the login away, and nothing else?"""
        return self.model_fields_set == {"disabled"} and self.disabled is True


class RotateSpec(ExpirySpec):
    """The body of a rotation. With an overlap a successor gets the new secret, and the old name ends after it."""

    overlap: Overlap = Field(
        default=None, description="How long the old name goes on: `PT24H`. Absent: the old password ends now."
    )


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
        return type(self)(
            username=name,
            uid=self.uid,
            password_hash=password_hash,
            description=self.description,
            expires_on=expiry.on,
            expires_after=expiry.after,
            stem=self.stem or self.username,
            serial=serial,
            replaces=self.username,
            revision=revision,
            last_operation="",
            created_at=now,
            updated_at=now,
            secret_changed_at=now,
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
