"""The audit across registries: the table `audit`, a partition a day, the newest entry first.

The truth about a mutation is the entry in its registry's own partition, written in the mutation's transaction. What
stands here is a copy that can be read by time: each entry once under its mirrored id, and once more under its
registry's name, so that nobody who asks about one registry reads the rows of others. Both are one transaction, and to
write them again does no harm. Refusals change nothing, so they have no transaction to be part of: they are here alone.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import batched, groupby

from shared.domain.audit import AuditEntry, day_of, mirrored, moment_of, time_digits
from shared.domain.errors import ConflictError, DependencyError
from shared.domain.records import Row, Upsert
from shared.ports import Table
from shared.services.state import MAX_TRANSACTION

logger = logging.getLogger(__name__)

MOST_ROWS = 5000
"""Looked at for one page: a filter that fits little must not hold a request for ever."""
MOST_DAYS = 32
"""Looked into for one page, each with a query of its own: a month, its first day and the end of its last."""
MOST_REMEMBERED = 10_000
"""Ids of entries, so that `reconcile` does not write once more what this process has just written."""
FETCH = 250
"""Rows at a time, at least: where few of them fit, many have to be looked at."""
_BEHIND = "~"
"""Sorts behind every digit: `key + _BEHIND` is behind all keys that begin with `key`."""


@dataclass(frozen=True)
class Span:
    """Entries from `since` on and before `until`, of one registry or of all. `after`: where the page before ended."""

    since: datetime
    until: datetime
    registry: str | None = None
    after: str = ""


class Walk:
    """Goes back in time through a span. `position` is where the next page goes on; `None` when nothing is left."""

    def __init__(self, table: Table, span: Span, page: int) -> None:
        self._table, self._span, self._page = table, span, page
        self.position: str | None = None

    def __iter__(self) -> Iterator[AuditEntry]:
        looked = 0
        for days, day in enumerate(self._days()):
            if days == MOST_DAYS:
                return
            for row in self._rows(day):
                if looked == MOST_ROWS:
                    return
                looked += 1
                entry = AuditEntry.from_row(row)
                self.position = entry.id_key
                yield entry
            self.position = _beginning(day)
        self.position = None

    def _days(self) -> Iterator[date]:
        newest, oldest = self._span.until.date(), self._span.since.date()
        if self._span.after:
            newest = min(newest, moment_of(self._span.after).date())
        for back in range((newest - oldest).days + 1):
            yield newest - timedelta(days=back)

    def _rows(self, day: date) -> Iterator[Row]:
        span = self._span
        prefix = f"{span.registry}:" if span.registry else ""
        newest = min(time_digits(span.until), span.after or _BEHIND)
        first = prefix + mirrored(newest) + _BEHIND
        end = prefix + mirrored(time_digits(span.since)) + _BEHIND
        return self._table.query(day.isoformat(), first, end, self._page)


class AuditTrail:
    """Writes and reads the table `audit`. Raises `DependencyError` when the table service does not answer."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._written: dict[str, None] = {}

    def has(self, id_key: str) -> bool:
        """Has this process written it, as far as it remembers?"""
        return id_key in self._written

    def copy(self, entries: Sequence[AuditEntry]) -> None:
        """Entries as they are. The same again is the same rows."""
        by_day = sorted(entries, key=lambda entry: entry.id_key)
        for day, found in groupby(by_day, lambda entry: day_of(moment_of(entry.id_key))):
            for batch in batched(found, MAX_TRANSACTION // 2, strict=False):
                self._table.transact(day, [Upsert(row) for entry in batch for row in _rows_of(entry)])
                self._remember(batch)

    def _remember(self, entries: Sequence[AuditEntry]) -> None:
        self._written.update(dict.fromkeys(entry.id_key for entry in entries))
        while len(self._written) > MOST_REMEMBERED:
            self._written.pop(next(iter(self._written)), None)

    def committed(self, registry: str, rows: Sequence[Row]) -> None:
        """Entries that have just been committed in their registry's partition. What fails now, `reconcile` copies."""
        try:
            self.copy([AuditEntry.from_row(row).change(registry=registry) for row in rows])
        except (DependencyError, ConflictError) as error:
            logger.warning("the audit's copy waits for reconcile: registry %s: %s", registry, error)

    def walk(self, span: Span, page: int) -> Walk:
        """Newest first; `page`: how many rows are fetched at a time."""
        return Walk(self._table, span, page)

    def page(
        self, span: Span, size: int, fits: Callable[[AuditEntry], bool]
    ) -> tuple[list[AuditEntry], str | None]:
        """At most `size` entries that fit, and where the next page goes on: it may hold fewer all the same."""
        walk, found = self.walk(span, max(size + 1, FETCH)), list[AuditEntry]()
        for entry in filter(fits, walk):
            if len(found) == size:
                return found, found[-1].id_key
            found.append(entry)
        return found, walk.position


def _rows_of(entry: AuditEntry) -> Iterator[Row]:
    values, key = entry.to_row().values, mirrored(entry.id_key)
    yield Row(key, values)
    if entry.registry:
        yield Row(f"{entry.registry}:{key}", values)


def _beginning(day: date) -> str:
    return time_digits(datetime(day.year, day.month, day.day, tzinfo=UTC))
