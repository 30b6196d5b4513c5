"""A sweep is handed out in batches, and ends when the last of them is done."""

from collections.abc import Sequence

import pytest

from shared.domain.errors import DependencyError
from shared.domain.health.board import SWEEPS
from shared.domain.health.codes import HealthState
from shared.domain.messages import CheckMessage
from shared.domain.records import Change, Row
from shared.domain.resources.resource import Ref, Type
from shared.services.health.checks import LATE
from shared.services.health.sweeps import BATCH
from tests.unit.services.health.looking import entry, fail, newest, second_look, up, verdict
from tests.unit.services.rig import NAME, Rig
from tests.unit.services.wire import Killed


@pytest.fixture
def rig() -> Rig:
    return up()


def test_many_registries_go_in_batches_and_the_last_one_ends_the_sweep() -> None:
    rig = Rig(max_registries=200)
    for number in range(BATCH + 1):
        rig.create(f"reg{number:03}")
    rig.sweeps.start()
    first, second = rig.next_batch(), rig.next_batch()
    assert first
    assert second
    assert (len(first.registries), len(second.registries)) == (BATCH, 1)
    rig.checks.run(second)
    assert (newest(rig).ended_at, rig.heartbeat.beats) == (None, 0)
    rig.checks.run(first)
    rig.checks.run(first)
    assert (newest(rig).ended_at, rig.heartbeat.beats) == (rig.clock.now, 1)
    assert newest(rig).states == {HealthState.HEALTHY: BATCH + 1}


def test_a_sweep_without_registries_is_one_all_the_same() -> None:
    rig = Rig()
    rig.sweep()
    assert (newest(rig).registries, newest(rig).ended_at, rig.heartbeat.beats) == (0, rig.clock.now, 1)


@pytest.mark.parametrize("row", ["registry", "last", "incident:"])
def test_a_row_that_nobody_can_read_is_no_reason_to_leave_out_others(
    rig: Rig, row: str, caplog: pytest.LogCaptureFixture
) -> None:
    rig.create("other")
    fail(rig)
    rig.confirmed_sweep()
    table = rig.state_table if row == "registry" else rig.health_table
    key = next(key for key in table.rows[NAME] if key.startswith(row))
    table.rows[NAME][key] = Row(key, {"uid": "written by another release"}, "etag")
    rig.clock.advance(300)
    rig.sweeps.start()
    message = rig.next_batch()
    assert message
    rig.checks.run(message)
    assert verdict(rig, "other").checked_at == newest(rig).ended_at == rig.clock.now
    assert entry(rig).checked_at < rig.clock.now, "it stays on the board, with the time of its last look"
    assert "the look at registry demo failed" in caplog.text


def test_a_table_that_refuses_one_registry_keeps_nothing_of_the_others_back(rig: Rig) -> None:
    rig.create("other")
    transact = rig.health_table.transact

    def refuse(partition: str, changes: Sequence[Change]) -> None:
        if partition == NAME:
            raise DependencyError("Table Storage", "PropertyValueTooLarge")
        transact(partition, changes)

    fail(rig, name="other")
    rig.clock.advance(300)
    rig.sweeps.start()
    message = rig.next_batch()
    assert message
    with pytest.MonkeyPatch.context() as table:
        table.setattr(rig.health_table, "transact", refuse)
        with pytest.raises(DependencyError):
            rig.checks.run(message)
    assert entry(rig, "other").checked_at == rig.clock.now
    assert [sent.registries for sent, _ in rig.checks_queue.sent] == [["other"]]
    assert newest(rig).ended_at is None, "the host delivers it again"


def test_whoever_dies_at_the_end_of_a_sweep_has_it_ended_by_the_next_delivery(rig: Rig) -> None:
    rig.sweeps.start()
    message, beats = rig.next_batch(), rig.heartbeat.beats
    assert message
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(rig.boards, "drop_others", lambda _: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            rig.checks.run(message)
    rig.checks.run(message)
    assert (newest(rig).ended_at, rig.heartbeat.beats) == (rig.clock.now, beats + 1)


def test_a_second_look_comes_also_where_sweeps_are_rare(rig: Rig) -> None:
    rig.clock.advance(LATE.total_seconds() + 1)
    fail(rig)
    rig.checks.now(NAME)
    second_look(rig)
    assert verdict(rig).state is HealthState.DOWN


@pytest.mark.parametrize("length", [20, 60])
def test_however_many_sites_are_stopped_the_sweep_has_room_for_the_list(rig: Rig, length: int) -> None:
    """A column holds 32,768 characters."""
    for number in range(1500):
        name = f"{number:0{length}}"
        body = {"name": name, "properties": {"state": "Stopped"}, "tags": {}}
        rig.azure.resources[Ref(Type.SITE, name)] = body
    stopped = rig.sweeps.start().to_row().values["stopped"]
    assert 29_000 < len(str(stopped)) < 32_768


def test_a_batch_that_comes_far_too_late_is_dropped(rig: Rig) -> None:
    rig.sweeps.start()
    message = rig.next_batch()
    assert message
    rig.clock.advance(3600)
    rig.checks.run(message)
    assert verdict(rig).checked_at < rig.clock.now


def test_a_message_that_names_what_is_not_there_does_no_harm(rig: Rig) -> None:
    rig.sweeps.start()
    rig.checks.run(CheckMessage(sweep=newest(rig).id_key, registries=["nowhere"]))
    rig.checks.run(CheckMessage(sweep="01JD0000000000000000000000", batch=0, registries=[NAME]))
    assert "nowhere" not in rig.health_table.rows


def test_old_sweeps_are_removed(rig: Rig) -> None:
    for _ in range(4):
        rig.clock.advance(12 * 3600)
        rig.sweep()
    assert len(rig.health_table.rows[SWEEPS]) <= 3
