"""The version of the state table: nobody writes below it, and `reconcile` raises it."""

from datetime import datetime, timedelta

from shared.domain.schema import NEWEST, SchemaTooNewError, SchemaVersion
from shared.ports import Table
from shared.services.state import NO_REGISTRY, Clock

PARTITION = f"{NO_REGISTRY}schema"
LOOK_EVERY = timedelta(minutes=1)
"""A newer release may come while this process lives."""


class Schema:
    """Looks at most once in `LOOK_EVERY`. Raises `DependencyError` when the table service does not answer."""

    def __init__(self, table: Table, now: Clock) -> None:
        self._table, self._now = table, now
        self._looked_at: datetime | None = None
        self._version = 1

    def check(self) -> None:
        """Raises `SchemaTooNewError` when a newer release has written here."""
        if self._looked_at is None or self._now() - self._looked_at >= LOOK_EVERY:
            self.read()
        if self._version > NEWEST:
            raise SchemaTooNewError(self._version)

    def read(self) -> SchemaVersion:
        """The row as it is. Where there is none, the first release was the last to write."""
        row = self._table.get(PARTITION, SchemaVersion().key)
        found = SchemaVersion.from_row(row) if row else SchemaVersion()
        self._looked_at, self._version = self._now(), found.version
        return found

    def write(self, row: SchemaVersion) -> SchemaVersion:
        """The row as it is from now on. Raises `ConflictError` when somebody else has changed it meanwhile."""
        self._table.transact(PARTITION, [row.save()])
        return self.read()
