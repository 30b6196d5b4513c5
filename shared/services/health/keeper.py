"""Keeps what a look at a registry found, in one transaction: verdict, check, the day's roll-up, incident."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from shared.domain.errors import ConflictError
from shared.domain.health.daily import DailyLook
from shared.domain.health.history import (
    CHECK_KEYS,
    CHECKS_KEPT,
    DAY_KEYS,
    HISTORY_KEPT,
    INCIDENT_KEYS,
    Day,
    Incident,
    day_key,
    newest_first,
    spells,
)
from shared.domain.health.verdict import VERDICT_KEY, Verdict
from shared.domain.health.watch import Look, Moved, advance, first_verdict
from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.records import NEXT, Change, Delete, Record, Upsert, key_range
from shared.domain.registries.registry import Registry
from shared.ports import Table
from shared.services.health.rows import Known
from shared.services.state import retry_on_conflict

AGE_EVERY = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=7)
"""Of a longer time without a look only its end is written down as unknown: days without a row say the same."""
MOST_AGED = 80
"""Old rows that one look removes, at most: a transaction has room for a hundred. The next one goes on."""

MOST_TRIES = 3


class Keeper:
    """`recheck`: how long after the first bad look the second one counts."""

    def __init__(self, health: Table, recheck: timedelta) -> None:
        self._health, self._recheck = health, recheck

    def keep(
        self, registry: Registry, known: Known, look: Look, *, muted: bool
    ) -> tuple[Moved, list[Day]] | None:
        """What came of it, and the days that it changed. `None`: somebody else has looked at the same time."""
        before = known.last or first_verdict(registry.uid, look)
        for _ in range(MOST_TRIES if look.at >= before.checked_at else 0):
            with suppress(ConflictError):
                return self._keep(registry, before, look, muted=muted)
            if self._has_changed(registry.name, before):
                break
        return None

    def _has_changed(self, name: str, before: Verdict) -> bool:
        """If not, it was another row that stood in the way: a size, or an old one that somebody has removed."""
        row = self._health.get(name, VERDICT_KEY)
        return (row.etag if row else "") != before.etag

    def _keep(
        self, registry: Registry, before: Verdict, look: Look, *, muted: bool
    ) -> tuple[Moved, list[Day]]:
        """Raises `ConflictError`."""
        incident = self._incident(registry.name, before)
        moved = advance(before, look, recheck=self._recheck, muted=muted, incident=incident)
        days = self._days(registry, moved, look)
        incidents = [moved.incident] if moved.incident else []
        changes: list[Upsert] = [Upsert(row.to_row()) for row in (*moved.checks, *incidents)]
        aged = self._aged(registry.name, before, look.at, {change.row.key for change in changes})
        verdict = moved.verdict.change(
            aged_at=before.aged_at if aged is None or len(aged) == MOST_AGED else look.at,
            to_tell=_notice(registry, before, moved) if moved.tell else None,
        )
        kept: list[Change] = [*map(_saved, (verdict, *days)), *changes, *(aged or [])]
        self._health.transact(registry.name, kept)
        return replace(moved, verdict=verdict), days

    @retry_on_conflict
    def keep_daily(self, name: str, look: DailyLook) -> None:
        """Its own row, and the size in the row of its day."""
        today = look.looked_at.astimezone(UTC).date()
        row = self._health.get(name, day_key(today))
        day = Day.from_row(row) if row else Day(uid=look.uid, day=today)
        if day.uid != look.uid:
            day = Day(uid=look.uid, day=today)
        if look.size_bytes is not None:
            day = day.change(size_bytes=look.size_bytes, blobs=look.blobs)
        self._health.transact(name, [Upsert(look.to_row()), _saved(day)])

    def _incident(self, name: str, before: Verdict) -> Incident | None:
        if before.incident_at is None:
            return None
        row = self._health.get(name, INCIDENT_KEYS + newest_first(before.incident_at))
        return Incident.from_row(row) if row else None

    def _days(self, registry: Registry, moved: Moved, look: Look) -> list[Day]:
        """With the time since the look before, and this login."""
        since = max(moved.held_since, look.at - LONGEST_PAUSE)
        first, last = day_key(look.at.astimezone(UTC).date()), day_key(since.astimezone(UTC).date())
        rows = (Day.from_row(row) for row in self._health.query(registry.name, first, last + NEXT))
        days = {row.day: row for row in rows if row.uid == registry.uid}
        for day, state, seconds in spells(moved.held, since, look.at):
            days[day] = days.get(day, Day(uid=registry.uid, day=day)).with_time(state, seconds)
        if look.latency_ms is not None:
            today = look.at.astimezone(UTC).date()
            days[today] = days.get(today, Day(uid=registry.uid, day=today)).with_latency(look.latency_ms)
        return sorted(days.values(), key=lambda each: each.day)

    def _aged(self, name: str, before: Verdict, now: datetime, written: set[str]) -> list[Delete] | None:
        """What is too old, now and then; `None` between. Not what is written now, nor the incident that is not over."""
        if before.aged_at and now - before.aged_at < AGE_EVERY:
            return None
        present = {INCIDENT_KEYS + newest_first(before.incident_at)} if before.incident_at else set()
        old = (key for key in self._old(name, now) if key not in written | present)
        return [Delete(key) for key in islice(old, MOST_AGED)]

    def _old(self, name: str, now: datetime) -> Iterator[str]:
        long_ago = now - HISTORY_KEPT
        for kind, oldest in (
            (CHECK_KEYS, newest_first(now - CHECKS_KEPT)),
            (DAY_KEYS, day_key(long_ago.date()).removeprefix(DAY_KEYS)),
            (INCIDENT_KEYS, newest_first(long_ago)),
        ):
            _, end = key_range(kind)
            yield from (row.key for row in self._health.query(name, kind + oldest, end, MOST_AGED))


def _saved(row: Record) -> Change:
    """What is new may take the place of a row of an earlier incarnation."""
    return row.save() if row.etag else Upsert(row.to_row())


def _notice(registry: Registry, before: Verdict, moved: Moved) -> Notice:
    """Its time is that of the look: whoever sends it again sends the same."""
    verdict, since = moved.verdict, moved.verdict.since
    if moved.tell is NoticeKind.RECOVERY:  # one that is told late, after a mute say, was over long before
        since = moved.over.started_at if moved.over else None
    return Notice(
        kind=moved.tell or NoticeKind.PROBLEM,
        subject=registry.name,
        at=verdict.checked_at,
        state=verdict.state,
        before=before.told,
        code=verdict.code,
        severity=verdict.severity,
        message=verdict.message,
        fix=verdict.fix,
        evidence=verdict.evidence,
        since=since,
        tags=registry.desired.tags,
        login_server=registry.login_server,
        site=registry.names.site,
    )
