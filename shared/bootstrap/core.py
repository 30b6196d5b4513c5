"""What every service is made of: settings, tables, queues, the clock."""

from __future__ import annotations

# ruff: noqa: PLC0415 - the imports inside functions are this package's purpose
import os
from datetime import UTC, datetime
from functools import cached_property

from shared.domain.resources.graph import Context
from shared.ports import Table
from shared.services.audit.copies import AuditCopies
from shared.services.audit.trail import AuditTrail
from shared.services.capacity import Capacity
from shared.services.liveness import Liveness
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.operations.turns import Turns
from shared.services.schema import Schema
from shared.services.state import State
from shared.settings import Settings, together

LIFECYCLE_QUEUE, USERS_QUEUE, CHECKS_QUEUE = "registry-operations", "htpasswd-sync", "health-checks"
NOTICES_QUEUE = "notifications"


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


class Core:
    """What every service is made of: settings, tables, queues, the clock. Raises `SettingsError`."""

    def __init__(self) -> None:
        from shared.azure.connection import StorageConnection
        from shared.azure.queues import StorageQueue

        self.settings, self._connection = together(
            lambda: Settings.from_env(os.environ), lambda: StorageConnection.from_env(os.environ)
        )
        self._audits = self._table("audit")
        self._trail = AuditTrail(self._audits)
        rows = self._table("state")
        self._schema = Schema(rows, now)
        self.state = State(rows, may_write=self._schema.check, committed=self._trail.committed)
        self.context = Context(self.settings.azure_subscription_id, self.settings.azure_resource_group)
        self._health = self._table("health")
        self.liveness = Liveness(self._health)
        self._copies = AuditCopies(self.state, self._trail, self._audits, now)
        self.capacity = Capacity(
            self._table("index"), now, self.settings.max_registries, before_release=self._copies.finish
        )
        self.channels = Channels(
            StorageQueue(self._connection, LIFECYCLE_QUEUE), StorageQueue(self._connection, USERS_QUEUE)
        )
        self.turns = Turns(self.state, self.channels, now, self.settings.operation_stale_seconds)

    def _table(self, name: str, *, hurried: bool = False) -> Table:
        from shared.azure.tables import StorageTable

        return StorageTable(self._connection, name, hurried=hurried)

    @cached_property
    def _ledger(self) -> Ledger:
        settings = self.settings
        return Ledger(
            self.state,
            settings.probe_key,
            settings.operation_timeout_seconds,
            settings.operation_stale_seconds,
        )
