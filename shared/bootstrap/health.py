"""What looks at registries, and says how they fare."""

from __future__ import annotations

# ruff: noqa: PLC0415 - the imports inside functions are this package's purpose
import threading
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.core import CHECKS_QUEUE, now
from shared.bootstrap.telling import TellingServices
from shared.domain.health.observation import Thresholds
from shared.services.health.history import HealthHistory
from shared.services.health.metrics import MetricsReading
from shared.services.health.mutes import Mutes
from shared.services.status.board import StatusBoard

if TYPE_CHECKING:
    from shared.domain.messages import CheckMessage
    from shared.ports import Queue
    from shared.services.health.boards import Boards
    from shared.services.health.checks import Checks
    from shared.services.health.daily import DailyLooks
    from shared.services.health.on_demand import OnDemand
    from shared.services.health.sweeps import Sweeps


class HealthServices(TellingServices):
    """What looks at registries, and says how they fare."""

    @cached_property
    def mutes(self) -> Mutes:
        """Mutes registries."""
        return Mutes(self.state, self.registries, self._ledger, self._boards, now)

    @cached_property
    def health_history(self) -> HealthHistory:
        """How registries fare, and fared."""
        schedule = self.settings.health_sweep_schedule
        return HealthHistory(self.registries, self._health, self.mutes, schedule, now)

    @cached_property
    def on_demand(self) -> OnDemand:
        """Looks at one registry at once: nobody who asks waits until a sweep has a place for him."""
        from shared.services.health.on_demand import OnDemand

        return OnDemand(self.registries, self.health_history, self._checks().now, now)

    @cached_property
    def metrics(self) -> MetricsReading:
        """What a monitoring system reads."""
        return MetricsReading(self._health, now)

    @cached_property
    def status_board(self) -> StatusBoard:
        """What the status page shows."""
        return StatusBoard(self._health)

    @cached_property
    def daily_looks(self) -> DailyLooks:
        """What is looked at once a day."""
        from shared.azure.containers import StorageContainers
        from shared.services.health.daily import DailyLooks

        return DailyLooks(lambda: self._resources, StorageContainers(), now)

    @cached_property
    def _boards(self) -> Boards:
        from shared.services.health.boards import Boards

        return Boards(self._health)

    @cached_property
    def _checks_queue(self) -> Queue[CheckMessage]:
        from shared.azure.queues import StorageQueue

        return StorageQueue(self._connection, CHECKS_QUEUE)

    @cached_property
    def sweeps(self) -> Sweeps:
        """Hands out looks at all registries."""
        from shared.services.health.sweeps import Sweeps
        from shared.sinks.heartbeat import HttpHeartbeat

        return Sweeps(
            self._health,
            self._checks_queue,
            self.capacity,
            self._boards,
            lambda: self._resources,
            HttpHeartbeat(self.settings.heartbeat_url, self._sender),
            now,
        )

    def __init__(self) -> None:
        super().__init__()
        self._first = threading.Lock()

    @property
    def health_checks(self) -> Checks:
        """Looks at registries: however many batches this process is given, they share the places of one probe."""
        with self._first:  # a sweep gives a process that has just started several at once
            return self._sweeping

    @cached_property
    def _sweeping(self) -> Checks:
        return self._checks()

    def _checks(self) -> Checks:
        from shared.services.health.advice import Advice
        from shared.services.health.checks import Checks
        from shared.services.health.keeper import Keeper
        from shared.services.health.observer import Observer
        from shared.services.health.rows import HealthRows

        settings = self.settings
        thresholds = Thresholds(
            slow_ms=settings.slow_probe_milliseconds, tls_warning_days=settings.tls_expiry_warning_days
        )
        recheck = settings.health_recheck_seconds
        observer = Observer(
            self.state,
            HealthRows(self._health),
            self._new_probe(),
            thresholds,
            settings.probe_key,
            now,
            [Advice(self.state, settings.user_expiry_warning_days, now)],
        )
        return Checks(
            observer,
            Keeper(self._health, timedelta(seconds=recheck)),
            self._boards,
            self.sweeps,
            self.daily_looks,
            self._checks_queue,
            self.outbox.announce,
            self.mutes.of,
            now,
            recheck,
        )
