"""The overview: the verdict first, then what needs somebody, then all registries, then what has been."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.domain.health.board import BoardEntry, Sweep
from shared.domain.health.codes import HealthState
from shared.domain.registries.tags import has_tag
from shared.pages.rows import IncidentDay, RegistryRow, by_day, incidents_of, row
from shared.pages.states import LATE_AFTER, PROBLEMS, UP, place
from shared.pages.times import Times

type Order = Literal["problems", "name"]

MOST_PROBLEMS = 5
"""Named at the top; more of them are found in the list."""
RECENT_INCIDENTS, MOST_INCIDENTS = 8, 50
"""Shown at once; and with those that must be asked for."""
MOST_TAGS = 200
"""To choose from."""


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see: registries with a tag (`name:value`, or a name alone), and in which order."""

    tag: str | None = None
    order: Order = "problems"


@dataclass(frozen=True)
class Freshness:
    """When was looked. `warning`: what its reader must know before believing the rest."""

    swept: str | None
    swept_iso: str | None
    warning: str | None


@dataclass(frozen=True)
class Verdict:
    """All of it in one sentence, and the state that it is about."""

    state: HealthState
    text: str


@dataclass(frozen=True)
class Overview:
    """Everything that the overview shows."""

    verdict: Verdict
    freshness: Freshness
    counts: tuple[str, ...]
    problems: tuple[RegistryRow, ...]
    more_problems: int
    rows: tuple[RegistryRow, ...]
    of_all: int
    """How many registries there are for this reader, whatever the filter."""
    asked: Asked
    tags: tuple[tuple[str, tuple[str, ...]], ...]
    """What can be filtered by: names, each with its values."""
    incidents: tuple[IncidentDay, ...]
    older_incidents: tuple[IncidentDay, ...]
    zone: str


def overview(entries: Sequence[BoardEntry], sweep: Sweep | None, asked: Asked, times: Times) -> Overview:
    """The page for a reader who may see `entries`."""
    wanted = [each for each in entries if asked.tag is None or has_tag(each.tags, asked.tag)]
    rows = sorted((row(entry, times) for entry in wanted), key=lambda each: _order(each, asked.order))
    bad = [each for each in sorted(rows, key=lambda each: _order(each, "problems")) if _needs_somebody(each)]
    incidents = list(incidents_of(wanted, times))[:MOST_INCIDENTS]
    return Overview(
        verdict=verdict(wanted, asked, times),
        freshness=freshness(sweep, times),
        counts=tuple(_counts(wanted, times)),
        problems=tuple(bad[:MOST_PROBLEMS]),
        more_problems=len(bad[MOST_PROBLEMS:]),
        rows=tuple(rows),
        of_all=len(entries),
        asked=asked,
        tags=_tags(entries),
        incidents=by_day(incidents[:RECENT_INCIDENTS], times),
        older_incidents=by_day(incidents[RECENT_INCIDENTS:], times),
        zone=times.zone,
    )


def freshness(sweep: Sweep | None, times: Times) -> Freshness:
    """How old all of this is."""
    if sweep is None:
        return Freshness(None, None, "No sweep yet: nobody has looked at anything.")
    age = times.now - sweep.started_at
    late = f"No sweep for {times.lasted(sweep.started_at)}: what follows may be out of date."
    swept, iso = times.ago(sweep.started_at), times.moment(sweep.started_at).iso
    return Freshness(swept, iso, late if age >= LATE_AFTER else None)


def verdict(entries: Sequence[BoardEntry], asked: Asked, times: Times) -> Verdict:
    """The gravest that there is, and how many it is about."""
    if not entries:
        text = f"No registry is tagged {asked.tag}" if asked.tag else "No registry yet"
        return Verdict(HealthState.UNKNOWN, text)
    states = [entry.state_at(times.now) for entry in entries]
    worst = min(states, key=place)
    return Verdict(worst, _said(worst, states.count(worst), len(states)))


def _said(worst: HealthState, number: int, of: int) -> str:
    if of == number == 1:
        return f"The only registry {IS_IN[worst]}"
    if number == of and worst is HealthState.UNKNOWN:
        return f"None of {of} registries could be looked at"
    if number == of:
        return f"{'Both' if of == 2 else f'All {of}'} registries {_ARE_IN[worst]}"
    return f"{number} of {of} registries {(IS_IN if number == 1 else _ARE_IN)[worst]}"


IS_IN = {
    HealthState.DOWN: "is down",
    HealthState.DEGRADED: "is degraded",
    HealthState.UNKNOWN: "could not be looked at",
    HealthState.MAINTENANCE: "is in maintenance",
    HealthState.HEALTHY: "is up",
}
"""A state as the end of a sentence."""
_ARE_IN = {state: words.replace("is ", "are ", 1) for state, words in IS_IN.items()}


def _counts(entries: Sequence[BoardEntry], times: Times) -> Iterator[str]:
    states = [entry.state_at(times.now) for entry in entries]
    yield f"{sum(state in UP for state in states)} up"
    for state, words in _OTHERS.items():
        if number := states.count(state):
            yield f"{number} {words}"


_OTHERS = {
    HealthState.DOWN: "down",
    HealthState.MAINTENANCE: "in maintenance",
    HealthState.UNKNOWN: "unknown",
}


def _needs_somebody(found: RegistryRow) -> bool:
    """A muted one has somebody already."""
    return found.state in PROBLEMS and found.muted is None


def _order(found: RegistryRow, order: Order) -> tuple[int, str]:
    return (place(found.state) if order == "problems" else 0), found.name


def _tags(entries: Sequence[BoardEntry]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    pairs = sorted({pair for entry in entries for pair in entry.tags.items()})[:MOST_TAGS]
    names = sorted({name for name, _ in pairs})
    return tuple((name, tuple(value for other, value in pairs if other == name)) for name in names)
