"""How a registry fares now and fared before, from rows alone: nothing here looks at the registry itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.health.codes import HealthState
from shared.domain.health.history import Check, Day, Incident, total, uptime
from shared.domain.health.mute import Mute
from shared.domain.health.sweep_times import next_sweep
from shared.domain.health.verdict import Verdict
from shared.domain.health.windows import Window
from shared.domain.operations import Operation
from shared.domain.registries.registry import Registry
from shared.domain.report.periods import Span
from shared.domain.report.timeline import from_checks
from shared.ports import Table
from shared.services.health.mutes import Mutes
from shared.services.health.past import PastRows
from shared.services.registries.catalog import Registries
from shared.services.state import Clock


@dataclass(frozen=True)
class Past:
    """What was, the newest first: single checks of the last 24 hours, or else days; and incidents."""

    window: Window
    since: datetime
    until: datetime
    checks: Sequence[Check] | None = None
    days: Sequence[Day] | None = None
    incidents: Sequence[Incident] = field(default_factory=list)


@dataclass(frozen=True)
class RegistryHealth:
    """One registry's health. `operation`: the work of ours that is going on."""

    registry: Registry
    verdict: Verdict | None
    operation: Operation | None
    mute: Mute | None
    uptimes: Mapping[Window, float | None]
    next_check: datetime | None
    past: Past | None = None

    @property
    def state(self) -> HealthState:
        """While we work on it ourselves, what was seen before says little."""
        if self.operation:
            return HealthState.MAINTENANCE
        return self.verdict.state if self.verdict else HealthState.UNKNOWN


class HealthHistory:
    """Raises `ApiError` 404, and `DependencyError` when the tables are away. `schedule`: the sweep's."""

    def __init__(
        self, registries: Registries, health: Table, mutes: Mutes, schedule: str, now: Clock
    ) -> None:
        self._registries, self._rows, self._mutes = registries, PastRows(health), mutes
        self._schedule, self._now = schedule, now

    def of(self, name: str, window: Window | None = None) -> RegistryHealth:
        """How it fares; with a `window`, what was in that time, too."""
        found, now = self._registries.get(name), self._now()
        registry = found.registry
        checks = self._rows.checks(registry, Window.DAY.start(now))
        days = self._rows.days(registry, Window.QUARTER.start(now).date())
        looked_at = registry.login_server and not registry.is_soft_deleted
        return RegistryHealth(
            registry=registry,
            verdict=found.verdict,
            operation=found.operation,
            mute=self._mutes.of(registry),
            uptimes={each: _uptime(each, checks, days, now) for each in Window},
            next_check=next_sweep(self._schedule, now) if looked_at else None,
            past=self._past(registry, window, checks, days, now) if window else None,
        )

    def _past(
        self, registry: Registry, window: Window, checks: Sequence[Check], days: Sequence[Day], now: datetime
    ) -> Past:
        since = window.start(now)
        is_day = window is Window.DAY
        return Past(
            window=window,
            since=since,
            until=now,
            checks=[check for check in checks if check.at >= since] if is_day else None,
            days=None if is_day else [day for day in days if day.day >= since.date()],
            incidents=self._rows.incidents(registry, since),
        )


def _uptime(window: Window, checks: Sequence[Check], days: Sequence[Day], now: datetime) -> float | None:
    since = window.start(now)
    if window is Window.DAY:
        [slot] = from_checks(checks[::-1], (), [Span(since, now)])
        return uptime(slot.seconds)
    return uptime(total(day.seconds for day in days if day.day >= since.date()))
