"""The rows of one registry's past, the newest first. Rows of an earlier incarnation are none."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from shared.domain.health.history import CHECK_KEYS, DAY_KEYS, INCIDENT_KEYS, Check, Day, Incident
from shared.domain.records import NEXT, key_range
from shared.domain.registries.registry import Registry
from shared.ports import Table

PAGE = 300
"""Rows at a time: a day of checks, or all days that anybody asks for."""


class PastRows:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table) -> None:
        self._health = health

    def checks(self, registry: Registry, since: datetime) -> list[Check]:
        """From `since` on, and the one before, which holds until the first of them."""
        rows = self._health.query(registry.name, *key_range(CHECK_KEYS), PAGE)
        found = _back_to(since, map(Check.from_row, rows), lambda check: check.at)
        return [check for check in found if check.uid == registry.uid]

    def days(self, registry: Registry, since: date) -> list[Day]:
        """From `since` on."""
        end = Day(uid=registry.uid, day=since).key + NEXT
        rows = self._health.query(registry.name, DAY_KEYS, end, PAGE)
        return [day for day in map(Day.from_row, rows) if day.uid == registry.uid]

    def incidents(self, registry: Registry, since: datetime) -> list[Incident]:
        """Those that had not ended by then. A registry has one at a time, so at most one of them began before."""
        rows = self._health.query(registry.name, *key_range(INCIDENT_KEYS), PAGE)
        found = _back_to(since, map(Incident.from_row, rows), lambda incident: incident.started_at)
        return [each for each in found if each.uid == registry.uid and _reaches(each, since)]


def _back_to[R](since: datetime, newest_first: Iterator[R], moment: Callable[[R], datetime]) -> Iterator[R]:
    """As far as the first one before `since`; that one too."""
    for record in newest_first:
        yield record
        if moment(record) < since:
            return


def _reaches(incident: Incident, since: datetime) -> bool:
    return incident.ended_at is None or incident.ended_at > since
