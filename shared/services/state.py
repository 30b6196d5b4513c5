"""The partition of one registry, with names for its rows. Every change is one entity-group transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from shared.domain.audit import AUDIT_KEYS, AuditEntry, time_digits
from shared.domain.errors import ConflictError, DependencyError
from shared.domain.health.mute import MUTE_KEY, Mute
from shared.domain.names import split_operation_id
from shared.domain.operations import OPERATION_KEYS, Operation, Status, operation_key
from shared.domain.records import NEXT, Change, Delete, Insert, Row, key_range
from shared.domain.registries.registry import Registry
from shared.domain.users.htpasswd import PROJECTION_KEY, Projection
from shared.domain.users.reveal import REVEAL_KEYS, Reveal, reveal_key
from shared.domain.users.user import USER_KEYS, User, UserState, logins, user_key
from shared.domain.users.user_import import CHUNK_KEYS, Chunk, chunk_keys
from shared.ports import Table

type Clock = Callable[[], datetime]

NO_REGISTRY = "!"
"""What the partitions begin with that belong to no registry."""
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
    """Typed access to the table `state`. Raises `DependencyError` when the table service does not answer.

    `may_write` raises when nothing may be written; `committed` is told which audit entries a registry has got.
    """

    def __init__(
        self,
        table: Table,
        may_write: Callable[[], None] = lambda: None,
        committed: Callable[[str, Sequence[Row]], None] = lambda *_: None,
    ) -> None:
        self._table, self._may_write, self._committed = table, may_write, committed

    def partitions(self, after: str = "") -> Iterator[str]:
        """Every name that has rows here: registries, also those that are gone and have a history."""
        return (name for name in self._table.partitions(after) if not name.startswith(NO_REGISTRY))

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

    def every_user(self, registry: str) -> Iterator[User]:
        """All rows of users, whatever their state."""
        return (User.from_row(row) for row in self._table.query(registry, *key_range(USER_KEYS)))

    def users_between(self, registry: str, first: str, end: str, limit: int) -> list[User]:
        """The first `limit` users with `first <= key < end`, deleted ones included."""
        rows = self._table.query(registry, first, end, limit)
        return [User.from_row(row) for row in islice(rows, limit)]

    def chunks(self, registry: str, operation_key: str) -> list[Chunk]:
        """What is staged of an import, in name order."""
        rows = self._table.query(registry, *key_range(chunk_keys(operation_key)))
        return [Chunk.from_row(row) for row in rows]

    def chunk(self, registry: str, key: str) -> Chunk | None:
        """One chunk's row."""
        row = self._table.get(registry, key)
        return Chunk.from_row(row) if row else None

    def logins(self, registry: str) -> list[tuple[str, str]]:
        """Who may log in, with their hashes: exactly what the htpasswd file says."""
        return logins(self.users(registry))

    def taken_names(self, registry: str, stem: str) -> set[str]:
        """Every name that begins with `stem`, those of users that are being deleted included."""
        rows = self._table.query(registry, *key_range(user_key(stem)))
        return {User.from_row(row).username for row in rows}

    def deleting_users(self, registry: str) -> Iterator[User]:
        """Users whose deletion the registry has not proven yet."""
        rows = self._table.query(registry, *key_range(USER_KEYS))
        users = (User.from_row(row) for row in rows)
        return (user for user in users if user.state is UserState.DELETING)

    def operation(self, registry: str, key: str) -> Operation | None:
        """One operation's row."""
        row = self._table.get(registry, operation_key(key))
        return Operation.from_row(row) if row else None

    def operation_by_id(self, operation_id: str | None) -> Operation | None:
        """The operation with that id; `None` too if it can't be one's id."""
        parts = split_operation_id(operation_id or "")
        return self.operation(*parts) if parts else None

    def active(self, registry: Registry) -> Operation | None:
        """The lifecycle operation that works on it."""
        operation = self.operation_by_id(registry.active_operation)
        # one that has ended since the row was read is in nobody's way: the row is old, and a commit will say so
        return operation if operation and not operation.final else None

    def unfinished(self, registry: str) -> Iterator[Operation]:
        """Every operation that has not ended."""
        rows = self._table.query(registry, *key_range(OPERATION_KEYS), where={"final": False})
        return (Operation.from_row(row) for row in rows)

    def operations(
        self, registry: str, after: str = "", *, final: bool | None = None, page: int | None = None
    ) -> Iterator[Operation]:
        """In the order of their keys, behind the key `after`. `final`: only those that have ended, or that have not."""
        first, end = key_range(OPERATION_KEYS)
        where = None if final is None else {"final": final}
        rows = self._table.query(registry, operation_key(after + NEXT) if after else first, end, page, where)
        return (Operation.from_row(row) for row in rows)

    def ended_before(self, registry: str, moment: datetime) -> Iterator[Operation]:
        """Every operation that had ended by then."""
        rows = self._table.query(registry, *key_range(OPERATION_KEYS), where={"final": True})
        operations = (Operation.from_row(row) for row in rows)
        return (each for each in operations if each.ended_at and each.ended_at < moment)

    def failed(self, registry: str) -> Iterator[Operation]:
        """Every operation that has failed and is still kept."""
        rows = self._table.query(registry, *key_range(OPERATION_KEYS), where={"status": Status.FAILED})
        return (Operation.from_row(row) for row in rows)

    def audit(self, registry: str, after: str = "", limit: int | None = None) -> Iterator[AuditEntry]:
        """Entries of the audit behind the id `after`, the oldest first."""
        first, end = key_range(AUDIT_KEYS)
        rows = self._table.query(registry, AUDIT_KEYS + after + NEXT if after else first, end, limit)
        return (AuditEntry.from_row(row) for row in islice(rows, limit))

    def audit_before(self, registry: str, moment: datetime, limit: int) -> list[Row]:
        """The oldest entries of the audit, as rows."""
        end = AUDIT_KEYS + time_digits(moment)
        return list(islice(self._table.query(registry, AUDIT_KEYS, end, limit), limit))

    def projection(self, registry: str) -> Projection | None:
        """How far the htpasswd file is."""
        row = self._table.get(registry, PROJECTION_KEY)
        return Projection.from_row(row) if row else None

    def mute(self, registry: str) -> Mute | None:
        """The last mute that nobody has lifted, over or not, of whatever incarnation."""
        row = self._table.get(registry, MUTE_KEY)
        return Mute.from_row(row) if row else None

    def reveal(self, registry: str, digest: str) -> Reveal | None:
        """A one-time link's row, by its token's digest."""
        row = self._table.get(registry, reveal_key(digest))
        return Reveal.from_row(row) if row else None

    def reveals(self, registry: str) -> Iterator[Reveal]:
        """Every row of a one-time link, open or not."""
        return (Reveal.from_row(row) for row in self._table.query(registry, *key_range(REVEAL_KEYS)))

    def user_rows(self, registry: str, limit: int) -> list[Row]:
        """User rows as they are, for the end of a registry."""
        return list(islice(self._table.query(registry, *key_range(USER_KEYS), limit), limit))

    def staged_hash(self, home: Registry, username: str) -> str | None:
        """What an import that is being applied will make the user's hash."""
        _, _, key = (home.importing or "").partition(".")
        staged = (chunk.hashes.get(username) for chunk in (self.chunks(home.name, key) if key else ()))
        return next(filter(None, staged), None)

    def drop_chunks(self, registry: str, prefix: str = CHUNK_KEYS) -> None:
        """What is staged of an import, or of any: whoever is at work on it finds his chunk gone."""
        self._drop_all(registry, prefix)

    def drop_reveals(self, registry: str) -> None:
        """Every one-time link."""
        self._drop_all(registry, REVEAL_KEYS)

    def _drop_all(self, registry: str, prefix: str) -> None:
        while rows := list(islice(self._table.query(registry, *key_range(prefix)), MAX_TRANSACTION)):
            with suppress(ConflictError):  # somebody has just removed some of them
                self._table.transact(registry, [Delete(row.key) for row in rows])

    def commit(self, registry: str, *changes: Change) -> None:
        """All of it or nothing. Raises `ConflictError`.

        A request's transaction brings an audit entry that nobody else can have written. If it is there, the
        transaction has happened, and only its answer was lost.
        """
        self._may_write()
        inserted = [change.row for change in changes if isinstance(change, Insert)]
        entries = [row for row in inserted if row.key.startswith(AUDIT_KEYS)]
        try:
            self._table.transact(registry, changes)
        except (ConflictError, DependencyError):
            if not entries or self._table.get(registry, entries[0].key) is None:
                raise
        if entries:
            self._committed(registry, entries)

    def drop(self, registry: str, keys: Sequence[str]) -> None:
        """Rows that must be there; at most `MAX_TRANSACTION`. Raises `ConflictError` if one is not."""
        self._may_write()
        self._table.transact(registry, [Delete(key) for key in keys])
