"""Cells that run side by side, each on a registry of its own: prepare, place the faults, ask, disturb, wait, look."""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.chaos.cells import Cell
from tests.chaos.changes import KEEPER, Asked, create, purge, put_user, restore
from tests.chaos.cloud import Cloud
from tests.chaos.crowds import is_crowded, leave
from tests.chaos.invariants import belongs_to, look, violations
from tests.chaos.registry import Names, Refused, Registry
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.secrecy import requests_without_secrets

HIT_SECONDS = 15.0
"""A step that has not come up so long after the request does not come up."""
STOCK = 24
"""So many registries at rest are kept for the next waves."""
REPEATS = 2
"""How often a scenario whose operation has failed is asked for again, once its fault is gone."""


class Pool:
    """Registries at rest, to be used again."""

    def __init__(self, cloud: Cloud, names: Names) -> None:
        self._cloud, self.names = cloud, names
        self._rest: list[Registry] = []

    def take(self, scenarios: Sequence[Scenario]) -> list[Registry]:
        """One registry for each scenario: new, or at rest with its keeper."""
        at_rest = sum(not scenario.on_new for scenario in scenarios)
        self._make(at_rest - len(self._rest))
        return [self.new() if scenario.on_new else self._rest.pop() for scenario in scenarios]

    def new(self) -> Registry:
        """One that does not exist yet."""
        return Registry(self._cloud, self.names.next())

    def give_back(self, registry: Registry) -> None:
        """It is at rest again."""
        if registry.is_deleted:
            failed = settle(registry, restore(registry))
            assert not failed, f"{registry.name} does not come back: {failed}"
        if registry.is_worn and registry.exists:
            settle(registry, purge(registry))
        if registry.exists:
            if is_crowded(registry):
                settle(registry, leave(registry))
            if KEEPER not in registry.users:
                settle(registry, put_user(registry, KEEPER))
            self._rest.append(registry)

    def trim(self) -> None:
        """Each registry is a process, and work for `reconcile`: those beyond a stock are purged."""
        surplus, self._rest = self._rest[STOCK:], self._rest[:STOCK]
        in_parallel(lambda registry: settle(registry, purge(registry)), surplus)

    def _make(self, number: int) -> None:
        new = [self.new() for _ in range(number)]
        in_parallel(lambda registry: settle(registry, create(registry)), new)
        in_parallel(self.give_back, new)


@dataclass
class Run:
    """One cell while it runs."""

    cell_id: str
    scenario: Scenario
    registry: Registry
    faults: list[str] = field(default_factory=list)
    handicap: str | None = None
    """The fault that belongs to the scenario itself: it is not counted."""
    hits: int = 0
    problems: list[str] = field(default_factory=list)
    failures: int = 0
    """How often its operations ended `Failed`."""


