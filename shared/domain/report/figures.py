"""Figures of a period: of one registry, of each piece of time, and of everything together."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shared.domain.health.codes import Code, HealthState
from shared.domain.health.history import percentile, total, uptime
from shared.domain.report.facts import RegistryFacts
from shared.domain.report.model import Percentiles, Piece, RegistryLine, Storage
from shared.domain.report.timeline import Slot


def state_of(facts: RegistryFacts, now: datetime) -> HealthState:
    """Nobody has looked at it, or not for long: that is never green."""
    if facts.board:
        return facts.board.state_at(now)
    return HealthState.MAINTENANCE if facts.registry.active_operation else HealthState.UNKNOWN


def registry_line(facts: RegistryFacts, now: datetime) -> RegistryLine:
    """One registry over the whole period."""
    return RegistryLine(
        registry=facts.name,
        state=state_of(facts, now),
        code=facts.board.code if facts.board else Code.NOT_CHECKED,
        since=facts.board.since if facts.board else None,
        uptime=uptime_of(facts.slots),
        latency=latency_of(facts.slots),
        storage=_storage(facts),
        users=facts.registry.user_count,
        incidents=len(facts.incidents),
        certificate_expires=facts.board.certificate_expires if facts.board else None,
        uptimes=[_rounded(uptime(slot.seconds)) for slot in facts.slots],
    )


def uptime_of(slots: Iterable[Slot]) -> float | None:
    """Of one registry, or of several: their time together."""
    return uptime(total(slot.seconds for slot in slots))


def latency_of(slots: Iterable[Slot]) -> Percentiles:
    """Every login counts once, whichever registry it was at."""
    together: Counter[int] = Counter()
    for slot in slots:
        together.update(slot.latencies)
    return Percentiles(p50=percentile(together, 0.5), p95=percentile(together, 0.95))


def storage_of(registries: Sequence[RegistryFacts]) -> Storage:
    """What has not been counted is in neither figure."""
    each = [_storage(facts) for facts in registries]
    return Storage(
        size_bytes=_sum(storage.size_bytes for storage in each),
        growth_bytes=_sum(storage.growth_bytes for storage in each),
    )


def pieces(registries: Sequence[RegistryFacts]) -> list[Piece]:
    """All registries together, piece by piece."""
    return [_piece(slots) for slots in zip(*(facts.slots for facts in registries), strict=True)]


def _piece(slots: Sequence[Slot]) -> Piece:
    seconds: Mapping[HealthState, float] = total(slot.seconds for slot in slots)
    return Piece(
        start=slots[0].span.start,
        up=seconds.get(HealthState.HEALTHY, 0.0),
        degraded=seconds.get(HealthState.DEGRADED, 0.0),
        down=seconds.get(HealthState.DOWN, 0.0),
        maintenance=seconds.get(HealthState.MAINTENANCE, 0.0),
        latency=latency_of(slots),
        size_bytes=_sum(slot.size_bytes for slot in slots),
    )


def _storage(facts: RegistryFacts) -> Storage:
    now, before = facts.slots[-1].size_bytes, facts.size_before
    growth = None if now is None or before is None else now - before
    return Storage(size_bytes=now, growth_bytes=growth)


def _sum(figures: Iterable[int | None]) -> int | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None


def _rounded(share: float | None) -> float | None:
    """Down: a piece with a second of downtime is never whole."""
    return None if share is None else math.floor(share * 10_000) / 10_000
