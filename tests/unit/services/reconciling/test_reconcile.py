"""What stopped moving moves again within minutes, and nothing else is touched."""

import pytest

from shared.domain.errors import DependencyError
from shared.domain.operations import Kind, Status
from shared.domain.records import Row, Upsert
from shared.domain.registries.registry import ProvisioningState
from shared.services.reconciling.stale_operations import ORPHAN_AGE
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import NAME, STALE_SECONDS, Rig, up
from tests.unit.services.wire import Killed

ORPHANED = ORPHAN_AGE.total_seconds() + 1


def stalled(*names: str) -> Rig:
    """Registries whose messages were lost."""
    rig = Rig()
    for name in names:
        rig.put(name)
    rig.host.waiting.clear()
    return rig


def test_where_everything_moves_there_is_nothing_to_do() -> None:
    rig = up("alice")
    rig.clock.advance(3600)
    before = len(rig.host.history)
    assert rig.reconcile.run() == 0
    assert len(rig.host.history) == before


def test_every_operation_that_lost_its_message_moves_again() -> None:
    names = [f"reg{number:02}" for number in range(20)]
    rig = stalled(*names)
    rig.clock.advance(STALE_SECONDS + 1)
    assert rig.reconcile.run() == len(names)
    rig.drain()
    for name in names:
        rig.check_up(name)


def test_several_users_of_one_registry_that_lost_their_messages_move_again() -> None:
    rig = Rig()
    rig.create()
    for number in range(5):
        rig.put_user(f"user{number}", password_hash=HASH)
    rig.host.waiting.clear()
    rig.clock.advance(STALE_SECONDS + 1)
    assert rig.reconcile.run() == 5
    rig.drain()
    rig.check_up()


def test_an_operation_goes_on_where_it_stopped() -> None:
    rig = Rig(looks=2)
    rig.put()
    rig.step()
    rig.step()
    sent = len(rig.azure.calls)
    turn = rig.last(Kind.CREATE_REGISTRY).turn
    rig.host.waiting.clear()
    rig.clock.advance(STALE_SECONDS + 10)
    rig.reconcile.run()
    [delivery] = rig.host.waiting
    assert delivery.message.turn == turn
    rig.drain()
    rig.check_up()
    assert len(rig.azure.calls) > sent
    assert len(set(rig.azure.calls)) == len(rig.azure.calls)


def test_running_it_again_and_again_sends_the_same_turn_and_makes_one_chain() -> None:
    rig = stalled(NAME)
    rig.clock.advance(STALE_SECONDS + 1)
    for _ in range(5):
        rig.reconcile.run()
    assert len(rig.host.waiting) == 5
    rig.drain()
    rig.check_up()
    assert len(set(rig.azure.calls)) == len(rig.azure.calls)


def test_a_queue_that_is_still_down_is_tried_again_next_time() -> None:
    rig = stalled(NAME)
    rig.clock.advance(STALE_SECONDS + 1)
    rig.lifecycle_queue.down = True
    rig.reconcile.run()
    rig.lifecycle_queue.down = False
    assert rig.reconcile.run() == 1
    rig.drain()
    rig.check_up()


def test_tables_that_are_away_fail_it_aloud_and_it_works_the_next_time() -> None:
    rig = stalled(NAME)
    rig.clock.advance(STALE_SECONDS + 1)
    rig.state_table.down = True
    with pytest.raises(DependencyError):
        rig.reconcile.run()
    rig.state_table.down = False
    assert rig.reconcile.run() == 1


def test_a_killed_reconcile_is_made_up_for_by_the_next() -> None:
    length = 0
    while True:
        rig = stalled("api", "web")
        rig.clock.advance(STALE_SECONDS + 1)
        rig.wire.kill(length)
        try:
            rig.reconcile.run()
            break
        except Killed:
            rig.mend()
            rig.check_up("api")
            rig.check_up("web")
        length += 1
    assert length > 5


# the index


def test_a_name_without_a_registry_goes_after_a_while_and_not_before() -> None:
    rig = Rig()
    rig.capacity.reserve(NAME)
    rig.clock.advance(ORPHAN_AGE.total_seconds() - 1)
    rig.reconcile.run()
    assert rig.index_names() == [NAME]
    rig.clock.advance(2)
    rig.reconcile.run()
    assert (rig.index_names(), rig.index_count()) == ([], 0)


def test_a_registry_that_is_there_stays_in_the_index() -> None:
    rig = Rig()
    rig.create()
    rig.clock.advance(ORPHANED)
    rig.reconcile.run()
    assert rig.index_names() == [NAME]


def test_a_deleted_registry_whose_name_stayed_behind_goes_from_the_index() -> None:
    rig = Rig()
    rig.create()
    rig.purge()
    rig.wire.refuse("index.get", DependencyError("Table Storage", "busy"))
    rig.drain(redeliver=True)
    assert rig.last(Kind.PURGE_REGISTRY).status is Status.SUCCEEDED
    assert rig.index_names() == [NAME]
    rig.clock.advance(ORPHANED)
    rig.reconcile.run()
    rig.check_gone()


@pytest.mark.parametrize("wrong", [0, 7])
def test_a_wrong_count_is_mended(wrong: int) -> None:
    rig = Rig()
    rig.create("api")
    rig.create("web")
    row = rig.index_table.rows["registries"]["!count"]
    rig.index_table.transact("registries", [Upsert(type(row)(row.key, {"number": wrong}))])
    rig.reconcile.run()
    assert rig.index_count() == 2


def test_a_row_that_this_release_cannot_read_stops_no_other_registry() -> None:
    rig = stalled("broken", "payments")
    row = next(row for key, row in rig.state_table.rows["broken"].items() if key.startswith("operation:"))
    rig.state_table.transact("broken", [Upsert(Row(row.key, {**row.values, "kind": "OfALaterRelease"}))])
    rig.clock.advance(STALE_SECONDS + 1)
    assert rig.reconcile.run() == 1
    rig.drain()
    assert rig.registry("payments").provisioning_state is ProvisioningState.SUCCEEDED


# one registry and the others


def test_what_nobody_foresaw_stops_no_other_registry_and_fails_the_run_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    rig = stalled("api", "web")
    rig.create("zebra")
    rig.share("zebra").files = None  # type: ignore[assignment]
    rig.clock.advance(STALE_SECONDS + 1)
    rig.index_table.transact("registries", [Upsert(Row("!count", {"number": 9}))])
    with pytest.raises(AttributeError):
        rig.reconcile.run()
    assert "requeued=2:api." in caplog.text
    assert "failed=1:zebra" in caplog.text
    assert rig.index_count() == 3


def test_a_table_that_refuses_one_registry_lets_the_others_be_visited_and_fails_the_run_aloud() -> None:
    rig = stalled("api", "web")
    rig.clock.advance(STALE_SECONDS + 1)
    rig.wire.refuse("state.query", DependencyError("Table Storage", "busy"))
    with pytest.raises(DependencyError):
        rig.reconcile.run()
    assert len(rig.host.waiting) == 1
    assert rig.reconcile.run() == 2


def test_a_run_says_in_one_line_what_it_did(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    rig = stalled("api", "web")
    rig.capacity.reserve("ghost")
    rig.clock.advance(ORPHANED)
    rig.reconcile.run()
    [line] = [text for text in caplog.messages if text.startswith("reconcile registries=")]
    ids = ",".join(sorted(operation.id for operation in rig.unfinished()))
    assert line.startswith("reconcile registries=3 seconds=")
    assert line.endswith(f" index_entries_removed=1:ghost requeued=2:{ids}")
