"""The rows of the matrix: which scenario is disturbed, where, and how."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.faults import DELAY, KILLS, REFUSED, FaultClass, classes_of
from tests.chaos.steps import Step


@dataclass(frozen=True)
class Cell:
    """One fault at one step of one scenario."""

    scenario: str
    step: Step
    fault: FaultClass

    @property
    def id(self) -> str:
        """What `--cell` takes."""
        return f"{self.scenario}/{self.step.name}/{self.fault.name}"

    @property
    def kills(self) -> bool:
        """The host is killed while the step's request is held."""
        return self.fault.name in KILLS


def cells_of(steps: Mapping[str, Sequence[Step]]) -> list[Cell]:
    """All cells of the scenarios whose steps are given."""
    return [
        Cell(scenario, step, fault)
        for scenario, found in steps.items()
        for step in found
        for fault in classes_of(step.kind)
        if not (
            scenario == "rollback" and fault is REFUSED
        )  # who may not take back leaves it behind, and says so
    ]


def diagonal(cells: Iterable[Cell], most: int) -> list[Cell]:
    """A few cells that have every class of fault, every scenario and as many kinds of steps as possible in them."""
    left, chosen = list(cells), list[Cell]()
    seen: Counter[str] = Counter()

    def staleness(cell: Cell) -> tuple[bool, int, int, int]:
        fault, scenario = seen[cell.fault.name], seen[cell.scenario]
        return fault > 0, max(fault, scenario), seen[cell.step.kind.label], fault + scenario

    while left and len(chosen) < most:
        best = min(left, key=staleness)
        left.remove(best)
        chosen.append(best)
        seen.update((best.fault.name, best.scenario, best.step.kind.label))
    return chosen


def waves(cells: Sequence[Cell], size: int, *, mixed: bool = False) -> list[list[Cell]]:
    """Cells that run side by side: kills with kills, and of one scenario, so that they take about as long.

    `mixed` puts different scenarios together: fewer waves where there are few cells.
    """
    groups: dict[tuple[bool, str, bool], list[Cell]] = {}
    for cell in cells:
        key = (cell.kills, "" if mixed else cell.scenario, cell.fault.name == DELAY and not mixed)
        groups.setdefault(key, []).append(cell)
    return [group[at : at + size] for group in groups.values() for at in range(0, len(group), size)]
