"""What a lost copy costs: nothing. Entries that are in a registry's partition and not yet in the trail are copied.

How far that has come is a row for each registry. Ids are times, but a transaction commits a little after its id was
made: so the last `SETTLING` stays open and is looked at again, and only what lies behind it is done for good. To copy
an entry twice does no harm.

A registry's entries are copied before its name leaves the index, because nobody visits it afterwards.
"""

from datetime import timedelta

from shared.domain.audit import moment_of
from shared.domain.records import Delete, Record, Upsert
from shared.ports import Table
from shared.services.audit.trail import AuditTrail
from shared.services.state import Clock, State

PARTITION = "!copied"
"""No day's name."""
SETTLING = timedelta(minutes=5)
"""Longer than a transaction takes with all its tries. A process that slept for longer copies its own when it wakes."""
MOST = 5000
"""Entries of one registry that one call looks at."""


class Copied(Record):
    """Up to which id a registry's entries are copied."""

    registry: str
    until: str = ""

    @property
    def key(self) -> str:
        return self.registry


class AuditCopies:
    """Raises `DependencyError` when the table service does not answer. Two at the same time do no harm."""

    def __init__(self, state: State, trail: AuditTrail, table: Table, now: Clock) -> None:
        self._state, self._trail, self._table, self._now = state, trail, table, now
        self._until: dict[str, str] = {}

    def catch_up(self, registry: str) -> bool:
        """Copies what is missing, at most `MOST` entries; says whether that is all."""
        until = self._until.get(registry) or self._read(registry)
        entries = list(self._state.audit(registry, after=until, limit=MOST))
        missing = [entry for entry in entries if not self._trail.has(entry.id_key)]
        self._trail.copy([entry.change(registry=registry) for entry in missing])
        settled = [e.id_key for e in entries if moment_of(e.id_key) < self._now() - SETTLING]
        if settled:
            self._table.transact(PARTITION, [Upsert(Copied(registry=registry, until=settled[-1]).to_row())])
            self._until[registry] = settled[-1]
        return len(entries) < MOST

    def finish(self, registry: str) -> None:
        """Copies all that is missing."""
        while not self.catch_up(registry):
            pass

    def forget(self, registry: str) -> None:
        """How far it has come is no longer of interest: there are no entries."""
        if row := self._table.get(PARTITION, registry):
            self._table.transact(PARTITION, [Delete(row.key, row.etag)])
        self._until.pop(registry, None)

    def _read(self, registry: str) -> str:
        row = self._table.get(PARTITION, registry)
        return Copied.from_row(row).until if row else ""
