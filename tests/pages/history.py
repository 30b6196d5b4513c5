"""Thirty registries with ninety days behind them: the same each time, as rows of the status page's table."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from ulid import ULID

from shared.domain.health.board import BOARD_DAYS, RECENT_LATENCIES, Bar, BoardEntry, Sweep, Trouble
from shared.domain.health.codes import MEANINGS, Code, HealthState

DAY = timedelta(days=1)
NAMES = (
    *("analytics", "api-gateway", "auth", "billing", "build-cache", "catalog", "checkout", "data", "design"),
    *("docs", "edge", "events", "fraud", "identity", "inventory", "ledger", "mail", "media", "ml-models"),
    *("mobile", "orders", "partners", "payments", "platform", "pricing", "search", "shipping", "support"),
    *("warehouse", "web"),
)
TEAMS = ("commerce", "data", "delivery", "payments", "platform")


@dataclass(frozen=True)
class Special:
    """A registry that is not simply healthy: its state, what was found, and for how long."""

    state: HealthState
    code: Code
    minutes: int
    message: str = ""
    evidence: str = ""
    muted: timedelta | None = None


SPECIALS = {
    "search": Special(
        HealthState.DOWN, Code.STORAGE_UNHEALTHY, 22, evidence="GET /v2/ as _probe: 503 after 4.1 s"
    ),
    "web": Special(
        HealthState.DEGRADED, Code.TLS_EXPIRING, 190, evidence="the certificate ends on 2026-12-08 23:59 UTC"
    ),
    "data": Special(HealthState.MAINTENANCE, Code.MAINTENANCE, 3, "Scaling to S1, 2 of 3 steps."),
    "partners": Special(HealthState.UNKNOWN, Code.RESTRICTED, 60 * 24 * 19),
    "ml-models": Special(HealthState.DEGRADED, Code.SLOW, 64, muted=timedelta(hours=5)),
}
PAST = (
    Code.TIMEOUT,
    Code.CONNECTION_ERROR,
    Code.SLOW,
    Code.SLOW,
    Code.STORAGE_UNHEALTHY,
    Code.UNEXPECTED_STATUS,
)


@dataclass
class _Life:
    """What happens to one registry."""

    bars: dict[int, Bar]
    """By how many days ago."""
    troubles: list[Trouble] = field(default_factory=list)


def board(now: datetime, names: Sequence[str] = NAMES, seed: int = 5) -> list[BoardEntry]:
    """One entry for each name. Those of `SPECIALS` are in trouble, whatever the seed."""
    return [_entry(name, place, now, random.Random(f"{seed}/{name}")) for place, name in enumerate(names)]


def sweep(now: datetime, entries: Sequence[BoardEntry]) -> Sweep:
    """The last one, two minutes ago."""
    started = now - timedelta(minutes=2)
    states = {state: sum(entry.state is state for entry in entries) for state in HealthState}
    return Sweep(
        id_key=str(ULID.from_datetime(started)),
        started_at=started,
        ended_at=started + timedelta(seconds=4),
        registries=len(entries),
        batches=1,
        done=[0],
        stopped=[],
        states={state: number for state, number in states.items() if number},
    )


def _entry(name: str, place: int, now: datetime, chance: random.Random) -> BoardEntry:
    special = SPECIALS.get(name)
    life = _life(now, chance, began=BOARD_DAYS - 1 if place % 9 else 40)
    usual = chance.randint(48, 130)
    latencies: list[int | None] = [_latency(usual, chance) for _ in range(RECENT_LATENCIES)]
    since = now - timedelta(days=chance.randint(3, 80), hours=chance.randint(0, 23))
    state, code = HealthState.HEALTHY, Code.HEALTHY
    if special:
        state, code, since = special.state, special.code, now - timedelta(minutes=special.minutes)
        _befall(life, special, since, now, latencies)
    ended = [trouble.ended_at for trouble in life.troubles if trouble.ended_at]
    if state is HealthState.HEALTHY and ended:
        since = max(ended)
    meaning = MEANINGS[code]
    return BoardEntry(
        name=name,
        uid=str(ULID.from_timestamp(1_750_000_000 + place)),
        tags={"team": TEAMS[chance.randrange(len(TEAMS))], "env": "staging" if place % 6 == 4 else "prod"},
        login_server=f"{name}-{chance.randrange(16**8):08x}.azurewebsites.net",
        site=f"{name}-{chance.randrange(16**8):08x}",
        state=state,
        since=since,
        code=code,
        message=(special.message if special else "") or meaning.message,
        fix=meaning.fix,
        evidence=special.evidence if special else "",
        latency_ms=latencies[-1],
        checked_at=now - timedelta(minutes=2),
        muted_until=now + special.muted if special and special.muted else None,
        certificate_expires=now + timedelta(days=chance.randint(30, 89)),
        size_bytes=chance.randint(2 * 10**9, 60 * 10**9),
        blobs=chance.randint(300, 9000),
        user_count=chance.randint(3, 40),
        latencies=latencies,
        days=[life.bars[back] for back in sorted(life.bars, reverse=True)],
        incidents=sorted(life.troubles, key=lambda each: each.started_at, reverse=True)[:10],
    )


def _life(now: datetime, chance: random.Random, began: int) -> _Life:
    passed = int((now - _midnight(now, 0)).total_seconds())
    bars = {
        back: Bar(day=(now - back * DAY).date(), up=86_400 if back else passed) for back in range(began + 1)
    }
    life = _Life(bars)
    for back in range(2, began):
        if chance.random() < 0.014:
            _past(life, now, back, chance)
        elif chance.random() < 0.012:
            bars[back] = bars[back].model_copy(update={"up": 85_000, "maintenance": 1400})
    if chance.random() < 0.3:
        away = chance.randrange(5, 60)
        if away < began:
            del bars[away]
    return life


def _past(life: _Life, now: datetime, back: int, chance: random.Random) -> None:
    code = chance.choice(PAST)
    state = HealthState.DEGRADED if code is Code.SLOW else HealthState.DOWN
    seconds = int(chance.choice((240, 420, 900, 2400, 7300)) * chance.uniform(0.7, 1.5))
    started = _midnight(now, back) + timedelta(minutes=chance.randint(5, 1200))
    bar = life.bars[back]
    life.bars[back] = bar.model_copy(update={"up": bar.up - seconds, _FIELDS[state]: seconds})
    life.troubles.append(
        Trouble(
            started_at=started,
            ended_at=started + timedelta(seconds=seconds),
            state=state,
            code=code,
            message=MEANINGS[code].message,
        )
    )


_FIELDS = {HealthState.DOWN: "down", HealthState.DEGRADED: "degraded", HealthState.MAINTENANCE: "maintenance"}


def _befall(
    life: _Life, special: Special, since: datetime, now: datetime, latencies: list[int | None]
) -> None:
    """What is going on, in its days, its latencies and its incidents."""
    for back, seconds in _days(since, now):
        bar = life.bars.get(back)
        if bar is None:
            continue
        spent = {"up": max(0, bar.up - seconds)}
        if special.state in _FIELDS:
            spent[_FIELDS[special.state]] = seconds
        life.bars[back] = bar.model_copy(update=spent)
    checks = min(len(latencies), max(1, special.minutes // 5))
    if special.state in {HealthState.DOWN, HealthState.UNKNOWN}:
        latencies[-checks:] = [None] * checks
    if special.code is Code.SLOW:
        latencies[-checks:] = [2000 + 40 * place for place in range(checks)]
    if special.state in {HealthState.DOWN, HealthState.DEGRADED}:
        message = MEANINGS[special.code].message
        life.troubles.append(
            Trouble(started_at=since, state=special.state, code=special.code, message=message)
        )


def _days(since: datetime, now: datetime) -> Iterator[tuple[int, int]]:
    for back in range((now.date() - since.date()).days + 1):
        begins = max(since, _midnight(now, back))
        ends = min(now, _midnight(now, back - 1))
        yield back, int((ends - begins).total_seconds())


def _midnight(now: datetime, back: int) -> datetime:
    return datetime.combine(now.date() - back * DAY, time(), UTC)


def _latency(usual: int, chance: random.Random) -> int:
    spike = usual * 2 if chance.random() < 0.03 else 0
    return max(12, round(chance.gauss(usual, usual * 0.07)) + spike)
