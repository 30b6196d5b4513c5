"""A user of one registry: what may be sent, and the row that remembers it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.domain.passwords import HASH, PASSWORD, check_hash, check_password
from shared.domain.records import Body, Record
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


class UserSpec(Body):
    """The body of a PUT. A new user without a secret gets a generated one."""

    model_config = ConfigDict(json_schema_extra={"not": _TWO_SECRETS})

    password: Annotated[str | None, AfterValidator(check_password), schema(PASSWORD)] = Field(
        default=None, repr=False
    )
    password_hash: Annotated[str | None, AfterValidator(check_hash), schema(HASH)] = Field(
        default=None, repr=False
    )
    description: Annotated[
        str | None, AfterValidator(_check_description), schema(f"{CHARACTER}*", maxLength=MAX_DESCRIPTION)
    ] = None

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


class UserState(StrEnum):
    """`Deleting` users are out of the file already; the row waits until the registry proves it."""

    ACTIVE = "Active"
    DELETING = "Deleting"


class User(Record):
    """One user's row. The hash leaves it only into the htpasswd file."""

    username: str
    uid: str
    """The registry's incarnation that the user belongs to."""
    password_hash: str = Field(repr=False)
    description: str | None = None
    state: UserState = UserState.ACTIVE
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


USER_KEYS = "user:"


def user_key(username: str) -> str:
    """The row key of a user."""
    return USER_KEYS + username
