"""The quick part of the matrix: every class of fault and every scenario at least once. All of it: `scripts/chaos`."""

import statistics
import time

import pytest

from tests.chaos.cells import Cell, diagonal
from tests.chaos.changes import put_user, rotate_user
from tests.chaos.cloud import Cloud
from tests.chaos.matrix import Matrix
from tests.chaos.outage import outage_under_load
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.specials import SPECIALS
from tests.chaos.wave import settle

CELLS = 24
QUICK_OUTAGE_SECONDS = 4.0
CHANGES = 10
EFFECTIVE_SECONDS = 5.0
"""About one on an idle machine; the bound is for a busy one."""

pytestmark = pytest.mark.timeout(300)


def test_every_scenario_has_its_steps(matrix: Matrix, cells: list[Cell]) -> None:
    """Steps are found in the log: an empty matrix would hold every invariant."""
    assert matrix.steps.keys() == SCENARIOS.keys()
    services = {
        name: {step.kind.service for step in steps if not step.kind.is_read}
        for name, steps in matrix.steps.items()
    }
    assert services["create"] == {"arm", "files", "tables", "queues"}
    assert services["rotate"] == {"files", "tables", "queues"}
    assert len({cell.id for cell in cells}) == len(cells) > 1000


def test_a_diagonal_of_the_matrix_is_green(cloud: Cloud, matrix: Matrix, cells: list[Cell]) -> None:
    chosen = diagonal(cells, CELLS)
    assert {cell.scenario for cell in chosen} == SCENARIOS.keys()
    assert {cell.fault.name for cell in chosen} == {cell.fault.name for cell in cells}
    matrix.run_cells(chosen, mixed=True)
    assert cloud.tally.violations == []
    assert cloud.tally.kills >= 1
    assert len(cloud.tally.missed) <= 2, cloud.tally.missed


def test_messages_that_come_twice_late_or_out_of_order_change_nothing(
    cloud: Cloud, matrix: Matrix, cells: list[Cell]
) -> None:
    _ = cells
    for special in SPECIALS:
        if special.name.startswith("message-"):
            matrix.run_special(special, [cell for cell in special.cells() if cell[1] in {"rotate", "purge"}])
    assert cloud.tally.violations == []


def test_nothing_succeeds_while_the_old_password_works(
    cloud: Cloud, matrix: Matrix, cells: list[Cell]
) -> None:
    """The scenario knocks with the old password at the moment of the success, while mounts lag."""
    _ = cells
    [lagging] = [special for special in SPECIALS if special.lags]
    matrix.run_special(
        lagging, [cell for cell in lagging.cells() if cell[1] in {"rotate", "revoke", "new-login"}]
    )
    assert cloud.tally.violations == []


def test_no_acknowledged_request_is_lost_while_azurite_is_away(cloud: Cloud, matrix: Matrix) -> None:
    outage_under_load(cloud, matrix.pool, QUICK_OUTAGE_SECONDS, print)
    assert cloud.tally.violations == []


def test_a_change_of_a_user_is_effective_in_about_a_second(matrix: Matrix) -> None:
    [registry] = matrix.pool.take([SCENARIOS["rotate"]])
    settle(registry, put_user(registry, "alice"))
    seconds = []
    for _ in range(CHANGES):
        began = time.monotonic()
        assert settle(registry, rotate_user(registry, "alice")) == []
        seconds.append(time.monotonic() - began)
    median = statistics.median(seconds)
    print(f"a change of a user is effective after {median:.2f} s (median of {CHANGES})")
    assert median < EFFECTIVE_SECONDS, seconds
