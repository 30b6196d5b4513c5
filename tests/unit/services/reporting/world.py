"""Rows that a report is made of, written as their owners write them, and the services that read them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.audit import AuditEntry, time_digits
from shared.domain.health.board import BOARD, SWEEPS, BoardEntry, Sweep
from shared.domain.health.codes import MEANINGS, Code, HealthState, state_of
from shared.domain.health.history import Check, Day, Incident
from shared.domain.notices.notice import NOTICES, Notice
from shared.domain.operations import Kind, Operation, OperationError, Status
from shared.domain.records import Record, Upsert
from shared.domain.registries.registry import Registry
from shared.domain.report.facts import Links
from shared.domain.users.user import User
from shared.services.audit.trail import AuditTrail
from shared.services.capacity import Capacity
from shared.services.reporting.archive import Archive
from shared.services.reporting.gathering import Display, Gathering
from shared.services.reporting.reports import Reports
from shared.services.state import State
from tests.fakes import FakeClock, FakeTable
from tests.unit.domain.examples import UID, registry

BASE = "https://berthage.example"
LINKS = Links(BASE, "sub", "group")


class World:
    """Registries with a past. `now` is when the report is asked for."""

    def __init__(self, now: datetime, zone: str = "Europe/Berlin") -> None:
        self.clock = FakeClock()
        self.clock.now = now
        self.health, self.state_table, self.index, audit = FakeTable(), FakeTable(), FakeTable(), FakeTable()
        self.state = State(self.state_table)
        self.capacity = Capacity(self.index, self.clock, 100)
        self.trail = AuditTrail(audit)
        self.gathering = Gathering(
            self.state,
            self.health,
            self.capacity,
            self.trail,
            self.clock,
            display=Display(zone, LINKS),
            expiry_days=7,
        )
        self.archive = Archive(self.health, self.clock)
        self.reports = Reports(self.gathering, self.archive, self.clock)
        self._ids = 0

    @property
    def now(self) -> datetime:
        return self.clock.now

    def add(self, name: str, **fields: Any) -> Registry:
        """A registry that nobody has looked at yet."""
        made = registry(name).change(login_server=f"{name}.example", **fields)
        self.state_table.transact(name, [Upsert(made.to_row())])
        self.capacity.remember(name)
        return made

    def look(self, name: str, code: Code, since: datetime, **fields: Any) -> None:
        """What the board shows of it."""
        meaning = MEANINGS[code]
        entry = BoardEntry(
            name=name,
            uid=UID,
            site=f"{name}-site",
            state=state_of(code),
            since=since,
            code=code,
            message=meaning.message,
            fix=meaning.fix,
            checked_at=self.now,
        )
        self.keep(BOARD, entry.change(**fields))

    def day(self, name: str, day: datetime, hours: dict[HealthState, float], **fields: Any) -> None:
        """One day, by hours. `logins`: how many took so many milliseconds."""
        logins: dict[int, int] = fields.pop("logins", {})
        seconds = {state: hour * 3600 for state, hour in hours.items()}
        row = Day(uid=UID, day=day.date(), seconds=seconds, latencies=logins, **fields)
        self.keep(name, row)

    def checks(self, name: str, states: Iterable[tuple[datetime, HealthState, int | None]]) -> None:
        """Single looks."""
        for at, state, latency in states:
            code = {HealthState.HEALTHY: Code.HEALTHY, HealthState.DOWN: Code.TIMEOUT}[state]
            self.keep(name, Check(uid=UID, at=at, state=state, code=code, latency_ms=latency))

    def incident(self, name: str, code: Code, start: datetime, end: datetime | None) -> None:
        meaning = MEANINGS[code]
        self.keep(
            name,
            Incident(
                uid=UID,
                started_at=start,
                ended_at=end,
                state=state_of(code),
                code=code,
                message=meaning.message,
                fix=meaning.fix,
            ),
        )

    def user(self, name: str, username: str, expires_on: datetime) -> None:
        made = User(
            username=username,
            uid=UID,
            password_hash="$2b$05$" + "a" * 53,
            expires_on=expires_on,
            expires_after=timedelta(days=90),
            revision=1,
            last_operation="",
            created_at=expires_on - timedelta(days=90),
            updated_at=expires_on - timedelta(days=90),
            secret_changed_at=expires_on - timedelta(days=90),
        )
        home = self.state.registry(name)
        assert home
        changes = [Upsert(made.to_row()), Upsert(home.expecting([expires_on]).to_row())]
        self.state_table.transact(name, changes)

    def audited(self, at: datetime, action: str, name: str | None, **fields: Any) -> None:
        """An entry of the audit."""
        self._ids += 1
        entry = AuditEntry(
            id_key=f"{time_digits(at)}{self._ids:016}",
            at=at,
            actor="key:ci",
            action=action,
            target=name or "",
            registry=name,
            request_id="r",
        )
        self.trail.copy([entry.change(**fields)])

    def operation(self, name: str, key: str, kind: Kind, ended: datetime, **fields: Any) -> str:
        """One that has ended. With an `error` it has failed."""
        made = Operation(
            registry=name,
            id_key=key,
            uid=UID,
            kind=kind,
            status=Status.FAILED if "error" in fields else Status.SUCCEEDED,
            final=True,
            deadline=ended,
            created_at=ended,
            ended_at=ended,
            **fields,
        )
        self.state_table.transact(name, [Upsert(made.to_row())])
        return made.id

    def swept(self, ended: datetime | None, number: int = 1) -> None:
        at = ended or self.now
        sweep = Sweep(id_key=f"{time_digits(at)}{number:016}", started_at=at, registries=1, batches=1)
        self.keep(SWEEPS, sweep.change(ended_at=ended))

    def noticed(self, notice: Notice) -> None:
        self.keep(NOTICES, notice)

    def keep(self, partition: str, record: Record) -> None:
        self.health.transact(partition, [Upsert(record.to_row())])


def utc(month: int, day: int, hour: float = 0) -> datetime:
    """In 2026."""
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour)


def failure(code: str, message: str, fix: str) -> OperationError:
    return OperationError(code=code, message=message, fix=fix)
