"""Roles: what a caller may do, and what an HTTP function asks of its caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class Role(StrEnum):
    """From little to everything. `Member` stands aside: it is about the user of the caller's own name."""

    READER = "Reader"
    MEMBER = "Member"
    OPERATOR = "Operator"
    ADMIN = "Admin"


_ENOUGH = {
    Role.MEMBER: frozenset(Role),
    Role.READER: frozenset({Role.READER, Role.OPERATOR, Role.ADMIN}),
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.ADMIN}),
    Role.ADMIN: frozenset({Role.ADMIN}),
}
"""Who has what is needed. A Member sees that a registry is there, as everybody with a role does, and reads no more."""


@dataclass(frozen=True)
class Right:
    """One role on the registries whose names match the glob `registry`."""

    role: Role
    registry: str = "*"
    username: str | None = None
    """The one user that a Member is; without it the one that is called like the caller."""

    @property
    def everywhere(self) -> bool:
        """On every registry, and on what belongs to none."""
        return set(self.registry) == {"*"}

    def covers(self, registry: str) -> bool:
        """Names that no registry can have (`_users`) stand for all of them."""
        return self.everywhere or (not registry.startswith("_") and fnmatchcase(registry, self.registry))


@dataclass(frozen=True)
class Access:
    """What one caller may do. `login` is its name where it comes from: an Entra user's UPN, a chat's own, or none."""

    rights: tuple[Right, ...] = ()
    login: str = ""

    def allows(self, needs: Role, registry: str | None = None, username: str | None = None) -> bool:
        """May it do there what that role may do? `None` = on at least one registry.

        With a `username` a Member may, too, if that is the user of its own name.
        """
        return any(
            right.role in _ENOUGH[needs] or self._is_own(right, username)
            for right in self.rights
            if registry is None or right.covers(registry)
        )

    def everywhere(self, needs: Role) -> bool:
        """May it on every registry there is or will be?"""
        return any(right.role in _ENOUGH[needs] and right.everywhere for right in self.rights)

    def may_see(self, registry: str) -> bool:
        """May it know that the registry is there?"""
        return self.allows(Role.MEMBER, registry)

    def may_read(self, registry: str) -> bool:
        """May it know what is in it: users, operations, health?"""
        return self.allows(Role.READER, registry)

    def _is_own(self, right: Right, username: str | None) -> bool:
        if right.role is not Role.MEMBER or not username:
            return False
        if right.username is not None:
            return username == right.username
        # A directory knows no case. Of other alphabets than a username's, lower() makes letters of this one.
        return self.login.isascii() and username.lower() == self.login.lower()


NOTHING = Access()
EVERYTHING = Access((Right(Role.ADMIN),))


@dataclass(frozen=True)
class Need:
    """What an HTTP function asks of its caller."""

    role: Role | None = None
    """On the registry that the path names; where it names none, on at least one. `None` = any caller at all."""
    own: bool = False
    """A Member may, too, if the path names the user of its own name."""
    by_row: bool = False
    """The path does not say whose it is: the handler asks, once it has read the row."""
    everywhere: bool = False
    """On all registries at once."""
    unless: Mapping[tuple[str, str], Role] = field(default_factory=dict)
    """By query parameter and value: the role that is needed then instead."""

    def with_query(self, query: Mapping[str, str]) -> "Need":
        """What this very request needs."""
        for (name, value), role in self.unless.items():
            if query.get(name) == value:
                return Need(role, everywhere=self.everywhere)
        return self

    def met_by(self, access: Access, registry: str | None, username: str | None) -> bool:
        """May a caller with this access? Looks at names alone, never at what is there."""
        if self.role is None:
            return True
        if self.everywhere:
            return access.everywhere(self.role)
        if self.own and self.by_row and username is None:
            return access.allows(Role.MEMBER, registry)
        return access.allows(self.role, registry, username if self.own else None)
