"""What `reconcile` does, every minute."""

from __future__ import annotations

# ruff: noqa: PLC0415 - the imports inside functions are this package's purpose
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.chat import ChatServices
from shared.bootstrap.core import now

if TYPE_CHECKING:
    from shared.services.reconciling.reconcile import Chore, Reconcile, Survey


class MendingServices(ChatServices):
    """What `reconcile` does, every minute."""

    @cached_property
    def reconcile(self) -> Reconcile:
        """What mends."""
        from shared.services.health.rows import HealthRows
        from shared.services.reconciling.audit_copying import AuditCopying
        from shared.services.reconciling.ended_reveals import EndedReveals
        from shared.services.reconciling.expired_registries import ExpiredRegistries
        from shared.services.reconciling.expired_users import ExpiredUsers
        from shared.services.reconciling.htpasswd_alarm import HtpasswdAlarm
        from shared.services.reconciling.htpasswd_drift import HtpasswdDrift
        from shared.services.reconciling.late_posts import LatePosts
        from shared.services.reconciling.notices import Notices
        from shared.services.reconciling.old_replays import OldReplays
        from shared.services.reconciling.orphans import Orphans
        from shared.services.reconciling.reconcile import Reconcile
        from shared.services.reconciling.retention import Limits, Retention
        from shared.services.reconciling.revocations import Revocations
        from shared.services.reconciling.site_drift import SiteDrift
        from shared.services.reconciling.stale_operations import IndexCount, StaleOperations
        from shared.services.reconciling.stuck_rows import StuckRows
        from shared.services.reconciling.upgrade import Upgrade

        settings, health = self.settings, HealthRows(self._health)
        chores: list[Chore] = [
            StaleOperations(self.state, self.capacity, self.channels, now),
            StuckRows(self.state, now),
            ExpiredRegistries(self.state, self.lifecycle, now),
            ExpiredUsers(self.state, self.channels, self._ledger, now),
            EndedReveals(self.state, now),
            HtpasswdAlarm(health, now, settings.htpasswd_stale_seconds),
            HtpasswdDrift(self.state, self._publisher, self.channels, self._ledger, settings.probe_key, now),
            SiteDrift(
                self.state,
                health,
                self.lifecycle,
                lambda: self._resources,
                self.context,
                settings.probe_key,
                now,
                action=settings.drift_action,
                check_seconds=settings.drift_check_seconds,
            ),
            AuditCopying(self._copies),
        ]
        surveys: list[Survey] = [
            Orphans(
                self.state,
                self._health,
                self.capacity,
                lambda: self._resources,
                now,
                settings.drift_check_seconds,
            ),
            IndexCount(self.capacity),
            Retention(
                self.state,
                self._audits,
                self._copies,
                Limits(settings.audit_retention_days, settings.operation_retention_days),
                now,
            ),
            Revocations(self.state, self.channels, self._copies, now),
            Notices(self._health, self.outbox, now),
            OldReplays(self.replays),
            LatePosts(self.posts),
        ]
        upgrade = Upgrade(self.state, self._schema, {2: self._copies.catch_up})
        return Reconcile(self.state, health, self.capacity, chores, surveys, upgrade)
