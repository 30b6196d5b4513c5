"""Looks at registries from outside, many at a time, and says what was found."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from shared.domain.health.codes import Code, Finding, HealthState, Severity, finding, state_of
from shared.domain.health.findings import findings
from shared.domain.health.observation import Observation, Thresholds
from shared.domain.health.watch import Look
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.htpasswd import Projection, probe_password
from shared.ports import Probe
from shared.services.health.apart import apart
from shared.services.health.rows import HealthRows, Known
from shared.services.state import Clock, State
from shared.telemetry.threads import ContextThreadPool

CONCURRENCY = 8
"""How many rows are read or written at a time."""
PUBLICATION_GRACE = timedelta(minutes=2)
"""So long after a publication a mount may show the file before it."""

_WORST_FIRST = [Severity.CRITICAL, Severity.WARNING, Severity.INFO, Severity.OK]


@dataclass(frozen=True)
class Case:
    """A registry with what is known of it before the look."""

    registry: Registry
    known: Known
    projection: Projection | None

    @property
    def is_ours(self) -> bool:
        """Is an operation of ours at work on it? What a probe sees then says nothing."""
        at_rest = {ProvisioningState.SUCCEEDED, ProvisioningState.FAILED}
        return self.registry.provisioning_state not in at_rest

    @property
    def revision(self) -> int:
        """Of the file that it should show."""
        return self.projection.published_revision if self.projection else 0


type IsStopped = Callable[[str, bool], bool | None]
"""Says of a site whether Azure has stopped it; `None`: Azure did not say. Asked with what App Service answered: does it
keep us out, as it does in place of a stopped site?"""
type Advisor = Callable[[Case], Iterable[Finding]]
"""Finds what no probe can see."""


class Observer:
    """`advise` is asked about each registry that is looked at; what it finds is added to what the probe saw."""

    def __init__(
        self,
        state: State,
        health: HealthRows,
        probe: Probe,
        thresholds: Thresholds,
        key: str,
        now: Clock,
        advise: Sequence[Advisor] = (),
    ) -> None:
        self._state, self._health, self._probe, self._thresholds = state, health, probe, thresholds
        self._key, self._now, self._advise = key, now, advise

    def cases(self, names: Sequence[str]) -> tuple[list[Case], set[str]]:
        """Those that there are and that have, or are getting, a site; and the names of the others."""
        with ContextThreadPool(CONCURRENCY) as pool:
            found = list(pool.map(lambda name: apart(name, partial(self._case, name)), names))
        there = [case for cases in found for case in cases or []]
        return there, {name for name, cases in zip(names, found, strict=True) if cases == []}

    def look(self, cases: Sequence[Case], is_stopped: IsStopped) -> list[tuple[Case, Look]]:
        """A look for each case, unless something that nobody foresaw has come in between."""
        asked = [case for case in cases if not case.is_ours]
        seen = self._probed([(case, case.revision) for case in asked])
        self._look_again_where_refused(asked, seen)
        with ContextThreadPool(CONCURRENCY) as pool:
            looks = pool.map(
                lambda case, each: apart(case.registry.name, partial(self._judged, is_stopped, case, each)),
                asked,
                seen,
            )
            judged = [(case, look) for case, look in zip(asked, looks, strict=True) if look]
        ours = Look(self._now(), [finding(Code.MAINTENANCE)])
        return [*judged, *((case, ours) for case in cases if case.is_ours and not self._has_gone(case))]

    def _case(self, name: str) -> list[Case]:
        """One, or none."""
        registry = self._state.registry(name)
        if registry is None or registry.is_soft_deleted:
            return []
        case = Case(registry, self._health.read(registry), self._state.projection(name))
        return [case] if registry.login_server or case.is_ours else []

    def _probed(self, asked: Sequence[tuple[Case, int]]) -> list[Observation]:
        targets = [
            (case.registry.login_server or "", probe_password(self._key, case.registry.uid, revision))
            for case, revision in asked
        ]
        return self._probe.look(targets) if targets else []

    def _look_again_where_refused(self, cases: Sequence[Case], seen: list[Observation]) -> None:
        """A new file may not have reached the registry yet, or have reached it just now: neither is an alarm."""
        refused = [number for number, found in enumerate(seen) if found.member == 401]
        asked = [(number, revision) for number in refused for revision in self._possible(cases[number])]
        again = self._probed([(cases[number], revision) for number, revision in asked])
        for (number, _), found in zip(asked, again, strict=True):
            if found.member == 200:
                seen[number] = found

    def _possible(self, case: Case) -> set[int]:
        """The revisions that the registry may rightly show at this moment.

        The newest is one of them: whoever published it may have died before he could say so.
        """
        registry = self._state.registry(case.registry.name)
        projection = self._state.projection(case.registry.name)
        if registry is None or projection is None or projection.published_at is None:
            return set()
        fresh = self._now() - projection.published_at < PUBLICATION_GRACE
        before = {projection.proven_revision} if fresh else set()
        return {projection.published_revision, registry.users_revision, *before}

    def is_in_motion(self, before: Registry) -> bool:
        """Has an operation begun, or come and gone, or has the registry gone, since this was read?"""
        present = self._state.registry(before.name)
        return present is None or (present.uid, present.version, present.active_operation) != (
            before.uid,
            before.version,
            before.active_operation,
        )

    def _has_gone(self, case: Case) -> bool:
        """A row that was read keeps ours from being written; a first one has none."""
        return case.known.last is None and self.is_in_motion(case.registry)

    def _judged(self, is_stopped: IsStopped, case: Case, seen: Observation) -> Look | None:
        """`None`: nobody has looked before, and it is in motion. Its end would not remove what is kept of this look."""
        now, is_in = seen.at or self._now(), seen.member == 200
        found = findings(
            seen,
            site_stopped=False if is_in else is_stopped(case.registry.names.site, seen.is_shut_out),
            restricted=case.registry.is_restricted,
            thresholds=self._thresholds,
            now=now,
        )
        is_first, is_well = case.known.last is None, state_of(found[0].code) is HealthState.HEALTHY
        if (is_first or not is_well) and self.is_in_motion(case.registry):
            return None if is_first else Look(now, [finding(Code.MAINTENANCE)])
        found += [each for advise in self._advise for each in advise(case)]
        return Look(
            now,
            _gravest_first(found),
            seen.latency_ms if is_in else None,
            seen.checks,
            seen.certificate_expires,
        )


def _gravest_first(found: Sequence[Finding]) -> list[Finding]:
    """What is well says nothing beside what is not."""
    ordered = sorted(found, key=lambda each: _WORST_FIRST.index(each.severity))
    bad = [each for each in ordered if each.severity is not Severity.OK]
    return bad or ordered
