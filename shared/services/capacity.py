"""The index of all registries, and how many there may be. A hint, never truth: `reconcile` mends it.

Names and their count stand in one partition, so that both change in one transaction and no request counts rows.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from shared.domain.errors import ApiError
from shared.domain.records import NEXT, Delete, Insert, Record, Upsert
from shared.ports import Table
from shared.services.state import Clock, retry_on_conflict

PARTITION = "registries"
FIRST, END = "a", "{"
"""Registry names start with a letter; the counter's key sorts before them."""


class _Entry(Record):
    name: str
    created_at: datetime

    @property
    def key(self) -> str:
        return self.name


class _Count(Record):
    number: int = 0

    @property
    def key(self) -> str:
        return "!count"


class Capacity:
    """Which registries there are. Raises `DependencyError` when the table service does not answer.

    `before_release` is called with a name that is about to leave, and nobody visits it afterwards: what it raises keeps
    the name here, and `reconcile` tries again.
    """

    def __init__(
        self,
        index: Table,
        now: Clock,
        maximum: int,
        before_release: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._index, self._now, self._maximum = index, now, maximum
        self._before_release = before_release

    def names(self, after: str = "", limit: int | None = None) -> Iterator[tuple[str, datetime]]:
        """`(name, indexed at)` in name order, after `after`."""
        first = after + NEXT if after else FIRST
        for row in islice(self._index.query(PARTITION, first, END, limit), limit):
            entry = _Entry.from_row(row)
            yield entry.name, entry.created_at

    @retry_on_conflict
    def reserve(self, name: str) -> None:
        """Before the registry's own row is written. Raises `ApiError` 409 when there are `MAX_REGISTRIES` already."""
        if row := self._index.get(PARTITION, name):
            again = _Entry.from_row(row).change(created_at=self._now())
            self._index.transact(PARTITION, [again.save()])
            return
        self._add(name, self._count_with_room())

    def check(self, name: str) -> None:
        """Would `reserve` take the name? Writes nothing. Raises `ApiError` 409 if it would not."""
        if not self._index.get(PARTITION, name):
            self._count_with_room()

    @retry_on_conflict
    def remember(self, name: str) -> None:
        """A registry that exists is in the index, whatever the limit says."""
        if not self._index.get(PARTITION, name):
            self._add(name, self._count())

    @retry_on_conflict
    def release(self, name: str, seen_at: datetime) -> None:
        """After the registry's own row has gone; unless somebody has reserved the name since `seen_at`."""
        row = self._index.get(PARTITION, name)
        if row is None or _Entry.from_row(row).created_at > seen_at:
            return
        self._before_release(name)
        count = self._count()
        fewer = count.change(number=max(0, count.number - 1))
        self._index.transact(PARTITION, [Delete(row.key, row.etag), fewer.save()])

    def recount(self) -> bool:
        """Sets the counter to what is there; says whether it was wrong. Only `reconcile` pays for counting."""
        count, number = self._count(), sum(1 for _ in self.names())
        if count.number != number:
            self._index.transact(PARTITION, [Upsert(count.change(number=number).to_row())])
        return count.number != number

    def _add(self, name: str, count: _Count) -> None:
        entry = Insert(_Entry(name=name, created_at=self._now()).to_row())
        self._index.transact(PARTITION, [entry, count.change(number=count.number + 1).save()])

    def _count_with_room(self) -> _Count:
        count = self._count()
        if count.number >= self._maximum:
            raise ApiError(
                409,
                "TooManyRegistries",
                f"There are {count.number} registries, and MAX_REGISTRIES allows {self._maximum}.",
                "Purge one that nobody needs (DELETE with ?purge=true; a deleted one counts until then), "
                "or raise the setting MAX_REGISTRIES.",
            )
        return count

    def _count(self) -> _Count:
        row = self._index.get(PARTITION, "!count")
        return _Count.from_row(row) if row else _Count()
