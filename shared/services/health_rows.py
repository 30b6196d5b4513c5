"""What was found out about one registry from outside: the sweep's last verdict, and `reconcile`'s alarm.

Each has a row and a writer of its own, so that nobody writes over the other's finding.
"""

from contextlib import suppress
from dataclasses import dataclass

from shared.domain.errors import ConflictError
from shared.domain.health import ALARM_KEY, VERDICT_KEY, Alarm, Verdict, gravest
from shared.domain.records import Delete, Row, Upsert, key_range
from shared.domain.registries import Registry
from shared.ports import Table


@dataclass(frozen=True)
class Known:
    """What the rows say of this incarnation of a registry."""

    last: Verdict | None
    alarm: Alarm | None

    @property
    def verdict(self) -> Verdict | None:
        """What its reader should know first."""
        return gravest(self.last, self.alarm)


class HealthRows:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table) -> None:
        self._health = health

    def read(self, registry: Registry) -> Known:
        """One query. A row of an earlier incarnation is none."""
        rows = self._rows(registry.name)
        return Known(
            _of(registry, Verdict.from_row(rows[VERDICT_KEY]) if VERDICT_KEY in rows else None),
            _of(registry, Alarm.from_row(rows[ALARM_KEY]) if ALARM_KEY in rows else None),
        )

    def keep(self, name: str, finding: Verdict) -> None:
        """In place of what its kind of row said before."""
        self._health.transact(name, [Upsert(finding.to_row())])

    def drop(self, name: str, finding: Verdict) -> None:
        """Unless somebody has written a newer one."""
        with suppress(ConflictError):
            self._health.transact(name, [Delete(finding.key, finding.etag)])

    def forget(self, name: str) -> None:
        """All of it: the registry is gone."""
        with suppress(
            ConflictError
        ):  # a sweep has written just now: its row names an incarnation that is over
            if rows := self._rows(name):
                self._health.transact(name, [Delete(key) for key in rows])

    def _rows(self, name: str) -> dict[str, Row]:
        return {row.key: row for row in self._health.query(name, *key_range(VERDICT_KEY))}


def _of[V: Verdict](registry: Registry, found: V | None) -> V | None:
    return found if found and found.uid == registry.uid else None
