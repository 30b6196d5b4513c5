"""Resources that carry our tags and belong to no registry that we know: reported, never deleted.

The same look mends the index: a registry whose entry was lost is found by the tags of its resources. One without any
resource is found when somebody next creates or changes it; the tables themselves can't be searched by row.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.names import REGISTRY_NAME
from shared.domain.records import Nested, Record, Upsert
from shared.domain.registries.registry import Registry
from shared.domain.resources.graph import REGISTRY_TAG, UID_TAG
from shared.domain.resources.resource import Type
from shared.ports import ResourceManager, Table
from shared.services.capacity import Capacity
from shared.services.reconciling.report import Report
from shared.services.state import Clock, State
from shared.telemetry.logs import plain

logger = logging.getLogger(__name__)

KINDS = (Type.SITE, Type.PLAN, Type.STORAGE_ACCOUNT)
PARTITION = "!group"
"""No registry's name."""
AFTER_FAILURE = timedelta(minutes=5)


@dataclass(frozen=True)
class _Tagged:
    """One resource that says whose it is."""

    kind: Type
    name: str
    registry: str
    uid: str

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.name}"

    def belongs_to(self, registry: Registry | None) -> bool:
        """A create writes its registry's row before its first resource, a delete removes it after the last."""
        if registry is None or registry.uid != self.uid:
            return False
        return self.name in {registry.names.site, registry.names.plan, registry.names.storage_account}


class _Look(Record):
    """The last look. An orphan is what two looks in a row have found: lists of Azure lag behind a delete."""

    next_at: datetime
    suspects: Nested[list[str]] = Field(default_factory=list)

    @property
    def key(self) -> str:
        return "orphans"


class Orphans:
    """Three list calls every `check_seconds`. `resources` is called when the look is due."""

    def __init__(
        self,
        state: State,
        health: Table,
        capacity: Capacity,
        resources: Callable[[], ResourceManager],
        now: Clock,
        check_seconds: float,
    ) -> None:
        self._state, self._health, self._capacity, self._resources = state, health, capacity, resources
        self._now, self._period = now, timedelta(seconds=check_seconds)

    def run(self, report: Report) -> None:
        """See `Survey`."""
        row = self._health.get(PARTITION, "orphans")
        last = _Look.from_row(row) if row else _Look(next_at=self._now())
        if last.next_at > self._now():
            return
        try:
            tagged = [each for kind in KINDS for each in _of_ours(kind, self._resources())]
        except (TemporaryError, PermanentError):
            self._keep(last.change(next_at=self._now() + min(self._period, AFTER_FAILURE)))
            raise
        suspects = list(self._without_registry(tagged, report))
        for orphan in suspects:
            if orphan.id in last.suspects:
                _tell(orphan, report)
        self._keep(_Look(next_at=self._now() + self._period, suspects=[each.id for each in suspects]))

    def _without_registry(self, tagged: list[_Tagged], report: Report) -> Iterator[_Tagged]:
        """The registries are read after the lists: whatever is listed had its row before."""
        names = sorted({each.registry for each in tagged if REGISTRY_NAME.fullmatch(each.registry)})
        registries = {name: self._state.registry(name) for name in names}
        indexed = {name for name, _ in self._capacity.names()}
        for name, registry in registries.items():
            if registry and name not in indexed:
                logger.warning("registry %s was not in the index: added", name)
                self._capacity.remember(name)
                report.note("index_entries_added", name)
        yield from (each for each in tagged if not each.belongs_to(registries.get(each.registry)))

    def _keep(self, look: _Look) -> None:
        self._health.transact(PARTITION, [Upsert(look.to_row())])


def _of_ours(kind: Type, resources: ResourceManager) -> Iterator[_Tagged]:
    for found in resources.all_of(kind):
        tags = found.get("tags") or {}
        if REGISTRY_TAG in tags:
            yield _Tagged(kind, str(found["name"]), str(tags[REGISTRY_TAG]), str(tags.get(UID_TAG, "")))


def _tell(orphan: _Tagged, report: Report) -> None:
    report.note("orphans", orphan.id)
    logger.warning(
        "orphan %s: its tags name registry %s with uid %s, which is not there. If nobody needs it: "
        "az resource delete --resource-type %s --name %s",
        orphan.id,
        plain(orphan.registry),
        plain(orphan.uid),
        orphan.kind.value,
        orphan.name,
    )
