"""Who has which role: the grants of the setting `ROLE_GRANTS`, and how a caller finds its own among them.

A key without a grant is Admin, as on Azure. Everybody else has what is granted, and nothing without a grant.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    StrictStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from shared.domain.names import check_username
from shared.domain.roles import EVERYTHING, Access, Right, Role
from shared.domain.setting_entries import SettingEntry
from shared.domain.text import schema

type CallerKind = Literal["key", "entra", "slack", "teams", "anonymous", "system"]

_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PRINCIPALS = {
    "key": re.compile(r"[0-9a-f]{12,64}"),
    "user": re.compile(rf"{_GUID}|[!-~]{{1,64}}@[a-z0-9.-]{{1,255}}"),
    "group": re.compile(_GUID),
    "slack": re.compile(r"[A-Za-z0-9]{1,32}/[A-Za-z0-9]{1,32}"),
    "teams": re.compile(rf"{_GUID}/[!-~]{{1,255}}"),
}
_NAMES_OF_NO_CASE = {"key", "user", "group"}
_PATTERN = re.compile(r"[a-z0-9*?-]{1,64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{12,64}")
_MEMBER_S_USER = "Only a Member has a user, and a group's Members have one each: their own UPN"


def principal(kind: str, name: str) -> str:
    """As grants and identities write it, so that the two can be compared."""
    return f"{kind}:{name.lower() if kind in _NAMES_OF_NO_CASE else name}"


def _principal(value: str) -> str:
    kind, _, name = value.partition(":")
    written = principal(kind, name)
    grammar = _PRINCIPALS.get(kind)
    if grammar is None or not value.isascii() or not grammar.fullmatch(written.partition(":")[2]):
        raise PydanticCustomError(
            "InvalidPrincipal",
            "A principal is key:(12 to 64 hex digits of the key's SHA-256), user:(object id or UPN), "
            "group:(object id), slack:(team)/(user or channel) or teams:(tenant)/(user or channel)",
        )
    return written


def _pattern(value: str) -> str:
    """Only what could match a name."""
    if not _PATTERN.fullmatch(value):
        raise PydanticCustomError(
            "InvalidPattern",
            "A registry pattern has 1 to 64 lower-case letters, digits, hyphens, * and ?",
            {"fix": "Send a registry's name, a pattern like 'payments-*', or '*' for all."},
        )
    return value


RegistryPattern = Annotated[StrictStr, AfterValidator(_pattern), schema(_PATTERN.pattern)]
"""A glob: `*` stands for any characters, `?` for one."""


class Grant(SettingEntry):
    """One entry of `ROLE_GRANTS`. No error shows a value: it may be a key instead of its fingerprint."""

    principal: Annotated[StrictStr, AfterValidator(_principal)]
    role: Role
    registry: RegistryPattern = "*"
    name: StrictStr | None = None
    """How the audit calls a key."""
    username: StrictStr | None = None
    """The user that a Member is."""

    @field_validator("name")
    @classmethod
    def is_no_fingerprint(cls, value: str | None) -> str | None:
        """A key must not pass for another one in the audit."""
        if value is not None and (not _NAME.fullmatch(value) or _FINGERPRINT.fullmatch(value)):
            raise PydanticCustomError(
                "InvalidName",
                "A name has 1 to 64 letters, digits, spaces and . _ @ -, and does not look like a fingerprint",
            )
        return value

    @field_validator("username")
    @classmethod
    def is_a_member_s(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Nobody else has one."""
        if value is None:
            return None
        whose, role = info.data.get("principal", ""), info.data.get("role", Role.MEMBER)
        if role is not Role.MEMBER or whose.startswith("group:"):
            raise PydanticCustomError("InvalidUsername", _MEMBER_S_USER)
        return check_username(value)

    @property
    def right(self) -> Right:
        """What it gives."""
        return Right(self.role, self.registry, self.username)

    def is_for(self, principals: Iterable[str]) -> bool:
        """Does it name one of them? A key is named by the beginning of its fingerprint."""
        if self.principal.startswith("key:"):
            return any(one.startswith(self.principal) for one in principals)
        return self.principal in principals


def check_names(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Raises a validation error if a name stands for two principals, or a principal has two names."""
    for one, other in combinations((grant for grant in grants if grant.name), 2):
        same = one.is_for({other.principal}) or other.is_for({one.principal})
        if same != (one.name == other.name):
            raise PydanticCustomError(
                "AmbiguousName",
                "A name belongs to one principal, and a principal has one name: the audit shows it",
            )
    return grants


@dataclass(frozen=True)
class Identity:
    """Who a caller is, before anybody asks what it may do."""

    kind: CallerKind
    actor: str
    """How the audit calls it, unless a grant names it."""
    principals: frozenset[str] = frozenset()
    """What a grant may call it."""
    login: str = ""
    """An Entra user's UPN; of a chat's user the platform and its ids there."""


ANONYMOUS = Identity("anonymous", "anonymous")


@dataclass(frozen=True)
class Recognised:
    """A caller with what the grants say of it."""

    actor: str
    name: str | None
    access: Access


def recognise(identity: Identity, grants: Sequence[Grant]) -> Recognised:
    """Rights add up: whoever has several grants may do what any of them allows."""
    own = [grant for grant in grants if grant.is_for(identity.principals)]
    name = next((grant.name for grant in own if grant.name), None)
    is_key = identity.kind == "key"
    access = Access(tuple(grant.right for grant in own), identity.login)
    return Recognised(
        actor=f"key:{name}" if is_key and name else identity.actor,
        name=name,
        access=EVERYTHING if is_key and not own else access,
    )
