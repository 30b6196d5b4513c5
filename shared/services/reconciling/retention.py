"""What is older than it has to be is removed, once a day: entries of the audit in both places, and ended operations.

A day of the audit goes as a whole, when its youngest entry is old enough; in the registries' partitions entries go by
the same day, and with them those of registries that are gone. An operation stays as long as a registry or a user names
it as its last one. One run removes at most `MOST_ROWS` and looks at `MOST_PARTITIONS`: what is left is the next run's,
a minute later. Where it stands is a row, and whatever comes twice finds nothing to do.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import batched, islice, takewhile

from shared.domain.errors import ConflictError
from shared.domain.records import Delete, Record, Upsert
from shared.ports import Table
from shared.services.audit.copies import PARTITION as COPIED
from shared.services.audit.copies import AuditCopies
from shared.services.reconciling.report import Report
from shared.services.state import MAX_TRANSACTION, Clock, State

MOST_ROWS = 2000
MOST_PARTITIONS = 100
PARTITION = "!retention"
"""No day's name."""
DAYS = "!~"
"""All days come behind it, and what is no day before it."""
FIRST, END = " ", "~"
"""Of all keys."""


class _Pass(Record):
    """The day whose pass is under way or done, and the last partition that it has been through."""

    day: date
    after: str = ""
    done: bool = False

    @property
    def key(self) -> str:
        return "pass"


@dataclass(frozen=True)
class Limits:
    """For how many days things are kept."""

    audit_days: int
    operation_days: int


class _Budget:
    """Rows that this run may still remove."""

    def __init__(self) -> None:
        self.left = MOST_ROWS

    def remove(self, rows: Sequence[str], remove: Callable[[Sequence[str]], None]) -> int:
        """In transactions. Of a batch that somebody else is at, nothing is removed: the next pass finds the rest."""
        gone = 0
        for batch in batched(rows, MAX_TRANSACTION, strict=False):
            with suppress(ConflictError):
                remove(batch)
                gone += len(batch)
        self.left -= len(rows)
        return gone


class Retention:
    """See `Survey`. `audit` is the table `audit`."""

    def __init__(self, state: State, audit: Table, copies: AuditCopies, limits: Limits, now: Clock) -> None:
        self._state, self._audit, self._copies = state, audit, copies
        self._limits, self._now = limits, now
        self._done: date | None = None

    def run(self, report: Report) -> None:
        """See `Survey`."""
        today = self._now().astimezone(UTC).date()
        if self._done == today:
            return
        present = self._read(today)
        if not present.done:
            present = self._go_on(present, report)
            self._audit.transact(PARTITION, [Upsert(present.to_row())])
        self._done = today if present.done else None

    def _read(self, today: date) -> _Pass:
        row = self._audit.get(PARTITION, "pass")
        found = _Pass.from_row(row) if row else None
        return found if found and found.day == today else _Pass(day=today)

    def _go_on(self, present: _Pass, report: Report) -> _Pass:
        budget = _Budget()
        self._forget_days(budget, report)
        for name in islice(self._state.partitions(present.after), MOST_PARTITIONS):
            if budget.left > 0:
                self._forget_history(name, budget, report)
            if budget.left <= 0:
                return present
            present = present.change(after=name)
        if next(self._state.partitions(present.after), None) is not None:
            return present
        self._forget_marks()
        return present.change(done=True)

    def _forget_days(self, budget: _Budget, report: Report) -> None:
        """Whole partitions of the table `audit`."""
        oldest = self._oldest_day.isoformat()
        for day in takewhile(lambda day: day < oldest, self._audit.partitions(DAYS)):
            while budget.left > 0 and (rows := self._rows_of(day)):
                gone = budget.remove(rows, partial(self._remove_from, day))
                report.note("audit_removed", f"{day}:{gone}")
                if not gone:
                    return  # somebody else is at it

    def _rows_of(self, day: str) -> list[str]:
        return [
            row.key for row in islice(self._audit.query(day, FIRST, END, MAX_TRANSACTION), MAX_TRANSACTION)
        ]

    def _remove_from(self, day: str, keys: Sequence[str]) -> None:
        self._audit.transact(day, [Delete(key) for key in keys])

    def _forget_history(self, name: str, budget: _Budget, report: Report) -> None:
        """Of one registry. What has not been copied yet is not that old."""
        entries = [
            row.key for row in self._state.audit_before(name, _midnight(self._oldest_day), budget.left)
        ]
        found = {"audit_removed": entries, "operations_removed": self._old_operations(name, budget.left)}
        for kind, keys in found.items():
            if keys:
                gone = budget.remove(keys, partial(self._state.drop, name))
                report.note(kind, f"{name}:{gone}")

    def _old_operations(self, name: str, most: int) -> list[str]:
        """Those that nothing names as its last one. The users are read only where something is old enough."""
        before = self._now() - timedelta(days=self._limits.operation_days)
        old = list(islice(self._state.ended_before(name, before), most))
        named = self._last_operations(name) if old else set()
        return [each.key for each in old if each.id not in named]

    def _last_operations(self, name: str) -> set[str | None]:
        registry = self._state.registry(name)
        own = {registry.last_operation, registry.active_operation} if registry else set()
        return own | {user.last_operation for user in self._state.every_user(name)}

    def _forget_marks(self) -> None:
        """How far copying has come, of registries that have no entry any more."""
        for row in list(self._audit.query(COPIED, FIRST, END)):
            if next(self._state.audit(row.key, limit=1), None) is None:
                self._copies.forget(row.key)

    @property
    def _oldest_day(self) -> date:
        """The oldest one that is kept."""
        return (self._now() - timedelta(days=self._limits.audit_days)).astimezone(UTC).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
