"""The composition root: settings -> services. First called inside an invocation, so that importing costs nothing.

What only queue and timer functions need is imported when they first ask: an HTTP request pays for tables and
queues, not for Resource Manager.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 - the imports inside functions are this module's purpose
import logging
import os
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

from shared.domain.graph import Context
from shared.domain.health.observation import Thresholds
from shared.domain.operations import Kind
from shared.ports import Table
from shared.services.accounts import Accounts
from shared.services.audit import Audit
from shared.services.audit_copies import AuditCopies
from shared.services.audit_trail import AuditTrail
from shared.services.cancel import Cancel
from shared.services.capacity import Capacity
from shared.services.chat.replays import Replays
from shared.services.diagnosis import Diagnoses
from shared.services.health.history import HealthHistory
from shared.services.health.metrics import MetricsReading
from shared.services.health.mutes import Mutes
from shared.services.imports import Imports
from shared.services.liveness import Liveness
from shared.services.operations import Operations
from shared.services.people import People
from shared.services.refusals import Refusals
from shared.services.registries import Registries
from shared.services.requests import Ledger
from shared.services.restart import Restart
from shared.services.retry import Retry
from shared.services.reveals import Reveals
from shared.services.schema import Schema
from shared.services.soft_delete import SoftDelete
from shared.services.state import State
from shared.services.status_board import StatusBoard
from shared.services.status_links import StatusLinks
from shared.services.turns import Channels, Turns
from shared.services.user_changes import UserChanges
from shared.settings import Settings, SettingsError, together
from shared.telemetry import logs
from shared.telemetry.traces import Listener, Nobody, telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.domain.messages import CheckMessage
    from shared.ports import Chat, Probe, Queue, ResourceManager
    from shared.services.chat.conversation import Conversation
    from shared.services.chat.posts import Posts
    from shared.services.health.boards import Boards
    from shared.services.health.checks import Checks
    from shared.services.health.daily import DailyLooks
    from shared.services.health.on_demand import OnDemand
    from shared.services.health.sweeps import Sweeps
    from shared.services.notifying.deliveries import Deliveries
    from shared.services.notifying.outbox import Outbox
    from shared.services.notifying.poison import NoticePoison
    from shared.services.poison import Poison
    from shared.services.provisioning import Provisioning
    from shared.services.publisher import Publisher
    from shared.services.reconciling.reconcile import Chore, Reconcile, Survey
    from shared.services.reporting.archive import Archive
    from shared.services.reporting.gathering import Gathering
    from shared.services.reporting.reports import Reports
    from shared.services.reporting.scheduled import ScheduledReports
    from shared.services.turns import Handler
    from shared.services.user_operations import UserOperations
    from shared.sinks.sender import Sender
    from shared.sinks.slack_responses import SlackResponses

for _library in ("azure", "httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)  # a line for each of their requests is noise
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it keeps ten, and closes more
logs.install()
logger = logging.getLogger(__name__)

LIFECYCLE_QUEUE, USERS_QUEUE, CHECKS_QUEUE = "registry-operations", "htpasswd-sync", "health-checks"
NOTICES_QUEUE = "notifications"


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def _listener() -> Listener:
    """Who gets spans and metrics. Nothing that goes wrong here may stop the work."""
    try:
        settings = Settings.from_env(os.environ)
        if settings.telemetry == "off":
            return Nobody()
        from shared.azure.monitor import start

        return start(settings.applicationinsights_connection_string)
    except SettingsError:
        return Nobody()  # every request says what is wrong with them
    except Exception as error:  # noqa: BLE001 - the message may hold the connection string
        logger.error("telemetry is off: it could not be started (%s)", type(error).__name__)  # noqa: TRY400
        return Nobody()


telemetry.listen_with(_listener)


class Services:
    """Every service, built when it is first needed. Raises `SettingsError`."""

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

    def _table(self, name: str) -> Table:
        from shared.azure.tables import StorageTable

        return StorageTable(self._connection, name)

    @cached_property
    def _ledger(self) -> Ledger:
        settings = self.settings
        return Ledger(
            self.state,
            settings.probe_key,
            settings.operation_timeout_seconds,
            settings.operation_stale_seconds,
        )

    @cached_property
    def registries(self) -> Registries:
        """Registries over HTTP."""
        return Registries(
            self.state,
            self._health,
            self.capacity,
            self.channels,
            self._ledger,
            self.settings,
            self.context,
            now,
        )

    @cached_property
    def soft_delete(self) -> SoftDelete:
        """Deletes, purges and restores registries."""
        return SoftDelete(self.state, self.registries, self._ledger)

    @cached_property
    def restart(self) -> Restart:
        """Restarts sites."""
        return Restart(self.registries, self._ledger)

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
        """Looks at one registry at once."""
        from shared.services.health.on_demand import OnDemand

        return OnDemand(self.registries, self.health_history, self.health_checks.now, now)

    @cached_property
    def metrics(self) -> MetricsReading:
        """What a monitoring system reads."""
        return MetricsReading(self._health, now)

    @cached_property
    def accounts(self) -> Accounts:
        """Users over HTTP."""
        return Accounts(self.state, self.registries, self.channels, self._ledger, now)

    @cached_property
    def imports(self) -> Imports:
        """Imports of users over HTTP."""
        return Imports(self.state, self.registries, self.channels, self._ledger, now)

    @cached_property
    def people(self) -> People:
        """One user in all registries."""
        return People(self.state, self.capacity, self.accounts, self.channels, self._ledger, now)

    @cached_property
    def diagnoses(self) -> Diagnoses:
        """Why a user can't log in."""
        return Diagnoses(self.state, self.registries, self.accounts, now)

    @cached_property
    def reveals(self) -> Reveals:
        """One-time links to new passwords."""
        changes = UserChanges(self.state, self.registries, self.channels, self._ledger, now)
        settings = self.settings
        return Reveals(self.state, changes, self.operations, settings.role_grants, settings.public_url, now)

    @cached_property
    def operations(self) -> Operations:
        """Operations over HTTP."""
        return Operations(self.state, self.capacity)

    @cached_property
    def audit(self) -> Audit:
        """The audit over HTTP."""
        return Audit(self._trail, now, self.settings.audit_retention_days)

    @cached_property
    def chat(self) -> Table:
        """What is remembered of conversations."""
        return self._table("chat")

    @cached_property
    def replays(self) -> Replays:
        """Knows signed requests again."""
        return Replays(self.chat, now)

    @cached_property
    def posts(self) -> Posts:
        """Messages in chat that are kept up to date."""
        from shared.azure.queues import StorageQueue
        from shared.services.chat.posts import Posts

        queue = StorageQueue(self._connection, NOTICES_QUEUE)
        return Posts(self.chat, queue, self.state, self._slack_api, now)

    @property
    def _slack_api(self) -> Callable[[], Chat] | None:
        """Without a token there is nobody to post as."""
        url, token = self.settings.slack_api_url, self.settings.slack_bot_token
        if not token:
            return None

        def opened() -> Chat:
            from shared.chat_apps.slack_replies import message
            from shared.sinks.slack_api import SlackApi

            return SlackApi(url, token, message)

        return cache(opened)

    @cached_property
    def conversation(self) -> Conversation:
        """What is answered to people in chats."""
        from shared.services.chat.assembly import Parts, assembled

        parts = Parts(
            self.registries,
            self.soft_delete,
            self.accounts,
            self.reveals,
            self.diagnoses,
            self.people,
            self.operations,
            self.health_history,
            self.status_board,
            self.mutes,
            lambda: self.reports,
            self.refusals,
            self._trail,
        )
        return assembled(parts, self.chat, self.settings, now)

    @cached_property
    def slack_responses(self) -> SlackResponses:
        """Answers pressed buttons."""
        from urllib.parse import urlsplit

        from shared.sinks.sender import Sender
        from shared.sinks.slack_responses import SECONDS, SlackResponses

        api_url = self.settings.slack_api_url
        allowed = {*self.settings.sink_allowed_hosts, urlsplit(api_url).hostname or ""}
        return SlackResponses(api_url, Sender(allowed, SECONDS))

    @cached_property
    def status_board(self) -> StatusBoard:
        """What the status page shows."""
        return StatusBoard(self._health)

    @cached_property
    def status_links(self) -> StatusLinks:
        """Links to the status page."""
        return StatusLinks(self.settings.status_link_key, self._trail, now)

    @cached_property
    def refusals(self) -> Refusals:
        """Records who was refused."""
        return Refusals(self._trail, now)

    @cached_property
    def cancel(self) -> Cancel:
        """Cancels operations."""
        return Cancel(self.state, self.operations, self.channels, now)

    @cached_property
    def retry(self) -> Retry:
        """Repeats operations."""
        return Retry(self.state, self.operations, self.registries, self.channels, self._ledger, now)

    @cached_property
    def _resources(self) -> ResourceManager:
        from shared.azure.resource_manager import AzureResourceManager

        settings = self.settings
        return AzureResourceManager(
            settings.resource_manager_url, settings.azure_subscription_id, settings.azure_resource_group
        )

    @cached_property
    def _probe(self) -> Probe:
        from shared.registry_probe import HttpProbe

        return HttpProbe(self.settings.probe_timeout_seconds, self.settings.probe_concurrency)

    @cached_property
    def _publisher(self) -> Publisher:
        from shared.azure.shares import StorageShares
        from shared.services.publisher import Publisher

        return Publisher(self.state, StorageShares(), self._probe, self.settings.probe_key, now)

    @cached_property
    def provisioning(self) -> Provisioning:
        """The handler of registry operations."""
        from shared.services.provisioning import Provisioning
        from shared.services.visits import Visits

        settings = self.settings
        return Provisioning(
            self.state,
            self._health,
            Visits(self.state, self._resources, self._publisher, settings.probe_key),
            self.capacity,
            self.context,
            now,
            turn_delay=settings.turn_delay_seconds,
            timeout_seconds=settings.operation_timeout_seconds,
        )

    @cached_property
    def poison(self) -> Poison:
        """What becomes of messages that failed again and again."""
        from shared.services.poison import Poison

        return Poison(self.state, self.turns)

    @cached_property
    def user_operations(self) -> UserOperations:
        """The handler of user operations."""
        from shared.services.htpasswd_sync import HtpasswdSync
        from shared.services.import_turns import ImportTurns
        from shared.services.revocation import RevocationTurns
        from shared.services.user_operations import UserOperations

        sync = HtpasswdSync(
            self.state, self._publisher, self._resources, now, self.settings.mount_cache_seconds
        )
        special: dict[Kind, Handler] = {
            Kind.IMPORT_USERS: ImportTurns(self.state, sync, now),
            Kind.REVOKE_USER: RevocationTurns(self.state, self.capacity, self.accounts),
        }
        return UserOperations(sync, special)

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

        from shared.domain.telling import Places
        from shared.services.notifying.deliveries import Deliveries
        from shared.sinks.messenger import SinkMessenger

        settings, context = self.settings, self.context
        messenger = SinkMessenger(settings.notification_sinks, settings.sink_addresses, self._sender, now)
        zone = ZoneInfo(settings.display_time_zone)
        places = Places(settings.public_url, context.subscription, context.group, zone)
        return Deliveries(self._health, self.outbox, messenger, self.reports, places, now)

    @cached_property
    def notice_poison(self) -> NoticePoison:
        """What becomes of deliveries whose messages failed again and again."""
        from shared.services.notifying.poison import NoticePoison

        return NoticePoison(self.deliveries, self.posts)

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

    @cached_property
    def health_checks(self) -> Checks:
        """Looks at registries."""
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
            self._probe,
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
            ExpiredRegistries(self.state, self.registries, now),
            ExpiredUsers(self.state, self.channels, self._ledger, now),
            EndedReveals(self.state, now),
            HtpasswdAlarm(health, now, settings.htpasswd_stale_seconds),
            HtpasswdDrift(self.state, self._publisher, self.channels, self._ledger, settings.probe_key, now),
            SiteDrift(
                self.state,
                health,
                self.registries,
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


@cache
def services() -> Services:
    """The services of this process."""
    return Services()
