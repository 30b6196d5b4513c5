"""Looks at every registry as a client does, and keeps the last verdict of each.

The site states of the whole group cost one list call; the probes run side by side, bounded in number and time.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.health.findings import judge
from shared.domain.health.observation import Observation, Thresholds
from shared.domain.health.verdict import Verdict, verdict
from shared.domain.htpasswd import probe_password
from shared.domain.records import Upsert
from shared.domain.registries import ProvisioningState, Registry
from shared.domain.resources import Type
from shared.ports import Probe, ResourceManager, Table
from shared.services.capacity import Capacity
from shared.services.state import Clock, State
from shared.telemetry.logs import bound
from shared.telemetry.threads import ContextThreadPool

logger = logging.getLogger(__name__)

CONCURRENCY = 8
"""How many rows are read or written at a time."""
PUBLICATION_GRACE = timedelta(minutes=2)
"""So long after a publication a mount may show the file before it."""


class HealthSweep:
    """The timer's work."""

    def __init__(
        self,
        state: State,
        health: Table,
        capacity: Capacity,
        resources: ResourceManager,
        probe: Probe,
        thresholds: Thresholds,
        key: str,
        now: Clock,
    ) -> None:
        self._state, self._health, self._capacity = state, health, capacity
        self._resources, self._probe, self._thresholds = resources, probe, thresholds
        self._key, self._now = key, now

    def run(self) -> dict[str, int]:
        """Checks every registry that has a login server and no work in progress; counts the verdicts by code."""
        stopped = self._stopped_sites()
        with ContextThreadPool(CONCURRENCY) as pool:
            found = pool.map(self._state.registry, [name for name, _ in self._capacity.names()])
            registries = [registry for registry in found if registry and _is_due(registry)]
            revisions = list(pool.map(self._revision, registries))
            seen = self._look(list(zip(registries, revisions, strict=True)))
            self._look_again_where_refused(registries, seen)
            verdicts = [self._judge(*pair, stopped) for pair in zip(registries, seen, strict=True)]
            list(pool.map(self._keep, registries, verdicts))
        counts = Counter(found.code.value for found in verdicts)
        logger.info("health sweep: %d registries, %s", len(registries), dict(counts))
        return dict(counts)

    def _stopped_sites(self) -> set[str]:
        """Names of stopped sites. Without Resource Manager the probes still tell."""
        try:
            sites = list(self._resources.all_of(Type.SITE))
        except (TemporaryError, PermanentError) as error:
            logger.warning("health sweep without site states: %s", error)
            return set()
        return {site["name"] for site in sites if site.get("properties", {}).get("state") == "Stopped"}

    def _revision(self, registry: Registry) -> int:
        projection = self._state.projection(registry.name)
        return projection.published_revision if projection else 0

    def _look(self, asked: Sequence[tuple[Registry, int]]) -> list[Observation]:
        return self._probe.look(
            [
                (registry.login_server or "", probe_password(self._key, registry.uid, revision))
                for registry, revision in asked
            ]
        )

    def _look_again_where_refused(self, registries: Sequence[Registry], seen: list[Observation]) -> None:
        """A new file may not have reached the registry yet, or have reached it just now: neither is an alarm."""
        refused = [number for number, found in enumerate(seen) if found.member == 401]
        asked = [(number, revision) for number in refused for revision in self._possible(registries[number])]
        again = self._look([(registries[number], revision) for number, revision in asked]) if asked else []
        for (number, _), found in zip(asked, again, strict=True):
            if found.member == 200:
                seen[number] = found

    def _possible(self, registry: Registry) -> set[int]:
        """The revisions that the registry may rightly show at this moment."""
        projection = self._state.projection(registry.name)
        if projection is None or projection.published_at is None:
            return set()
        fresh = self._now() - projection.published_at < PUBLICATION_GRACE
        return {projection.published_revision, *([projection.proven_revision] if fresh else [])}

    def _judge(self, registry: Registry, seen: Observation, stopped: set[str]) -> Verdict:
        now = self._now()
        is_stopped = registry.names.site in stopped
        code = judge(
            seen,
            site_stopped=is_stopped,
            restricted=registry.is_restricted,
            thresholds=self._thresholds,
            now=now,
        )
        return verdict(registry.uid, code, seen, now)

    def _keep(self, registry: Registry, found: Verdict) -> None:
        if found.fix:
            with bound(registry=registry.name):
                logger.warning("%s: %s", found.code.value, found.message)
        self._health.transact(registry.name, [Upsert(found.to_row())])


def _is_due(registry: Registry) -> bool:
    """While we work on it ourselves, what a probe sees says nothing."""
    at_rest = {ProvisioningState.SUCCEEDED, ProvisioningState.FAILED}
    return registry.login_server is not None and registry.provisioning_state in at_rest
