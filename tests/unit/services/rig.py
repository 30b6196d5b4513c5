"""All services over in-memory ports, and a host that runs queued messages."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.errors import ApiError
from shared.domain.grants import Grant
from shared.domain.health.observation import Thresholds
from shared.domain.health.verdict import VERDICT_KEY, Verdict
from shared.domain.messages import CheckMessage, Message, NoticeMessage
from shared.domain.names import FILE_SHARE
from shared.domain.notices.notice import NOTICES, Notice
from shared.domain.notices.sinks import Sink, SinkKind
from shared.domain.operations import Kind, Operation
from shared.domain.registries.registry import Registry
from shared.domain.registries.registry_spec import RegistrySpec
from shared.domain.resources.graph import Context
from shared.domain.resources.resource import Ref, Type
from shared.domain.roles import Role
from shared.domain.schema import NEWEST, SchemaVersion
from shared.domain.users.htpasswd import FILE_NAME, render
from shared.domain.users.user_import import Mode
from shared.domain.users.user_spec import RotateSpec, UserSpec
from shared.ports import Probe, Queue, ResourceManager, Shares, Table
from shared.services.audit.copies import AuditCopies
from shared.services.audit.trail import AuditTrail
from shared.services.capacity import Capacity
from shared.services.health.advice import Advice
from shared.services.health.boards import Boards
from shared.services.health.checks import Checks
from shared.services.health.daily import DailyLooks
from shared.services.health.keeper import Keeper
from shared.services.health.mutes import Mutes
from shared.services.health.observer import Observer
from shared.services.health.rows import HealthRows
from shared.services.health.sweeps import Sweeps
from shared.services.htpasswd.publisher import Publisher
from shared.services.htpasswd.sync import HtpasswdSync
from shared.services.notifying.outbox import Outbox
from shared.services.operations.cancel import Cancel
from shared.services.operations.channels import Channels
from shared.services.operations.handlers import Handler
from shared.services.operations.ledger import Ledger
from shared.services.operations.lifecycle import Lifecycle
from shared.services.operations.poison import Poison
from shared.services.operations.reader import Operations
from shared.services.operations.retry import Retry
from shared.services.operations.turns import Turns
from shared.services.reconciling.audit_copying import AuditCopying
from shared.services.reconciling.ended_reveals import EndedReveals
from shared.services.reconciling.expired_registries import ExpiredRegistries
from shared.services.reconciling.expired_users import ExpiredUsers
from shared.services.reconciling.htpasswd_alarm import HtpasswdAlarm
from shared.services.reconciling.htpasswd_drift import HtpasswdDrift
from shared.services.reconciling.orphans import Orphans
from shared.services.reconciling.reconcile import Chore, Reconcile, Survey
from shared.services.reconciling.retention import Limits, Retention
from shared.services.reconciling.revocations import Revocations
from shared.services.reconciling.site_drift import Action, SiteDrift
from shared.services.reconciling.stale_operations import IndexCount, StaleOperations
from shared.services.reconciling.stuck_rows import StuckRows
from shared.services.reconciling.upgrade import Upgrade
from shared.services.registries.catalog import Registries, RegistryAnswer
from shared.services.registries.provisioning import Provisioning
from shared.services.registries.restart import Restart
from shared.services.registries.soft_delete import Removed, SoftDelete
from shared.services.registries.visits import Visits
from shared.services.requests import Caller, Precondition
from shared.services.schema import Schema
from shared.services.state import State
from shared.services.users.accounts import Accounts
from shared.services.users.changes import UserChanges
from shared.services.users.directory import UserAnswer
from shared.services.users.import_turns import ImportTurns
from shared.services.users.imports import ImportAnswer, Imports
from shared.services.users.people import People
from shared.services.users.reveal_offers import RevealOffers
from shared.services.users.reveals import Reveals
from shared.services.users.revocation import RevocationTurns
from shared.services.users.user_operations import UserOperations
from shared.settings import Settings
from shared.telemetry import logs
from tests.fakes import (
    FakeClock,
    FakeContainers,
    FakeHeartbeat,
    FakeProbe,
    FakeQueue,
    FakeResourceManager,
    FakeShare,
    FakeShares,
    FakeTable,
)
from tests.unit.domain.examples import HASH
from tests.unit.services.host import Delivery, Host, HostQueue
from tests.unit.services.wire import Killed, Wire, WiredShares

logs.install()  # as the composition root does

KEY = "probe-key-of-at-least-32-characters"
NAME = "demo"
ME = Caller(actor="me", request_id="r1")
ALWAYS = Precondition()
MINE = Grant(principal="slack:T1/U1", role=Role.OPERATOR)
"""In force until a test takes it out of `Rig.grants`."""
STALE_SECONDS, TIMEOUT_SECONDS, TURN_DELAY, MOUNT_CACHE = 60.0, 3600.0, 5.0, 30.0
HTPASSWD_STALE, DRIFT_CHECK, RECHECK_SECONDS = 300.0, 3600.0, 30.0
AUDIT_DAYS, OPERATION_DAYS = 365, 90
VISIBILITY_SECONDS, MAX_DEQUEUE = 30.0, 5
"""As in host.json."""
HIDDEN_SECONDS = 600.0
"""How long the host hides a message of a poison queue whose function failed. After five tries it is left alone."""
MAX_DELIVERIES = 2000
"""More in one drain means that a chain of turns never ends."""
POLICY = Settings(
    azure_subscription_id="sub", azure_resource_group="group", public_url="https://api.example", probe_key=KEY
)


class Rig:
    """`looks`: how many GETs show a new Azure resource in progress. Other numbers are settings of the product."""

    def __init__(
        self,
        *,
        looks: int = 0,
        azure: FakeResourceManager | None = None,
        max_registries: int = 100,
        mount_cache: float = MOUNT_CACHE,
        timeout: float = TIMEOUT_SECONDS,
        drift_action: Action = "repair",
    ) -> None:
        self.drift_action = drift_action
        self.clock, self.wire = FakeClock(), Wire()
        self.host = Host(self.clock)
        self.state_table, self.health_table, self.index_table = FakeTable(), FakeTable(), FakeTable()
        self.audit_table = FakeTable()
        self.shares = FakeShares()
        self.azure = azure or FakeResourceManager(looks=looks)
        self.azure.shares = self.shares
        self.probe = FakeProbe(self.azure.file_behind)
        self.lifecycle_queue = HostQueue(self.host, lifecycle=True)
        self.users_queue = HostQueue(self.host, lifecycle=False)
        self.heartbeat = FakeHeartbeat()
        self.notices_queue = FakeQueue[NoticeMessage]()
        self.containers = FakeContainers()
        self.containers.elsewhere = []
        self._wire_up(max_registries, mount_cache, timeout)

    def _wire_up(self, max_registries: int, mount_cache: float, timeout: float) -> None:
        wire, now, context = self.wire, self.clock, Context("sub", "group")
        state: Table = wire.around("state", self.state_table)
        index: Table = wire.around("index", self.index_table)
        health: Table = wire.around("health", self.health_table)
        resources: ResourceManager = wire.around("azure", self.azure)
        probe: Probe = wire.around("probe", self.probe)
        lifecycle: Queue[Message] = wire.around("lifecycle", self.lifecycle_queue)
        users: Queue[Message] = wire.around("users", self.users_queue)
        shares: Shares = WiredShares(wire, self.shares)
        self.trail = AuditTrail(self.audit_table)
        self.schema = Schema(self.state_table, now)
        self.schema.write(SchemaVersion(version=NEWEST))
        self.state = State(state, may_write=self.schema.check, committed=self.trail.committed)
        self.copies = AuditCopies(self.state, self.trail, self.audit_table, now)
        self.channels = Channels(lifecycle, users)
        self.capacity = Capacity(index, now, max_registries, self.copies.finish)
        self.turns = Turns(self.state, self.channels, now, STALE_SECONDS)
        self.poison = Poison(self.state, self.turns)
        ledger = Ledger(self.state, KEY, timeout, STALE_SECONDS)
        self.lifecycle = Lifecycle(self.state, self.channels, ledger, now, POLICY.soft_delete_days)
        self.registries = Registries(
            self.state, health, self.capacity, self.lifecycle, ledger, POLICY, context, now
        )
        self.soft_delete = SoftDelete(self.state, self.registries, self.lifecycle, ledger)
        self.restart = Restart(self.state, self.registries, self.lifecycle, ledger)
        self.boards = Boards(health)
        self.mutes = Mutes(self.state, self.registries, ledger, self.boards, now)
        self.accounts = Accounts(self.state, self.registries, self.channels, ledger, now)
        self.operations = Operations(self.state, self.capacity)
        self.grants: list[Grant] = [MINE]
        changes = UserChanges(self.state, self.registries, self.channels, ledger, now)
        self.reveal_offers = RevealOffers(self.state, changes, POLICY.public_url, now)
        self.reveals = Reveals(self.state, changes, self.operations, self.grants, now)
        self.cancel = Cancel(self.state, self.operations, self.channels, now)
        self.retry = Retry(self.state, self.operations, self.lifecycle, self.channels, ledger, now)
        self.publisher = Publisher(self.state, shares, probe, KEY, now)
        self.provisioning = Provisioning(
            self.state,
            health,
            Visits(self.state, resources, self.publisher, KEY),
            self.capacity,
            context,
            now,
            turn_delay=TURN_DELAY,
            timeout_seconds=timeout,
        )
        self.htpasswd_sync = HtpasswdSync(self.state, self.publisher, resources, now, mount_cache)
        self.imports = Imports(self.state, self.registries, self.channels, ledger, now)
        self.people = People(self.state, self.capacity, self.accounts, self.channels, ledger, now)
        special: dict[Kind, Handler] = {
            Kind.IMPORT_USERS: ImportTurns(self.state, self.htpasswd_sync, now),
            Kind.REVOKE_USER: RevocationTurns(self.state, self.capacity, self.accounts),
        }
        self.user_operations = UserOperations(self.htpasswd_sync, special)
        health_rows = HealthRows(health)
        chores: list[Chore] = [
            StaleOperations(self.state, self.capacity, self.channels, now),
            StuckRows(self.state, now),
            ExpiredRegistries(self.state, self.lifecycle, now),
            ExpiredUsers(self.state, self.channels, ledger, now),
            EndedReveals(self.state, now),
            HtpasswdAlarm(health_rows, now, HTPASSWD_STALE),
            HtpasswdDrift(self.state, self.publisher, self.channels, ledger, KEY, now),
            SiteDrift(
                self.state,
                health_rows,
                self.lifecycle,
                lambda: resources,
                context,
                KEY,
                now,
                action=self.drift_action,
                check_seconds=DRIFT_CHECK,
            ),
            AuditCopying(self.copies),
        ]
        surveys: list[Survey] = [
            Orphans(self.state, health, self.capacity, lambda: resources, now, DRIFT_CHECK),
            IndexCount(self.capacity),
            Retention(self.state, self.audit_table, self.copies, Limits(AUDIT_DAYS, OPERATION_DAYS), now),
            Revocations(self.state, self.channels, self.copies, now),
        ]
        upgrade = Upgrade(self.state, self.schema, {2: self.copies.catch_up})
        self.reconcile = Reconcile(self.state, health_rows, self.capacity, chores, surveys, upgrade)
        thresholds = Thresholds(slow_ms=2000, tls_warning_days=14)
        sinks = [Sink(name="ops", kind=SinkKind.WEBHOOK)]
        self.outbox = Outbox(health, self.notices_queue, sinks, now)
        self.checks_queue = FakeQueue[CheckMessage]()
        self.sweeps = Sweeps(
            health, self.checks_queue, self.capacity, self.boards, lambda: resources, self.heartbeat, now
        )
        self.keeper = Keeper(health, timedelta(seconds=RECHECK_SECONDS))
        self.checks = Checks(
            Observer(self.state, health_rows, probe, thresholds, KEY, now, [Advice(self.state, 7, now)]),
            self.keeper,
            self.boards,
            self.sweeps,
            DailyLooks(lambda: resources, self.containers, now),
            self.checks_queue,
            self.outbox.announce,
            self.mutes.of,
            now,
            RECHECK_SECONDS,
        )

    # what the host does

    def deliver(self, delivery: Delivery) -> None:
        """One invocation of a queue function."""
        if delivery.poison:
            self.end_poisoned(delivery.message, lifecycle=delivery.lifecycle)
            return
        handler = self.handler(lifecycle=delivery.lifecycle)
        self.turns.run(delivery.message, delivery.id, handler)

    def handler(self, *, lifecycle: bool) -> Handler:
        """What works on the messages of a queue."""
        return self.provisioning if lifecycle else self.user_operations

    def end_poisoned(self, message: Message, *, lifecycle: bool = True) -> None:
        """One invocation of a poison queue's function."""
        self.poison.end(message.encode().encode(), "m-1", self.handler(lifecycle=lifecycle))

    def drain(self, seconds: float = 7200, *, redeliver: bool = False) -> None:
        """Runs messages as they become visible, for at most `seconds` on the clock.

        With `redeliver` a message whose function raised comes back; after five tries the poison function gets it.
        """
        until = self.clock.now + timedelta(seconds=seconds)
        for _ in range(MAX_DELIVERIES):
            delivery = self.host.take(until)
            if delivery is None:
                return
            self.clock.now = max(self.clock.now, delivery.due)
            try:
                self.deliver(delivery)
            except Exception:
                if not redeliver:
                    raise
                self._again(delivery)
        raise AssertionError("messages beget messages without end")

    def _again(self, delivery: Delivery) -> None:
        delivery.count += 1
        if delivery.count < MAX_DEQUEUE:
            hidden = HIDDEN_SECONDS if delivery.poison else VISIBILITY_SECONDS
            delivery.due = self.clock.now + timedelta(seconds=hidden)
            self.host.waiting.append(delivery)
        elif not delivery.poison:
            self.host.poison(delivery)

    def step(self) -> None:
        """The next message alone, at its time."""
        delivery = self.host.take(datetime.max.replace(tzinfo=self.clock.now.tzinfo))
        assert delivery is not None, "no message waits"
        self.clock.now = max(self.clock.now, delivery.due)
        self.deliver(delivery)

    def mend(self, rounds: int = 10) -> None:
        """What `reconcile` does in the minutes after a process died."""
        self.wire.revive()
        for _ in range(rounds):
            self.clock.advance(STALE_SECONDS + 1)
            sent = self.reconcile.run()
            self.drain()
            if not sent and not self.unfinished():
                return

    def sweep(self) -> dict[str, int]:
        """A sweep with all of its batches, at this moment: what its looks found, by code. Second looks wait."""
        looked: list[str] = []
        self.sweeps.start()
        while message := self.next_batch():
            self.checks.run(message)
            looked += message.registries
        rows = (self.health_table.get(name, VERDICT_KEY) for name in looked)
        verdicts = [Verdict.from_row(row) for row in rows if row]
        return dict(Counter(each.code.value for each in verdicts if each.checked_at == self.clock.now))

    @property
    def told(self) -> list[Notice]:
        """What people are told, in order."""
        notices = [Notice.from_row(row) for row in self.health_table.rows.get(NOTICES, {}).values()]
        return sorted(notices, key=lambda notice: notice.at)

    def next_batch(self) -> CheckMessage | None:
        """The next message that does not have to wait."""
        first = next((sent for sent in self.checks_queue.sent if not sent[1]), None)
        if first:
            self.checks_queue.sent.remove(first)
        return first[0] if first else None

    def second_look(self) -> None:
        """Those that wait for it, now."""
        waiting = [message for message, delay in self.checks_queue.sent if delay]
        self.checks_queue.sent.clear()
        for message in waiting:
            self.checks.run(message)

    def confirmed_sweep(self) -> dict[str, int]:
        """A sweep, and then the second look at what it suspects."""
        self.sweep()
        self.clock.advance(RECHECK_SECONDS)
        return self.sweep()

    @contextmanager
    def dying(self, at: int) -> Iterator[None]:
        """The process dies at that call of what is done inside; after it there is a new one."""
        self.wire.kill(at)
        with pytest.raises(Killed):
            yield
        self.wire.revive()

    # what users do

    def put(self, name: str = NAME, caller: Caller = ME, **fields: Any) -> RegistryAnswer:
        spec = RegistrySpec.model_validate(fields, context=POLICY)
        return self.registries.put(name, spec, ALWAYS, caller)

    def create(self, name: str = NAME, **fields: Any) -> Registry:
        """A registry that is up."""
        self.put(name, **fields)
        self.drain()
        registry = self.registry(name)
        assert registry.provisioning_state == "Succeeded"
        return registry

    def delete(self, name: str = NAME, caller: Caller = ME) -> Removed | None:
        return self.soft_delete.delete(name, ALWAYS, caller)

    def purge(self, name: str = NAME, caller: Caller = ME) -> Operation | None:
        removed = self.soft_delete.purge(name, ALWAYS, caller)
        return removed.operation if removed else None

    def restore(self, name: str = NAME, caller: Caller = ME) -> RegistryAnswer:
        return self.soft_delete.restore(name, ALWAYS, caller)

    def soft_deleted(self, name: str = NAME) -> Registry:
        """A registry that was up, and is soft-deleted now."""
        if name not in self.index_names():
            self.create(name)
        self.delete(name)
        self.drain()
        registry = self.registry(name)
        assert registry.provisioning_state == "SoftDeleted"
        return registry

    def put_user(self, username: str, caller: Caller = ME, **fields: Any) -> UserAnswer:
        return self.accounts.put(NAME, username, UserSpec(**fields), ALWAYS, caller)

    def patch_user(self, username: str, caller: Caller = ME, **fields: Any) -> UserAnswer:
        return self.accounts.patch(NAME, username, UserSpec(**fields), ALWAYS, caller)

    def rotate(self, username: str, caller: Caller = ME, **fields: Any) -> UserAnswer:
        return self.accounts.rotate(NAME, username, ALWAYS, caller, RotateSpec(**fields))

    def delete_user(self, username: str, caller: Caller = ME) -> Operation | None:
        return self.accounts.delete(NAME, username, ALWAYS, caller)

    def import_users(
        self, hashes: Mapping[str, str], mode: str = "merge", caller: Caller = ME, name: str = NAME
    ) -> ImportAnswer:
        content = "".join(f"{user}:{password_hash}\n" for user, password_hash in hashes.items())
        return self.imports.start(name, content.encode(), Mode(mode), caller)

    # what a test looks at

    def registry(self, name: str = NAME) -> Registry:
        registry = State(self.state_table).registry(name)
        assert registry is not None, f"there is no {name}"
        return registry

    def operation(self, operation_id: str) -> Operation:
        found = State(self.state_table).operation_by_id(operation_id)
        assert found is not None
        return found

    def all_operations(self, name: str = NAME) -> list[Operation]:
        rows = self.state_table.query(name, "operation:", "operation;")
        return [Operation.from_row(row) for row in rows]

    def unfinished(self) -> list[Operation]:
        return [
            each for name in self.state_table.rows for each in self.all_operations(name) if not each.final
        ]

    def last(self, kind: Kind, name: str = NAME) -> Operation:
        """The youngest operation of this kind."""
        found = [operation for operation in self.all_operations(name) if operation.kind is kind]
        return max(found, key=lambda operation: (operation.created_at, operation.id_key))

    @property
    def login_server(self) -> str:
        """The registry's, which Azure has named."""
        found = self.registry().login_server
        assert found
        return found

    def share(self, name: str = NAME) -> FakeShare:
        endpoint = self.registry(name).file_endpoint
        assert endpoint is not None
        return self.shares.open(endpoint, FILE_SHARE)

    def names_in_file(self) -> list[str]:
        """Who is in the live file."""
        lines = self.share().files[FILE_NAME].decode().splitlines()
        return [line.partition(":")[0] for line in lines[2:]]

    def resources(self) -> set[Ref]:
        return set(self.azure.resources)

    def count(self, type_: Type) -> int:
        return sum(ref.type is type_ for ref in self.azure.resources)

    def sends(self, step_type: Type) -> int:
        """How many PUTs of this type Azure saw."""
        return sum(verb == "put" and ref.type is step_type for verb, ref in self.azure.calls)

    def check_up(self, name: str = NAME) -> None:
        """Everything is there once, the registry serves exactly its users, and nothing waits any more."""
        registry, state = self.registry(name), State(self.state_table)
        assert registry.provisioning_state == "Succeeded"
        assert registry.active_operation is None
        assert self.unfinished() == []
        assert registry.user_count == len(list(state.users(name)))
        content = render(KEY, registry.uid, registry.users_revision, state.logins(name))
        assert self.share(name).files == {FILE_NAME: content}
        projection = state.projection(name)
        assert projection is not None
        assert projection.published_revision == projection.proven_revision == registry.users_revision
        for type_ in (Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE):
            tags = [body.get("tags", {}) for ref, body in self.azure.resources.items() if ref.type is type_]
            assert sum(each.get("berthage-registry") == name for each in tags) == 1, type_
        assert name in self.index_names()
        assert self.index_count() == len(self.index_names())

    def check_soft_deleted(self, name: str = NAME) -> None:
        """Only what can't be made again is left: the storage account, and in it a file with exactly its users."""
        registry, state = self.registry(name), State(self.state_table)
        assert registry.is_soft_deleted
        assert registry.purge_on
        assert registry.active_operation is None
        assert self.unfinished() == []
        tags = [(ref.type, body.get("tags", {})) for ref, body in self.azure.resources.items()]
        own = {type_ for type_, each in tags if each.get("berthage-registry") == name}
        assert own == {Type.STORAGE_ACCOUNT}
        assert registry.user_count == len(list(state.users(name)))
        content = render(KEY, registry.uid, registry.users_revision, state.logins(name))
        assert self.share(name).files == {FILE_NAME: content}
        assert name in self.index_names()
        assert not [key for key in self.health_table.rows.get(name, {}) if key.startswith("last")]

    def check_gone(self, name: str = NAME) -> None:
        """Nothing of it is left but its history."""
        rows = self.state_table.rows[name]
        assert {key.partition(":")[0] for key in rows} <= {"operation", "audit"}
        assert self.unfinished() == []
        assert not [body for body in self.azure.resources.values() if name in body.get("tags", {}).values()]
        assert name not in self.index_names()
        assert self.index_count() == len(self.index_names())
        assert self.health_table.rows.get(name, {}) == {}

    def index_names(self) -> list[str]:
        return sorted(key for key in self.index_table.rows.get("registries", {}) if key != "!count")

    def index_count(self) -> int:
        row = self.index_table.rows.get("registries", {}).get("!count")
        return int(row.values["number"]) if row else 0


def up(*usernames: str) -> Rig:
    """A registry that is up, with these users."""
    rig = Rig()
    rig.create()
    for username in usernames:
        rig.put_user(username, password_hash=HASH)
    rig.drain()
    return rig


def refusal(act: Callable[[], object]) -> ApiError:
    """What a caller is told."""
    with pytest.raises(ApiError) as caught:
        act()
    return caught.value
