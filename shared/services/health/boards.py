"""The rows that the status page is made of. A hint: what is lost is made anew from the history."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, islice

from pydantic import ValidationError

from shared.domain.errors import ConflictError
from shared.domain.health.board import (
    BOARD,
    BOARD_DAYS,
    MOST_TROUBLES,
    RECENT_LATENCIES,
    Bar,
    BoardEntry,
    Trouble,
)
from shared.domain.health.codes import Code, HealthState, finding
from shared.domain.health.daily import DailyLook
from shared.domain.health.history import DAY_KEYS, INCIDENT_KEYS, Day, Incident
from shared.domain.health.mute import Mute
from shared.domain.health.verdict import Verdict
from shared.domain.health.watch import Look, Moved
from shared.domain.records import NEXT, Delete, Row, Upsert, key_range
from shared.domain.registries.registry import Registry
from shared.ports import Table
from shared.services.state import MAX_TRANSACTION

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What a look at one registry came to."""

    registry: Registry
    look: Look
    moved: Moved
    days: Sequence[Day]
    mute: Mute | None
    daily: DailyLook | None


class Boards:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table) -> None:
        self._health = health

    def show(self, seen: Sequence[Seen], gone: Collection[str] = ()) -> None:
        """Writes the rows of these registries anew; those that are `gone`, deleted perhaps, leave the board."""
        names = sorted([each.registry.name for each in seen] + list(gone))
        if not names:
            return
        present = self._entries(names[0], names[-1] + NEXT)
        self._drop(present.keys() & set(gone))
        newest = [each for each in seen if not _is_late(each, present.get(each.registry.name))]
        for batch in batched(newest, MAX_TRANSACTION, strict=False):
            rows = [Upsert(self._entry(each, present).to_row()) for each in batch]
            self._health.transact(BOARD, rows)

    def show_mute(self, registry: Registry, until: datetime | None) -> None:
        """At once, where the row is there. Whoever looks at the registry next writes it anew."""
        row = self._health.get(BOARD, registry.name)
        entry = _read(row) if row else None
        if entry and entry.uid == registry.uid:
            with suppress(ConflictError):
                self._health.transact(BOARD, [entry.change(muted_until=until).save()])

    def drop_others(self, names: Iterable[str]) -> None:
        """Registries that are not there any more leave the board."""
        shown = {row.key for row in self._health.query(BOARD, "a", "{")}
        self._drop(shown - set(names))

    def _drop(self, names: Iterable[str]) -> None:
        for batch in batched(sorted(names), MAX_TRANSACTION, strict=False):
            try:
                self._health.transact(BOARD, [Delete(name) for name in batch])
            except ConflictError as error:
                logger.info("the board is mended by the next sweep: %s", error)

    def _entries(self, first: str, end: str) -> dict[str, BoardEntry]:
        found = map(_read, self._health.query(BOARD, first, end))
        return {entry.name: entry for entry in found if entry}

    def _entry(self, seen: Seen, present: Mapping[str, BoardEntry]) -> BoardEntry:
        registry, verdict = seen.registry, seen.moved.verdict
        before = present.get(registry.name)
        if before is None or before.uid != registry.uid or _has_missed_something(before, seen.moved):
            before = self._from_history(registry, verdict)
        return before.change(
            tags=registry.desired.tags,
            login_server=registry.login_server,
            site=registry.names.site,
            **_shown(verdict),
            latency_ms=seen.look.latency_ms,
            muted_until=seen.mute.until if seen.mute else None,
            certificate_expires=verdict.certificate_expires,
            size_bytes=seen.daily.size_bytes if seen.daily else None,
            blobs=seen.daily.blobs if seen.daily else None,
            user_count=registry.user_count,
            latencies=[*before.latencies, seen.look.latency_ms][-RECENT_LATENCIES:],
            days=_bars(before.days, seen.days),
            incidents=_troubles(before.incidents, seen.moved.incident),
        )

    def _from_history(self, registry: Registry, verdict: Verdict) -> BoardEntry:
        name = registry.name
        days = [
            Day.from_row(row) for row in islice(self._health.query(name, *key_range(DAY_KEYS)), BOARD_DAYS)
        ]
        rows = islice(self._health.query(name, *key_range(INCIDENT_KEYS)), MOST_TROUBLES)
        incidents = [incident for incident in map(Incident.from_row, rows) if incident.uid == registry.uid]
        bars = [_bar(day) for day in reversed(days) if day.uid == registry.uid]
        return BoardEntry(
            name=name,
            uid=registry.uid,
            site=registry.names.site,
            **_shown(verdict),
            days=bars,
            incidents=[_trouble(each) for each in incidents],
        )


def _read(row: Row) -> BoardEntry | None:
    """`None` for one of another release: it is made anew, as one that is lost."""
    try:
        return BoardEntry.from_row(row)
    except ValidationError:
        return None


def _is_late(seen: Seen, shown: BoardEntry | None) -> bool:
    """Has somebody looked since, and been faster? Rows are written when all of a batch are looked at."""
    is_same = shown is not None and shown.uid == seen.registry.uid
    return shown is not None and is_same and shown.checked_at > seen.moved.verdict.checked_at


def _has_missed_something(shown: BoardEntry, moved: Moved) -> bool:
    """Is another incident open than the one that is? Two who write at the same time lose what one of them knew."""
    began = moved.verdict.incident_at
    troubles = _troubles(shown.incidents, moved.incident)
    return {each.started_at for each in troubles if each.ended_at is None} != ({began} if began else set())


_ONLY_SUSPECTED = {HealthState.HEALTHY: Code.HEALTHY, HealthState.MAINTENANCE: Code.MAINTENANCE}


def _shown(verdict: Verdict) -> dict[str, object]:
    """Of a registry that is not in a bad state, what is only suspected is not shown."""
    code = _ONLY_SUSPECTED.get(verdict.state)
    says = finding(code) if code else verdict
    return {
        "state": verdict.state,
        "since": verdict.since or verdict.checked_at,
        "code": says.code,
        "message": says.message,
        "fix": says.fix,
        "evidence": says.evidence,
        "checked_at": verdict.checked_at,
    }


def _bars(before: Sequence[Bar], days: Sequence[Day]) -> list[Bar]:
    bars = {bar.day: bar for bar in before} | {day.day: _bar(day) for day in days}
    return [bars[day] for day in sorted(bars)][-BOARD_DAYS:]


def _bar(day: Day) -> Bar:
    seconds = {state: round(spent) for state, spent in day.seconds.items()}
    return Bar(
        day=day.day,
        up=seconds.get(HealthState.HEALTHY, 0),
        degraded=seconds.get(HealthState.DEGRADED, 0),
        down=seconds.get(HealthState.DOWN, 0),
        maintenance=seconds.get(HealthState.MAINTENANCE, 0),
    )


def _troubles(before: Sequence[Trouble], changed: Incident | None) -> list[Trouble]:
    if changed is None:
        return list(before)
    others = [trouble for trouble in before if trouble.started_at != changed.started_at]
    troubles = sorted([*others, _trouble(changed)], key=lambda each: each.started_at, reverse=True)
    return troubles[:MOST_TROUBLES]


def _trouble(incident: Incident) -> Trouble:
    return Trouble(
        started_at=incident.started_at,
        ended_at=incident.ended_at,
        state=incident.state,
        code=incident.code,
        message=incident.message,
    )
