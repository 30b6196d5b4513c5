"""What is read for the status page: few rows, and only what its reader may see."""

import pytest

from shared.domain.errors import NotFoundError
from shared.domain.health.board import BOARD, SWEEPS, Sweep
from shared.domain.records import Upsert
from shared.domain.roles import EVERYTHING, NOTHING, Access, Right, Role
from shared.services.status.board import StatusBoard
from tests.fakes import FakeTable
from tests.unit.pages.entries import NOW, entry


class CountingTable(FakeTable):
    """Counts what it is asked."""

    asked = 0

    def _check(self) -> None:
        self.asked += 1
        super()._check()


@pytest.fixture
def table() -> CountingTable:
    found = CountingTable()
    names = ["auth", "payments-a", "payments-b", "zoo-9"]
    found.transact(BOARD, [Upsert(entry(name).to_row()) for name in names])
    for key in ("01KAXQ3Z4T00000000000000A0", "01KAXQ3Z4T00000000000000B0"):
        sweep = Sweep(id_key=key, started_at=NOW, registries=4, batches=1)
        found.transact(SWEEPS, [Upsert(sweep.to_row())])
    found.asked = 0
    return found


def test_all_registries_cost_two_queries(table: CountingTable) -> None:
    seen = StatusBoard(table).all(EVERYTHING)
    assert [each.name for each in seen.entries] == ["auth", "payments-a", "payments-b", "zoo-9"]
    assert table.asked == 2


def test_the_newest_sweep_counts(table: CountingTable) -> None:
    sweep = StatusBoard(table).all(EVERYTHING).sweep
    assert sweep
    assert sweep.id_key.endswith("B0")


def test_nobody_sees_more_than_he_may_read(table: CountingTable) -> None:
    some = Access((Right(Role.READER, "payments-*"), Right(Role.MEMBER, "auth")))
    assert [each.name for each in StatusBoard(table).all(some).entries] == ["payments-a", "payments-b"]
    assert StatusBoard(table).all(NOTHING).entries == ()


def test_one_registry_costs_one_row_and_the_sweep(table: CountingTable) -> None:
    found, sweep = StatusBoard(table).one("auth", EVERYTHING)
    assert (found.name, sweep is None, table.asked) == ("auth", False, 2)


def test_what_one_may_not_see_is_as_what_is_not_there(table: CountingTable) -> None:
    said = set()
    for name, access in (("nothing", EVERYTHING), ("nothing", NOTHING), ("auth", NOTHING)):
        with pytest.raises(NotFoundError) as missing:
            StatusBoard(table).one(name, access)
        said.add(str(missing.value).replace(name, "NAME") + missing.value.fix)
    assert len(said) == 1


def test_before_the_first_sweep_there_is_nothing() -> None:
    seen = StatusBoard(FakeTable()).all(EVERYTHING)
    assert (seen.entries, seen.sweep) == ((), None)
