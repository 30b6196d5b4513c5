"""A request is answered once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import override

import pytest

from shared.domain.errors import DependencyError
from shared.domain.records import Change
from shared.services.chat.replays import KEPT, REPLAYS, Replays
from shared.services.reconciling.old_replays import OldReplays
from shared.services.reconciling.report import Report
from tests.fakes import FakeClock, FakeTable

SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


class Rig:
    def __init__(self, table: FakeTable | None = None) -> None:
        self.table, self.clock = table or FakeTable(), FakeClock()
        self.replays = Replays(self.table, self.clock)

    @property
    def keys(self) -> list[str]:
        return sorted(self.table.rows.get(REPLAYS, {}))


def test_the_same_request_is_known_again_for_as_long_as_it_is_good() -> None:
    rig = Rig()
    at = rig.clock.now + timedelta(seconds=300)
    assert rig.replays.is_first(SIGNATURE, at)
    for _ in range(10):
        rig.clock.advance(60)
        rig.replays.forget(100)
        assert not rig.replays.is_first(SIGNATURE, at)


def test_another_request_of_the_same_moment_is_another() -> None:
    rig = Rig()
    assert rig.replays.is_first(SIGNATURE, rig.clock.now)
    assert rig.replays.is_first(SIGNATURE[:-1] + "4", rig.clock.now)


def test_of_many_at_the_same_time_one_is_the_first() -> None:
    rig = Rig()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: rig.replays.is_first(SIGNATURE, rig.clock.now), range(40)))
    assert found.count(True) == 1


def test_what_is_kept_does_not_say_what_it_was() -> None:
    rig = Rig()
    rig.replays.is_first(SIGNATURE, rig.clock.now)
    assert SIGNATURE[3:] not in str(rig.table.rows)


class Forgetful(FakeTable):
    """Writes, and loses its answer: the client library sends the same once more."""

    @override
    def transact(self, partition: str, changes: list[Change]) -> None:  # type: ignore[override]
        super().transact(partition, changes)
        super().transact(partition, changes)


def test_a_write_that_was_repeated_on_its_way_is_no_replay() -> None:
    rig = Rig(Forgetful())
    assert rig.replays.is_first(SIGNATURE, rig.clock.now)
    assert not rig.replays.is_first(SIGNATURE, rig.clock.now)


def test_without_its_table_nobody_says_that_it_was_the_first() -> None:
    rig = Rig()
    rig.table.down = True
    with pytest.raises(DependencyError):
        rig.replays.is_first(SIGNATURE, rig.clock.now)


def test_old_ones_are_forgotten_by_reconcile_and_young_ones_are_not() -> None:
    rig, report = Rig(), Report()
    for number in range(250):
        rig.replays.is_first(f"old {number}", rig.clock.now)
    rig.clock.advance(KEPT.total_seconds() + 60)
    rig.replays.is_first("young", rig.clock.now)
    OldReplays(rig.replays).run(report)
    assert report.line() == "replays_forgotten=1:250"
    assert len(rig.keys) == 1
    OldReplays(rig.replays).run(again := Report())
    assert again.line() == ""


def test_one_run_does_not_remove_everything_there_ever_was() -> None:
    rig = Rig()
    for number in range(250):
        rig.replays.is_first(f"old {number}", rig.clock.now)
    rig.clock.advance(KEPT.total_seconds() + 60)
    assert rig.replays.forget(200) == 200
    assert len(rig.keys) == 50
