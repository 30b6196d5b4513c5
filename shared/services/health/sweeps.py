"""One sweep: who is looked at, what Azure says of all sites, and when the last batch is done.

The timer only hands out work. Resource Manager is asked once, for the whole group. The batch that ends the sweep
tells the heartbeat: so what is noticed outside is not that a timer fired, but that registries were looked at.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import accumulate, batched, islice

from ulid import ULID

from shared.domain.errors import DependencyError, PermanentError, TemporaryError
from shared.domain.health.board import SWEEPS, Sweep
from shared.domain.health.codes import HealthState
from shared.domain.messages import CheckMessage
from shared.domain.records import Delete
from shared.domain.resources.resource import Json, Ref, Type
from shared.ports import Heartbeat, Queue, ResourceManager, Table
from shared.services.capacity import Capacity
from shared.services.health.boards import Boards
from shared.services.state import Clock, retry_on_conflict

logger = logging.getLogger(__name__)

BATCH = 50
"""Registries of one message: a function's instance takes several messages at a time."""
KEPT = timedelta(days=1)
MOST_CHARACTERS = 30_000
"""Of all names of stopped sites together: a column has room for 32,768. Of any more their probes tell."""
MOST_REMOVED = 50


class Sweeps:
    """`resources` is asked for by sweeps alone. Raises `DependencyError` when tables or queues do not answer."""

    def __init__(
        self,
        health: Table,
        queue: Queue[CheckMessage],
        capacity: Capacity,
        boards: Boards,
        resources: Callable[[], ResourceManager],
        heartbeat: Heartbeat,
        now: Clock,
    ) -> None:
        self._health, self._queue, self._capacity, self._boards = health, queue, capacity, boards
        self._resources, self._heartbeat, self._now = resources, heartbeat, now

    def start(self) -> Sweep:
        """The timer's work."""
        names = [name for name, _ in self._capacity.names()]
        batches = list(batched(names, BATCH, strict=False))
        sweep = Sweep(
            id_key=str(ULID.from_datetime(self._now())),
            started_at=self._now(),
            registries=len(names),
            batches=len(batches),
            stopped=self._stopped_sites() if names else [],
        )
        if not batches:
            self._end(sweep)
            return sweep
        self._health.transact(SWEEPS, [sweep.save()])
        for number, batch in enumerate(batches):
            self._queue.send(CheckMessage(sweep=sweep.id_key, batch=number, registries=list(batch)))
        return sweep

    def newest(self) -> Sweep | None:
        """The one that began last."""
        row = next(iter(self._health.query(SWEEPS, "0", "~", 1)), None)
        return Sweep.from_row(row) if row else None

    def read(self, id_key: str) -> Sweep | None:
        """One sweep, if it is not too long ago."""
        row = self._health.get(SWEEPS, Sweep.key_of(id_key))
        return Sweep.from_row(row) if row else None

    @retry_on_conflict
    def done(self, id_key: str, batch: int, states: Sequence[HealthState]) -> None:
        """A batch is done; the last one ends the sweep. The same batch again changes nothing."""
        sweep = self.read(id_key)
        if sweep is None or batch in sweep.done:
            return
        counted = dict(sweep.states)
        for state in states:
            counted[state] = counted.get(state, 0) + 1
        moved = sweep.change(done=[*sweep.done, batch], states=counted)
        if len(moved.done) == sweep.batches:
            self._end(moved)
        else:
            self._health.transact(SWEEPS, [moved.save()])

    def _end(self, sweep: Sweep) -> None:
        """Its row comes last: whoever dies before is done again, and a heartbeat may be heard twice."""
        self._boards.drop_others(name for name, _ in self._capacity.names())
        self._heartbeat.beat()
        ended = sweep.change(ended_at=self._now())
        self._health.transact(SWEEPS, [ended.save(), *self._old()])
        seconds = (self._now() - sweep.started_at).total_seconds()
        counts = {state.value: number for state, number in sorted(ended.states.items())}
        logger.info("health sweep: %d registries in %.1f s, %s", sum(counts.values()), seconds, counts)

    def _old(self) -> list[Delete]:
        first = Sweep.key_of(str(ULID.from_datetime(self._now() - KEPT)))
        rows = self._health.query(SWEEPS, first, "~", MOST_REMOVED)
        return [Delete(row.key) for row in islice(rows, MOST_REMOVED)]

    def is_stopped(self, site: str) -> bool | None:
        """What Azure says of one site now; `None`: it does not answer."""
        try:
            found = self._resources().get(Ref(Type.SITE, site))
        except (TemporaryError, PermanentError, DependencyError) as error:
            logger.warning("a look without the state of site %s: %s", site, error)
            return None
        return found is not None and _says_stopped(found)

    def _stopped_sites(self) -> list[str] | None:
        """Names of stopped sites. Without Resource Manager the probes still tell most."""
        try:
            sites = list(self._resources().all_of(Type.SITE))
        except (TemporaryError, PermanentError, DependencyError) as error:
            logger.warning("health sweep without site states: %s", error)
            return None
        names = sorted(str(site["name"]) for site in sites if _says_stopped(site))
        room = accumulate(len(name) + len('"",') for name in names)
        return [name for name, used in zip(names, room, strict=True) if used <= MOST_CHARACTERS]


def _says_stopped(site: Json) -> bool:
    return bool(site.get("properties", {}).get("state") == "Stopped")
