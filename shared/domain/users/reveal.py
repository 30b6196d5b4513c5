"""A one-time link that makes a password when somebody clicks, and not before.

The link's token is 128 random bits behind the registry's name, which says where its row is. The row is found by the
token's SHA-256: whoever reads the table can open nothing.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from shared.domain.grants import CallerKind, Identity
from shared.domain.names import REGISTRY_NAME
from shared.domain.records import Nested, Record
from shared.domain.users.user_spec import RotateSpec

LIFE = timedelta(minutes=15)
"""How long a link can be opened."""
STATUS_LIFE = timedelta(hours=1)
"""How long a link that was used still tells how far its password is on its way to the registry."""
KEPT = timedelta(days=1)
"""How long the row of a link stays that can be opened no more."""

_RANDOM_BYTES = 16
_TOKEN = re.compile(rf"({REGISTRY_NAME.pattern})\.[A-Za-z0-9_-]{{22}}")
REVEAL_KEYS = "reveal:"


class Purpose(StrEnum):
    """What the click does."""

    CREATE = "create"
    """A new user gets its first password."""
    ROTATE = "rotate"
    """A user gets a new password in place of the old one."""


@dataclass(frozen=True)
class Token:
    """What stands in a link."""

    registry: str
    text: str = field(repr=False)

    @classmethod
    def new(cls, registry: str) -> Self:
        """One that nobody can guess."""
        return cls(registry, f"{registry}.{secrets.token_urlsafe(_RANDOM_BYTES)}")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """`None` for what can't be one."""
        found = _TOKEN.fullmatch(text)
        return cls(found[1], text) if found else None

    @property
    def digest(self) -> str:
        """What is stored of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Reveal(Record):
    """One link's row. It holds no password, and nothing that its token follows from."""

    digest: str
    username: str
    uid: str
    """The registry's incarnation."""
    purpose: Purpose
    offered_by: str
    """As the audit names whoever asked for it."""
    kind: CallerKind
    principals: Nested[list[str]]
    """What `ROLE_GRANTS` calls them: the right is asked for again at the click."""
    login: str = ""
    offered_at: datetime
    until: datetime
    """From then on it shows nothing."""
    only_for: str | None = None
    """The principal who alone may open it; `None` = whoever has the link."""
    life: Nested[dict[str, str | None]] = Field(default_factory=dict)
    """What the rotation's body would say of how long the new password is good for, and the old one goes on."""
    description: str | None = None
    """What the user's becomes with the click; `None` = as it is."""
    renews: bool = False
    """Had the user expired already when the link was made?"""
    used_at: datetime | None = None
    operation: str | None = None
    """The work that the click has started."""

    @property
    def key(self) -> str:
        return reveal_key(self.digest)

    @property
    def identity(self) -> Identity:
        """Whoever asked for it."""
        return Identity(self.kind, self.offered_by, frozenset(self.principals), self.login)

    @property
    def spec(self) -> RotateSpec:
        """How long passwords are good for: counted from the click, and as the user has it where nothing is said."""
        return RotateSpec.model_validate(self.life)

    @property
    def ends(self) -> datetime:
        """From then on it can be opened no more."""
        return self.used_at or self.until

    def is_open(self, now: datetime) -> bool:
        """Can it still be used, as far as its own row says?"""
        return now < self.ends and self.used_at is None

    def tells(self, now: datetime) -> bool:
        """Does it say how far the work is that it has started?"""
        return self.used_at is not None and now < self.used_at + STATUS_LIFE


def said(life: RotateSpec) -> dict[str, str | None]:
    """As a row keeps it: what is not said is not there."""
    return life.model_dump(mode="json", by_alias=True, exclude_unset=True)


def reveal_key(digest: str) -> str:
    """The row key of a link."""
    return REVEAL_KEYS + digest
