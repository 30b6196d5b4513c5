"""Reads the facts of a report: a handful of queries for each registry, and the audit once for all of them.

Whoever may look into some registries only gets a report of those: nothing of the others is even read, the audit apart.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from shared.domain.audit import AuditEntry
from shared.domain.health.board import BOARD, SWEEPS, BoardEntry, Sweep
from shared.domain.health.codes import Finding
from shared.domain.health.daily import expiring_users
from shared.domain.health.history import newest_first
from shared.domain.health.verdict import VERDICT_KEY, Verdict
from shared.domain.names import PEOPLE
from shared.domain.notices.notice import NOTICES, Notice
from shared.domain.operations import Operation
from shared.domain.registries.registry import Registry
from shared.domain.report.activity import is_import, is_wanted
from shared.domain.report.facts import Facts, Links, RegistryFacts
from shared.domain.report.periods import PeriodName, Span, span_of
from shared.domain.users.user import User
from shared.ports import Table
from shared.services.audit.trail import AuditTrail
from shared.services.audit.trail import Span as AuditSpan
from shared.services.capacity import Capacity
from shared.services.reporting.history_rows import HistoryRows
from shared.services.state import Clock, State
from shared.telemetry.threads import ContextThreadPool

CONCURRENCY = 8
"""How many registries are read at a time."""
MOST_WALKS = 10
"""Through the audit, each over thousands of entries. What is beyond is not counted, and the report says so."""
PAGE = 1000
MOST_IMPORTS = 200
FEW_SWEEPS = 5
"""Of the last ones, looked at for one that has ended."""
FIRST, END = " ", "~"
"""Of all keys."""


@dataclass(frozen=True)
class Look:
    """Who looks: `may_read` says into which registries, `everywhere` whether into what belongs to none."""

    may_read: Callable[[str], bool] = lambda _: True
    everywhere: bool = True


@dataclass(frozen=True)
class Display:
    """How reports are shown."""

    time_zone: str
    links: Links


@dataclass
class _Audited:
    """What the audit of the period says."""

    entries: list[AuditEntry] = field(default_factory=list)
    """Those that a report says something about, the newest first."""
    registries: set[str] = field(default_factory=set)
    """Where work was begun, also in registries that are gone since."""
    is_cut: bool = False

    def add(self, entry: AuditEntry) -> None:
        """One more, an older one."""
        if is_wanted(entry):
            self.entries.append(entry)
        if entry.registry and entry.started:
            self.registries.add(entry.registry)


class Gathering:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(
        self,
        state: State,
        health: Table,
        capacity: Capacity,
        trail: AuditTrail,
        now: Clock,
        *,
        display: Display,
        expiry_days: int,
    ) -> None:
        self._state, self._health, self._capacity = state, health, capacity
        self._trail, self._now = trail, now
        self._display, self._expiry = display, timedelta(days=expiry_days)
        self._history = HistoryRows(health)

    def facts(self, period: PeriodName, end: datetime, look: Look) -> Facts:
        """Of the period that ends then; what needs somebody is as it is now."""
        span = span_of(period, end)
        audited = self._audit(span, look)
        names = [name for name, _ in self._capacity.names() if look.may_read(name)]
        boards = self._boards()
        with ContextThreadPool(CONCURRENCY) as pool:
            found = pool.map(partial(self._registry, boards, period, span), names)
            registries = [each for each in found if each]
            failed = pool.map(partial(self._failed, span), _places(names, audited, look))
            begun = [entry.operation_id or "" for entry in audited.entries if is_import(entry)]
            imports = pool.map(self._state.operation_by_id, begun[:MOST_IMPORTS])
            return Facts(
                period=period,
                span=span,
                time_zone=self._display.time_zone,
                now=self._now(),
                registries=registries,
                failed=_newest_first(each for some in failed for each in some),
                audit=audited.entries,
                imports=[each for each in imports if each],
                unsent=self._notices(span) if look.everywhere else (),
                sweep=self._sweep(),
                is_cut=audited.is_cut or len(begun) > MOST_IMPORTS,
                links=self._display.links,
            )

    def _registry(
        self, boards: dict[str, BoardEntry], period: PeriodName, span: Span, name: str
    ) -> RegistryFacts | None:
        registry = self._state.registry(name)
        if registry is None or registry.is_soft_deleted:
            return None
        board = boards.get(name)
        slots, size_before = self._history.slots(registry, period, span)
        return RegistryFacts(
            registry,
            board if board and board.uid == registry.uid else None,
            slots,
            size_before,
            self._history.incidents(registry, span),
            self._findings(registry),
            self._expiring(registry),
        )

    def _findings(self, registry: Registry) -> Sequence[Finding]:
        row = self._health.get(registry.name, VERDICT_KEY)
        last = Verdict.from_row(row) if row else None
        return last.findings if last and last.uid == registry.uid else ()

    def _expiring(self, registry: Registry) -> Sequence[User]:
        """The users are read only where one of them may be due."""
        now = self._now()
        if registry.next_expiry is None or registry.next_expiry > now + self._expiry:
            return ()
        return expiring_users(self._state.users(registry.name), now, self._expiry)

    def _boards(self) -> dict[str, BoardEntry]:
        rows = self._health.query(BOARD, FIRST, END)
        return {row.key: BoardEntry.from_row(row) for row in rows}

    def _audit(self, span: Span, look: Look) -> _Audited:
        asked, found = AuditSpan(span.start, span.end), _Audited()
        for _ in range(MOST_WALKS):
            walk = self._trail.walk(asked, PAGE)
            for entry in walk:
                if _may_know(entry, look):
                    found.add(entry)
            if walk.position is None:
                return found
            asked = replace(asked, after=walk.position)
        found.is_cut = True
        return found

    def _failed(self, span: Span, name: str) -> list[Operation]:
        found = self._state.failed(name)
        return [each for each in found if each.ended_at and span.start <= each.ended_at < span.end]

    def _notices(self, span: Span) -> list[Notice]:
        rows = self._health.query(NOTICES, newest_first(span.end), newest_first(span.start) + END)
        return [Notice.from_row(row) for row in rows]

    def _sweep(self) -> Sweep | None:
        """The last one that has ended: the newest may be under way. If none has, the newest."""
        rows = islice(self._health.query(SWEEPS, FIRST, END, FEW_SWEEPS), FEW_SWEEPS)
        last = [Sweep.from_row(row) for row in rows]
        return next((sweep for sweep in last if sweep.ended_at), last[0] if last else None)


def _may_know(entry: AuditEntry, look: Look) -> bool:
    return look.may_read(entry.registry) if entry.registry else look.everywhere


def _places(names: Iterable[str], audited: _Audited, look: Look) -> list[str]:
    """Where operations may have failed: in registries, and in all of them at once."""
    return sorted({*names, *audited.registries, *([PEOPLE] if look.everywhere else [])})


def _newest_first(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda each: (each.ended_at, each.id), reverse=True)
