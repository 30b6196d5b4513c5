"""Runs cells, wave after wave, and counts: the whole matrix, or some of it."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos.cells import Cell, cells_of, waves
from tests.chaos.cloud import Cloud
from tests.chaos.discovery import discover
from tests.chaos.registry import Names
from tests.chaos.specials import SPECIALS, Setting, Special, lagging
from tests.chaos.steps import Step
from tests.chaos.wave import Pool, Run, Wave

ATTEMPTS = 3
"""How often a cell is run whose step did not come up."""
MOUNT_LAG_SECONDS = 30.0

Say = Callable[[str], None]


@dataclass
class Matrix:
    """One matrix on one local Azure. `wave_size`: cells side by side."""

    cloud: Cloud
    say: Say
    wave_size: int = 10
    mount_lag: float = MOUNT_LAG_SECONDS
    seed: int = 0
    """Says in which order the waves are run."""
    steps: dict[str, list[Step]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    """Registries that were deleted, with their cell."""

    def __post_init__(self) -> None:
        self.pool = Pool(self.cloud, Names())
        self._chance = random.Random(self.seed)

    def discover(self, *, runs: int = 2) -> list[Cell]:
        """All cells that there are."""
        began = time.monotonic()
        self.steps = discover(self.cloud, self.pool, runs=runs)
        cells = cells_of(self.steps)
        numbers = ", ".join(f"{name} {len(steps)}" for name, steps in self.steps.items())
        self.say(
            f"steps found in {time.monotonic() - began:.0f} s: {numbers}; {len(cells)} cells of steps and faults"
        )
        return cells

    def run_cells(self, cells: Sequence[Cell], *, mixed: bool = False) -> None:
        """Cells whose step does not come up are run again, a few times."""
        left = list(cells)
        for attempt in range(ATTEMPTS):
            by_id = {cell.id: cell for cell in left}
            ready = waves(left, self.wave_size, mixed=mixed)
            self._chance.shuffle(
                ready
            )  # creates and deletes in turn, or there would be hundreds of registries
            runs = [run for number, wave in enumerate(ready) for run in self._wave(wave, number, len(ready))]
            left = [by_id[run.cell_id] for run in runs if not run.hits and not run.problems]
            if not left:
                return
            if attempt + 1 < ATTEMPTS:
                self.say(f"{len(left)} steps did not come up: once more")
        self.cloud.tally.missed += [cell.id for cell in left]
        self.cloud.tally.cells -= len(left)

    def run_specials(self, specials: Sequence[Special] = SPECIALS) -> None:
        """Each is a wave of its own."""
        for special in specials:
            self.run_special(special, special.cells())

    def run_special(self, special: Special, cells: Sequence[tuple[str, str]]) -> None:
        """Some of its cells."""
        began = time.monotonic()
        setting = Setting(self.cloud, self.steps, self.mount_lag)
        if special.lags:
            with lagging(self.cloud, self.mount_lag):
                runs = self._special(special, setting, cells, Pool(self.cloud, self.pool.names))
        else:
            runs = self._special(special, setting, cells, self.pool)
        for run in runs:
            self.cloud.tally.faults[special.name.rstrip("-012")] += run.hits
        self._report(runs, special.name, time.monotonic() - began)

    def _special(
        self, special: Special, setting: Setting, cells: Sequence[tuple[str, str]], pool: Pool
    ) -> list[Run]:
        wave = Wave.undisturbed(self.cloud, pool, cells)
        if special.before:
            special.before(setting, wave)
        after = special.after
        return wave.run(
            lambda: special.disturb(setting, wave), (lambda: after(setting, wave)) if after else None
        )

    def _wave(self, cells: Sequence[Cell], number: int, of: int) -> list[Run]:
        began = time.monotonic()
        wave = Wave.of(self.cloud, self.pool, cells)
        runs = wave.run(wave.kill if cells[0].kills else wave.wait_for_hits)
        for run, cell in zip(runs, cells, strict=True):
            self.cloud.tally.faults[cell.fault.name] += run.hits
        self._report(
            [run for run in runs if run.hits or run.problems],
            f"wave {number + 1}/{of} {cells[0].scenario}",
            time.monotonic() - began,
        )
        return runs

    def _report(self, runs: Sequence[Run], title: str, seconds: float) -> None:
        self.cloud.tally.cells += len(runs)
        self.gone |= {run.registry.name: run.cell_id for run in runs if not run.registry.exists}
        bad = [run for run in runs if run.problems]
        failures = sum(run.failures for run in runs)
        self.say(
            f"{title}: {len(runs)} cells in {seconds:.1f} s, {failures} failed and repeated, {len(bad)} red"
        )
        for run in bad:
            for problem in run.problems:
                self.cloud.tally.violate(f"{run.cell_id} (registry {run.registry.name}): {problem}")
