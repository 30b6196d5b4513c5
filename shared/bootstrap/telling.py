"""What tells people: notices, sinks, reports."""

from __future__ import annotations

# ruff: noqa: PLC0415 - the imports inside functions are this package's purpose
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.core import NOTICES_QUEUE, now
from shared.bootstrap.work import WorkServices

if TYPE_CHECKING:
    from shared.services.notifying.deliveries import Deliveries
    from shared.services.notifying.outbox import Outbox
    from shared.services.reporting.archive import Archive
    from shared.services.reporting.gathering import Gathering
    from shared.services.reporting.reports import Reports
    from shared.services.reporting.scheduled import ScheduledReports
    from shared.sinks.sender import Sender


class TellingServices(WorkServices):
    """What tells people: notices, sinks, reports."""

    @cached_property
    def outbox(self) -> Outbox:
        """Where notices go out."""
        from shared.azure.queues import StorageQueue
        from shared.services.notifying.outbox import Outbox

        queue = StorageQueue(self._connection, NOTICES_QUEUE)
        return Outbox(self._health, queue, self.settings.notification_sinks, now)

    @cached_property
    def _sender(self) -> Sender:
        from shared.sinks.sender import Sender

        return Sender(self.settings.sink_allowed_hosts)

    @cached_property
    def _archive(self) -> Archive:
        from shared.services.reporting.archive import Archive

        return Archive(self._health, now)

    @cached_property
    def _gathering(self) -> Gathering:
        from shared.domain.report.facts import Links
        from shared.services.reporting.gathering import Display, Gathering

        settings, context = self.settings, self.context
        links = Links(settings.public_url, context.subscription, context.group)
        return Gathering(
            self.state,
            self._health,
            self.capacity,
            self._trail,
            now,
            display=Display(settings.display_time_zone, links),
            expiry_days=settings.user_expiry_warning_days,
        )

    @cached_property
    def reports(self) -> Reports:
        """Reports over HTTP, and what sinks say of them."""
        from shared.services.reporting.reports import Reports

        return Reports(self._gathering, self._archive, now)

    @cached_property
    def scheduled_reports(self) -> ScheduledReports:
        """Reports that come by themselves."""
        from shared.services.reporting.scheduled import Plan, ScheduledReports

        settings = self.settings
        plan = Plan(
            settings.report_schedule,
            settings.display_time_zone,
            settings.report_period,
            settings.report_when,
        )
        return ScheduledReports(self._gathering, self._archive, self._health, self.outbox.announce, plan, now)

    @cached_property
    def deliveries(self) -> Deliveries:
        """Takes notices to sinks."""
        from zoneinfo import ZoneInfo

        from shared.domain.notices.telling import Places
        from shared.services.notifying.deliveries import Deliveries
        from shared.sinks.messenger import SinkMessenger

        settings, context = self.settings, self.context
        messenger = SinkMessenger(settings.notification_sinks, settings.sink_addresses, self._sender, now)
        zone = ZoneInfo(settings.display_time_zone)
        places = Places(settings.public_url, context.subscription, context.group, zone)
        return Deliveries(self._health, self.outbox, messenger, self.reports, places, now)
