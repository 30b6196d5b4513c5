"""What a monitoring system reads: three queries, and nothing of what the caller may not know."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.domain.health.board import BOARD, SWEEPS, Sweep
from shared.domain.health.codes import HealthState
from shared.domain.health.history import GAP
from shared.domain.notices.notice import NOTICES, DeliveryStatus
from shared.domain.records import Record, Upsert
from shared.ports import Table
from shared.services.health.metrics import MetricsReading
from tests.fakes import FakeClock, FakeTable
from tests.unit.services.health.boards import entry, notice
from tests.unit.services.wire import Wire

PENDING, DELIVERED, FAILED = DeliveryStatus.PENDING, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED
EVERYTHING = lambda _: True  # noqa: E731 - a predicate


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table(clock: FakeClock) -> FakeTable:
    """Three registries and a few notices about them."""

    table = FakeTable()
    hour = timedelta(hours=1)
    rows: dict[str, Sequence[Record]] = {
        BOARD: [entry(name, clock.now) for name in ("one", "two", "three")],
        SWEEPS: [
            Sweep(id_key="01KAXQ3Z6V8Y0T9M2N4P5R7S1W", started_at=clock.now - hour, registries=3, batches=1),
        ],
        NOTICES: [
            notice("one", clock.now, slack="Delivered", teams="Pending"),
            notice("two", clock.now - hour, slack="Failed"),
            notice("20260101", clock.now - hour, "Report", slack="Delivered"),
            notice("one", clock.now - 25 * hour, slack="Failed"),
        ],
    }
    for partition, records in rows.items():
        table.transact(partition, [Upsert(record.to_row()) for record in records])
    return table


def test_of_every_registry_the_last_entry_is_read(table: FakeTable, clock: FakeClock) -> None:
    found = MetricsReading(table, clock).read(EVERYTHING)
    assert [each.name for each in found.registries] == ["one", "three", "two"]


def test_one_that_nobody_looks_at_any_more_is_unknown_not_up(table: FakeTable, clock: FakeClock) -> None:
    for passed, state in ((GAP - timedelta(seconds=1), HealthState.HEALTHY), (GAP, HealthState.UNKNOWN)):
        late = FakeClock()
        late.now = clock.now + passed
        assert {each.state for each in MetricsReading(table, late).read(EVERYTHING).registries} == {state}


def test_deliveries_of_the_last_day_are_counted(table: FakeTable, clock: FakeClock) -> None:
    found = MetricsReading(table, clock).read(EVERYTHING)
    assert found.deliveries == {
        ("slack", DELIVERED): 2,
        ("slack", FAILED): 1,
        ("teams", PENDING): 1,
    }


def test_a_caller_learns_nothing_of_registries_that_it_may_not_read(
    table: FakeTable, clock: FakeClock
) -> None:
    found = MetricsReading(table, clock).read(lambda name: name == "two")
    assert [each.name for each in found.registries] == ["two"]
    assert found.deliveries == {("slack", FAILED): 1, ("slack", DELIVERED): 1}


def test_the_last_sweep_is_the_newest_one_that_has_ended(table: FakeTable, clock: FakeClock) -> None:

    assert MetricsReading(table, clock).read(EVERYTHING).sweep is None
    for number, ended in enumerate([10, 20, None]):
        at = clock.now + timedelta(seconds=number)
        end = None if ended is None else at + timedelta(seconds=ended)
        key = f"01KAXQ4Z6V8Y0T9M2N4P5R7S{number:02}"
        sweep = Sweep(id_key=key, started_at=at, registries=number, batches=1, ended_at=end)
        table.transact(SWEEPS, [Upsert(sweep.to_row())])
    found = MetricsReading(table, clock).read(EVERYTHING).sweep
    assert found
    assert found.registries == 1


def test_it_costs_three_queries_however_many_registries_there_are(table: FakeTable, clock: FakeClock) -> None:
    wire = Wire()
    watched: Table = wire.around("health", table)
    MetricsReading(watched, clock).read(EVERYTHING)
    assert [call.name for call in wire.calls] == ["health.query"] * 3
