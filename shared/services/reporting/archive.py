"""Keeps reports in the table `health`: partition `_reports`, the newest first.

A small row says what a report is about, and another one beside it holds all of it: so a list of reports reads none of
them. The report is packed, as JSON that says the same names again and again, and cut into columns of 64 KiB, which is
as much as one may have (learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model).

A report's id is its end, so the same report made twice is one report.
"""

import base64
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import batched, islice

from shared.domain.errors import ConflictError
from shared.domain.health.codes import Severity
from shared.domain.health.history import newest_first
from shared.domain.records import NEXT, Delete, Insert, Record, Row, key_range
from shared.domain.report.model import Report
from shared.domain.report.periods import PeriodName
from shared.ports import Table
from shared.services.state import Clock

REPORTS = "_reports"
"""The partition; no registry can have such a name."""
KEPT = timedelta(days=400)
HEADS, BODIES = "head:", "body:"
REPORT_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{4}Z")
COLUMN = 32_000
"""Characters of a column: a table counts two bytes for each, and takes 64 KiB."""
MOST_COLUMNS = 14
"""A row may have 1 MiB."""
MOST_REMOVED = 50
"""Reports in one transaction, which takes a hundred rows."""
MOST_OF_A_LIST = 100
_ID = "%Y-%m-%dT%H%MZ"


def report_id(end: datetime) -> str:
    """`2026-11-26T0600Z`."""
    return end.astimezone(UTC).strftime(_ID)


class Head(Record):
    """What a list says of a kept report."""

    id: str
    generated_at: datetime
    period: PeriodName
    start: datetime
    end: datetime
    severity: Severity
    verdict: str

    @property
    def key(self) -> str:
        return HEADS + newest_first(self.end)


class Archive:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table, now: Clock) -> None:
        self._health, self._now = health, now

    def get(self, name: str) -> Report | None:
        """The report with this id; `None` too if that can be none."""
        end = _end_of(name)
        row = self._health.get(REPORTS, BODIES + newest_first(end)) if end else None
        return _unpacked(row) if row else None

    def heads(self, after: str, limit: int) -> Iterator[Head]:
        """At most `limit`, the newest first: those that ended before the one with the id `after`."""
        before = _end_of(after)
        return self._before(before, limit) if before or not after else iter(())

    def _before(self, moment: datetime | None, limit: int) -> Iterator[Head]:
        first, end = key_range(HEADS)
        if moment:
            first = HEADS + newest_first(moment) + NEXT
        return (Head.from_row(row) for row in islice(self._health.query(REPORTS, first, end, limit), limit))

    def add(self, report: Report) -> Report:
        """The report as it is kept from now on: if somebody was faster, it is his. Raises `ConflictError`."""
        head, fitting = _head(report), _fitting(report)
        try:
            self._health.transact(REPORTS, [Insert(head.to_row()), Insert(_packed(fitting))])
        except ConflictError:
            if (kept := self.get(head.id)) is None:
                raise  # nobody has written it
            return kept
        return fitting

    def forget_old(self) -> None:
        """Those whose time is over; of a great many only some, the rest another time."""
        old = [head.key for head in self._before(self._now() - KEPT, MOST_REMOVED)]
        keys = [*old, *(BODIES + key.removeprefix(HEADS) for key in old)]
        if keys:
            with suppress(ConflictError):  # somebody else is at it
                self._health.transact(REPORTS, [Delete(key) for key in keys])


def _end_of(name: str) -> datetime | None:
    """Of the report with this id."""
    try:
        return datetime.strptime(name, _ID).replace(tzinfo=UTC) if REPORT_ID.fullmatch(name) else None
    except ValueError:
        return None  # the 31st of February


def _head(report: Report) -> Head:
    return Head(
        id=report_id(report.period.end),
        generated_at=report.generated_at,
        period=report.period.name,
        start=report.period.start,
        end=report.period.end,
        severity=report.severity,
        verdict=report.verdict,
    )


def _fitting(report: Report) -> Report:
    """All of it, or as much as one row takes: single registries are what can be spared."""
    if _fits(report):
        return report
    less = _without(report, "The single registries", registries=[])
    if _fits(less):
        return less
    few = {name: getattr(less, name)[:MOST_OF_A_LIST] for name in _LISTS}
    users = less.users.model_copy(update={"expiring": less.users.expiring[:MOST_OF_A_LIST]})
    return _without(less, f"All but {MOST_OF_A_LIST} of each list", users=users, **few)


_LISTS = ("problems", "todo", "incidents", "failed_operations", "drift")
"""Of a report, that may be of any length."""


def _without(report: Report, what: str, **fields: object) -> Report:
    note = f"{what} are left out: a kept report has no room for so many."
    return report.model_copy(update={**fields, "notes": [*report.notes, note]})


def _fits(report: Report) -> bool:
    return len(_text(report)) <= MOST_COLUMNS * COLUMN


def _text(report: Report) -> str:
    return base64.b64encode(zlib.compress(report.model_dump_json(by_alias=True).encode())).decode()


def _packed(report: Report) -> Row:
    columns = ("".join(some) for some in batched(_text(report), COLUMN, strict=False))
    values = {f"part{number:02}": column for number, column in enumerate(columns)}
    return Row(BODIES + newest_first(report.period.end), values)


def _unpacked(row: Row) -> Report:
    columns = (str(value) for name, value in sorted(row.values.items()) if name.startswith("part"))
    return Report.model_validate_json(zlib.decompress(base64.b64decode("".join(columns))))
