"""What was found out about one registry from outside: the sweep's last verdict, `reconcile`'s alarm, and drift.

Each has a row and a writer of its own, so that nobody writes over the other's finding.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Self

from shared.domain.errors import ConflictError
from shared.domain.health.daily import DAILY_KEY, DailyLook
from shared.domain.health.history import INCIDENT_KEYS, Incident, newest_first
from shared.domain.health.verdict import ALARM_KEY, VERDICT_KEY, Alarm, Verdict, gravest
from shared.domain.records import Change, Delete, Record, Row, Upsert, key_range
from shared.domain.registries.registry import Registry
from shared.domain.resources.site_drift import DRIFT_KEY, SiteFinding
from shared.ports import Table
from shared.services.state import MAX_TRANSACTION, retry_on_conflict


@dataclass(frozen=True)
class Known:
    """What the rows say of this incarnation of a registry."""

    last: Verdict | None
    alarm: Alarm | None
    looked: SiteFinding | None
    """The last look at its resources."""
    changed_at: datetime
    """When an operation last changed the registry."""
    daily: DailyLook | None = None
    """The last daily look."""

    def at(self, now: datetime) -> Self:
        """With what may be claimed of it now."""
        return replace(self, last=self.last.known_at(now)) if self.last else self

    @property
    def verdict(self) -> Verdict | None:
        """What its reader should know first."""
        return gravest(self.last, self.alarm)

    @property
    def drift(self) -> SiteFinding | None:
        """What is still to be repaired: found since an operation last sent anything."""
        looked = self.looked
        is_new = looked and looked.checked_at and looked.checked_at > self.changed_at
        return looked if looked and looked.found and is_new else None

    @property
    def resend(self) -> list[str]:
        """The steps that an update sends again whatever it finds: Azure does not show what is wrong with them."""
        daily = self.daily
        has_lost_key = daily and daily.key_valid is False and daily.looked_at > self.changed_at
        return sorted({*(self.drift.steps if self.drift else ()), *(["site"] if has_lost_key else ())})


FIRST, END = "a", "{"
"""All keys of a registry's partition begin with a letter."""


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
            _of(registry, SiteFinding.from_row(rows[DRIFT_KEY]) if DRIFT_KEY in rows else None),
            registry.updated_at,
            _of(registry, DailyLook.from_row(rows[DAILY_KEY]) if DAILY_KEY in rows else None),
        )

    def keep(self, name: str, finding: Record) -> None:
        """In place of what its kind of row said before."""
        self._health.transact(name, [Upsert(finding.to_row())])

    def drop(self, name: str, finding: Record) -> None:
        """Unless somebody has written a newer one."""
        with suppress(ConflictError):
            self._health.transact(name, [Delete(finding.key, finding.etag)])

    def forget(self, name: str) -> None:
        """All of it, its history too: the registry is gone."""
        while rows := list(islice(self._health.query(name, FIRST, END, MAX_TRANSACTION), MAX_TRANSACTION)):
            with suppress(ConflictError):  # somebody has just removed some of them
                self._health.transact(name, [Delete(row.key) for row in rows])

    @retry_on_conflict
    def retire(self, registry: Registry, now: datetime) -> None:
        """It has no site any more: what was known of its present goes, its incident is over, its history stays."""
        last = self.read(registry).last
        began = last.incident_at if last else None
        row = self._health.get(registry.name, INCIDENT_KEYS + newest_first(began)) if began else None
        ended: list[Change] = [Upsert(Incident.from_row(row).change(ended_at=now).to_row())] if row else []
        if changes := [*ended, *(Delete(key) for key in self._rows(registry.name))]:
            self._health.transact(registry.name, changes)

    def _rows(self, name: str) -> dict[str, Row]:
        return {row.key: row for row in self._health.query(name, *key_range(VERDICT_KEY))}


def _of[V: (Verdict, Alarm, SiteFinding, DailyLook)](registry: Registry, found: V | None) -> V | None:
    return found if found and found.uid == registry.uid else None
