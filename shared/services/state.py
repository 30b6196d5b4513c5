"""The partition of one registry, with names for its rows. Every change is one entity-group transaction."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from shared.domain.errors import ConflictError, DependencyError
from shared.domain.htpasswd import PROJECTION_KEY, Projection
from shared.domain.operations import AUDIT_KEYS, OPERATION_KEYS, Operation, operation_key
from shared.domain.records import Change, Insert, Row, key_range
from shared.domain.registries import Registry
from shared.domain.users import USER_KEYS, User, UserState, user_key
from shared.ports import Table

type Clock = Callable[[], datetime]

NEXT = "!"
"""Sorts before every character of a name: `name + NEXT` is the first key behind `name`."""
MAX_TRANSACTION = 100
"""Rows in one transaction, as Table Storage allows."""

retry_on_conflict = retry(
    retry=retry_if_exception_type(ConflictError),
    wait=wait_random_exponential(multiplier=0.02, max=0.5),
    stop=stop_after_delay(20),
    reraise=True,
)
"""Read again, decide again, for up to 20 seconds; then the `ConflictError` goes to the caller."""


class State:
    """Typed access to the table `state`. Raises `DependencyError` when the table service does not answer."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def registry(self, name: str) -> Registry | None:
        """The registry's row."""
        row = self._table.get(name, "registry")
        return Registry.from_row(row) if row else None

    def user(self, registry: str, username: str) -> User | None:
        """One user's row, deleted ones included."""
        row = self._table.get(registry, user_key(username))
        return User.from_row(row) if row else None

    def users(self, registry: str, after: str = "", limit: int | None = None) -> Iterator[User]:
        """Users in name order, without those that are being deleted."""
        first, end = key_range(USER_KEYS)
        rows = self._table.query(registry, user_key(after) + NEXT if after else first, end, limit)
        users = (User.from_row(row) for row in rows)
        return islice((user for user in users if user.state is not UserState.DELETING), limit)

    def deleting_users(self, registry: str) -> Iterator[User]:
        """Users whose deletion the registry has not proven yet."""
        rows = self._table.query(registry, *key_range(USER_KEYS))
        users = (User.from_row(row) for row in rows)
        return (user for user in users if user.state is UserState.DELETING)

    def operation(self, registry: str, key: str) -> Operation | None:
        """One operation's row."""
        row = self._table.get(registry, operation_key(key))
        return Operation.from_row(row) if row else None

    def unfinished(self, registry: str) -> Iterator[Operation]:
        """Every operation that has not ended."""
        rows = self._table.query(registry, *key_range(OPERATION_KEYS), where={"final": False})
        return (Operation.from_row(row) for row in rows)

    def projection(self, registry: str) -> Projection | None:
        """How far the htpasswd file is."""
        row = self._table.get(registry, PROJECTION_KEY)
        return Projection.from_row(row) if row else None

    def user_rows(self, registry: str, limit: int) -> list[Row]:
        """User rows as they are, for the end of a registry."""
        return list(islice(self._table.query(registry, *key_range(USER_KEYS), limit), limit))

    def commit(self, registry: str, *changes: Change) -> None:
        """All of it or nothing. Raises `ConflictError`.

        A request's transaction brings an audit entry that nobody else can have written. If it is there, the
        transaction has happened, and only its answer was lost.
        """
        try:
            self._table.transact(registry, changes)
        except (ConflictError, DependencyError):
            inserted = [change.row.key for change in changes if isinstance(change, Insert)]
            entries = [key for key in inserted if key.startswith(AUDIT_KEYS)]
            if not entries or self._table.get(registry, entries[0]) is None:
                raise
