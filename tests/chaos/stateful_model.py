"""What the control plane must hold, as its only client knows it from the answers that it got."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Person:
    """A user that exists."""

    password: str | None
    """None: it was shown in an answer that got lost. Nobody knows it; a rotation recovers."""
    etag: str
    description: str | None = None


@dataclass
class Work:
    """The lifecycle operation that may still be under way: its end is known only when an answer tells."""

    kind: str
    operation: str


@dataclass
class Home:
    """A registry that exists, or is on its way to or fro."""

    name: str
    uid: str
    delete_enabled: bool = False
    work: Work | None = None
    last: str = "CreateRegistry"
    """The kind of the lifecycle operation that was begun last, ended or not."""
    etag: str | None = None
    """None while an operation may still change it."""
    people: dict[str, Person] = field(default_factory=dict)
    leaving: dict[str, str] = field(default_factory=dict)
    """Deleted users with the operation that deletes them, as long as it may be under way."""

    @property
    def purging(self) -> bool:
        """Is it on its way out for good, or gone already?"""
        return self.last == "PurgeRegistry"

    @property
    def deleted(self) -> bool:
        """Is it soft-deleted, or about to be?"""
        return self.last == "DeleteRegistry"

    def begin(self, kind: str, operation: str) -> None:
        """It will have another etag, and does what is asked for next only when this has ended."""
        self.work, self.last, self.etag = Work(kind, operation), kind, None


class Model:
    """All registries. Revoked passwords are remembered for ever: a registry of the same name must refuse them too."""

    def __init__(self) -> None:
        self.homes: dict[str, Home] = {}
        self.revoked: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.operations: dict[str, str] = {}
        """Every operation that an answer named and that has not been seen at its end, with its incarnation's uid."""

    def set_password(self, home: Home, user: str, password: str | None, etag: str, about: str | None) -> None:
        """The user has this password from now on, and no other."""
        self._revoke(home, user)
        home.people[user] = Person(password, etag, about)
        home.leaving.pop(user, None)

    def remove(self, home: Home, user: str, operation: str) -> None:
        """No such user any more."""
        self._revoke(home, user)
        del home.people[user]
        home.leaving[user] = operation

    def begin_removal(self, home: Home, operation: str) -> None:
        """The registry goes, and nobody of its users may get into a later one."""
        home.begin("PurgeRegistry", operation)
        for user in home.people:
            self._revoke(home, user)

    def gone(self, home: Home) -> None:
        """Its purge has ended."""
        assert home.purging
        del self.homes[home.name]

    def _revoke(self, home: Home, user: str) -> None:
        person = home.people.get(user)
        if person and person.password:
            self.revoked[home.name, user].add(person.password)