def in_parallel[T, R](work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """In threads of their own; the first exception is raised when all are done."""
    items = list(items)
    if not items:
        return []
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def place_handicap(cloud: Cloud, scenario: Scenario, registry: Registry) -> str:
    """The scenario's own fault, for one registry; returns its id."""
    return cloud.place({**(scenario.handicap or {}), "mentions": registry.name})


def settle(registry: Registry, asked: Sequence[Asked]) -> list[str]:
    """Waits for the end of all operations; what a success promised is looked at at once. Returns what failed."""

    def end(each: Asked) -> str | None:
        row = registry.end_of(each.operation) if each.operation else None
        if row is None or row["status"] == "Succeeded":
            each.effect()
            return None
        return f"{row['kind']} {row['status']}: {row.get('error')}"

    return [failure for failure in in_parallel(end, asked) if failure]


class Wave:
    """Cells side by side. `disturb` is called when all requests are under way."""

    def __init__(self, cloud: Cloud, pool: Pool, runs: Sequence[Run]) -> None:
        self._cloud, self._pool, self.runs = cloud, pool, runs
        self.finished: set[str] = set()
        """Names of the registries whose requests have all come to an end."""

    @classmethod
    def of(cls, cloud: Cloud, pool: Pool, cells: Sequence[Cell]) -> "Wave":
        """With the faults of these cells."""
        wave = cls.undisturbed(cloud, pool, [(cell.id, cell.scenario) for cell in cells])
        for run, cell in zip(wave.runs, cells, strict=True):
            wave.place(run, cell.fault.fault(cell.step, run.registry.name))
        return wave

    @classmethod
    def undisturbed(cls, cloud: Cloud, pool: Pool, cells: Sequence[tuple[str, str]]) -> "Wave":
        """Prepared, for `(id, scenario)`s that `run`'s own argument disturbs."""
        scenarios = [SCENARIOS[scenario] for _, scenario in cells]
        pairs = zip(cells, pool.take(scenarios), strict=True)
        wave = cls(cloud, pool, [Run(cell, SCENARIOS[name], registry) for (cell, name), registry in pairs])
        wave.prepare()
        for run in wave.runs:
            if run.scenario.handicap:
                run.handicap = place_handicap(cloud, run.scenario, run.registry)
        return wave

    def place(self, run: Run, fault: Mapping[str, object]) -> None:
        """For one registry alone."""
        run.faults.append(self._cloud.place(fault))

    def prepare(self) -> None:
        """What the scenarios need, undisturbed."""
        in_parallel(lambda run: settle(run.registry, run.scenario.prepare(run.registry)), self.runs)
        self._cloud.azure.control("DELETE", "requests")

    def run(self, disturb: Callable[[], None], after: Callable[[], None] | None = None) -> list[Run]:
        """All of it, to the end; what is not as it should be is in `problems`. `after` comes before the last look."""
        with ThreadPoolExecutor(len(self.runs)) as threads:
            with self._cloud.quiet():
                asked = [threads.submit(self._guarded, run, self._ask) for run in self.runs]
                disturb()
                self.count_hits()
            for future in asked:
                future.result()
            self.forget_faults()
            self._forget_handicaps()
            list(threads.map(lambda run: self._guarded(run, self._repeat), self.runs))
            if after:
                after()
        self._check()
        return list(self.runs)

    def wait_for_hits(self) -> None:
        """Until every fault has hit, or no more will."""
        deadline = time.monotonic() + HIT_SECONDS
        while time.monotonic() < deadline:
            used = self._cloud.used()
            if all(
                used.get(fault, 0)
                for run in self.runs
                for fault in run.faults
                if run.registry.name not in self.finished
            ):
                return
            time.sleep(0.05)

    def kill(self) -> None:
        """One SIGKILL for all of them, while each holds its process at its own step."""
        self.wait_for_hits()
        self.count_hits()
        killed = self._cloud.kill_host()
        self.forget_faults()
        self._cloud.wait_for_another_host(killed)

    def _ask(self, run: Run) -> None:
        failed = settle(run.registry, run.scenario.ask(run.registry))
        run.failures += bool(failed)
        self.finished.add(run.registry.name)

    def _repeat(self, run: Run) -> None:
        """A failure is no end: the same request succeeds once the fault is gone."""
        if not run.failures or run.problems:
            return
        if run.scenario.on_new:
            left = [
                found["name"] for found in self._cloud.resources() if belongs_to(found, run.registry.name)
            ]
            assert not left, f"no_orphan_is_left: a failed create left {left}"
        failed: list[str] = []
        for _ in range(REPEATS):
            failed = settle(run.registry, run.scenario.ask(run.registry))
            if not failed:
                return
        run.problems.append(f"a_failure_can_be_repeated: {failed}")

    def _guarded(self, run: Run, work: Callable[[Run], None]) -> None:
        try:
            work(run)
        except (AssertionError, Refused) as error:
            run.problems.append(f"{type(error).__name__}: {error}")
        except Exception:  # noqa: BLE001 - whatever breaks belongs to its cell
            run.problems.append(traceback.format_exc())
        finally:
            self.finished.add(run.registry.name)

    def count_hits(self) -> None:
        """What the faults have hit by now: some forget it with the request that they held."""
        used = self._cloud.used()
        for run in self.runs:
            run.hits = max(run.hits, sum(used.get(fault, 0) for fault in run.faults))

    def forget_faults(self) -> None:
        """Everything behaves again; what is held goes on."""
        self.count_hits()
        for run in self.runs:
            while run.faults:
                self._cloud.remove(run.faults.pop())

    def _forget_handicaps(self) -> None:
        for run in self.runs:
            if run.handicap:
                self._cloud.remove(run.handicap)

    def _check(self) -> None:
        self._harvest()
        for run, seen in zip(self.runs, look(self._cloud, [run.registry for run in self.runs]), strict=True):
            run.problems += violations(seen)
        in_parallel(self._pool.give_back, [run.registry for run in self.runs if not run.problems])
        self._pool.trim()

    def _harvest(self) -> None:
        """Which names were sent to Resource Manager; and did anybody send a password?"""
        mine = {run.registry.name: run.registry for run in self.runs}
        for request in requests_without_secrets(self._cloud):
            parts = request["path"].partition("/providers/")[2].split("/")
            if request["method"] == "PUT" and len(parts) == 3:
                owner = ((request["body"] or {}).get("tags") or {}).get("berthage-registry")
                if owner in mine:
                    mine[owner].names.add((f"{parts[0]}/{parts[1]}", parts[2]))
