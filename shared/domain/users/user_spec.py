"""What may be asked of a user: the bodies of PUT, PATCH and rotations, and the user that a PUT or PATCH makes."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.domain.text import CHARACTER, is_line, schema
from shared.domain.users.expiry import TWO_EXPIRIES, ExpirySpec, Overlap
from shared.domain.users.passwords import HASH, PASSWORD, check_hash, check_password
from shared.domain.users.user import User, UserState

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


def merge(spec: UserSpec, user: User, password_hash: str, revision: int, now: datetime) -> User:
    """The user as the request wants it: what was not sent stays. `password_hash`: the one that it then has."""
    sent = spec.model_fields_set
    renewed = password_hash != user.password_hash
    expiry = spec.expiry(user.expiry, now, new_secret=renewed)
    disabled = spec.disabled if "disabled" in sent else user.state is UserState.DISABLED
    return user.change(
        password_hash=password_hash,
        description=spec.description if "description" in sent else user.description,
        expires_on=expiry.on,
        expires_after=expiry.after,
        state=UserState.of(expiry, now, disabled=bool(disabled), has_password=bool(password_hash)),
        reveal=None if renewed else user.reveal,
        replaced_by=None if renewed else user.replaced_by,
        revision=revision,
        updated_at=now,
        secret_changed_at=now if renewed else user.secret_changed_at,
    )


def is_same(user: User, other: User) -> bool:
    """Do they differ in nothing that requests can set? A state that only time has changed is `reconcile`'s business."""
    return _settable(user) == _settable(other)


def _settable(user: User) -> tuple[object, ...]:
    return user.password_hash, user.description, user.expiry, user.state is UserState.DISABLED
