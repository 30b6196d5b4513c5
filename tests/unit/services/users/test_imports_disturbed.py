"""An import while processes die, and while everything else goes on beside it."""

from functools import partial

import pytest

from shared.domain.errors import DependencyError, OperationInProgressError, PermanentError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.records import Delete
from shared.domain.resources.resource import Type
from tests.unit.domain.examples import HASH
from tests.unit.domain.examples import OTHER_HASH as OTHER
from tests.unit.services.rig import ME, NAME, STALE_SECONDS, Rig, refusal, up
from tests.unit.services.users.importing import (
    FILE,
    begun,
    check_no_trace,
    counts,
    hashes,
    renames,
)

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def rig() -> Rig:
    """A registry that is up, with one user of the file and two others."""
    rig = up("alice", "u3", "zoe")
    rig.wire.calls.clear()
    return rig


def calls_of(rig: Rig) -> int:
    rig.drain()
    return len(rig.wire.calls)


# whatever dies


@pytest.mark.parametrize(
    ("mode", "comes_back"),
    [("merge", True), ("replace", False)],
    ids=["merge, its message comes back", "replace, its message is lost"],
)
def test_an_import_survives_a_process_that_dies_at_any_call(mode: str, comes_back: bool) -> None:
    for at in range(calls_of(begun(mode)[0])):
        rig, operation = begun(mode)
        [delivery] = rig.host.waiting
        with rig.dying(at):
            rig.drain()
        if comes_back:
            rig.clock.advance(30)
            rig.deliver(delivery)
        rig.mend()
        rig.check_up()
        check_no_trace(rig)
        others = {} if mode == "replace" else {"alice": HASH, "zoe": HASH}
        assert hashes(rig) == {**others, **FILE}, at
        ended = rig.operation(operation.id)
        removed = {} if others else {"removed": 2}
        assert counts(ended) == {"added": 6, "changed": 1, **removed}, at


def test_a_request_that_dies_at_any_call_is_accepted_whole_or_not_at_all() -> None:
    def start() -> Rig:
        rig, operation = begun()
        rig.drain()
        assert rig.operation(operation.id).final
        rig.wire.calls.clear()
        return rig

    rig = start()
    rig.import_users({"new": HASH})
    for at in range(len(rig.wire.calls)):
        rig = start()
        with rig.dying(at):
            rig.import_users({"new": HASH})
        accepted = any(not operation.final for operation in rig.all_operations())
        rig.mend()
        rig.check_up()
        assert ("new" in rig.names_in_file()) == accepted, at
        check_no_trace(rig)


@pytest.mark.parametrize("kind", ["refuse", "lose_answer"])
def test_an_import_survives_the_failure_of_any_call(kind: str) -> None:
    rig, _ = begun()
    rig.drain()
    for at, name in enumerate([call.name for call in rig.wire.calls]):
        if not name.startswith("state."):
            continue
        rig, operation = begun()
        fail = partial(getattr(rig.wire, kind), name, DependencyError("Table Storage", "busy"))
        rig.wire.interrupt(at, fail)
        rig.drain(redeliver=True)
        rig.wire.forgive(name)  # where it was the last call of its kind
        rig.mend()
        rig.check_up()
        check_no_trace(rig)
        assert hashes(rig) == FILE
        assert rig.operation(operation.id).status is Status.SUCCEEDED


def test_messages_that_come_twice_do_no_harm(rig: Rig) -> None:
    operation = rig.import_users(FILE, "replace").operation
    while rig.host.waiting:
        [delivery] = rig.host.waiting
        rig.step()
        rig.deliver(delivery)
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    assert counts(rig.operation(operation.id)) == {"added": 6, "changed": 1, "removed": 2}
    assert renames(rig) == 1
    rig.check_up()


def test_a_writer_that_sleeps_through_the_end_does_not_bring_a_removed_user_back(rig: Rig) -> None:
    """It wakes up before its transaction: the import is done by somebody else, and the user is gone since."""
    rig.import_users(FILE)
    [delivery] = rig.host.waiting
    woken: list[str] = []

    def everything_happens() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.drain()
        rig.delete_user("u0")
        rig.drain()
        assert "u0" not in rig.names_in_file()
        woken.append("up")

    first_write = next(
        at for at, name in enumerate(names_of_first_turn()) if name == "state.transact" and at > 2
    )
    rig.wire.interrupt(first_write, everything_happens)
    rig.host.waiting.clear()
    rig.deliver(delivery)
    rig.mend()
    assert woken
    assert "u0" not in rig.names_in_file()
    rig.check_up()
    check_no_trace(rig)


def names_of_first_turn() -> list[str]:
    rig, _ = begun("merge")
    rig.step()
    return [call.name for call in rig.wire.calls]


# what else happens meanwhile


def test_who_is_removed_after_the_import_was_accepted_stays_out(rig: Rig) -> None:
    operation = rig.import_users(FILE).operation
    assert rig.delete_user("u3")
    rig.drain()
    assert hashes(rig) == {"alice": HASH, "zoe": HASH, **{name: OTHER for name in FILE if name != "u3"}}
    assert counts(rig.operation(operation.id)) == {"added": 6, "skipped": 1}
    rig.check_up()
    check_no_trace(rig)


def test_who_is_about_to_be_imported_can_be_removed(rig: Rig) -> None:
    """A 204 would be a lie: the user would get in a moment later."""
    operation = rig.import_users(FILE).operation
    removal = rig.delete_user("u5")
    assert removal
    assert rig.delete_user("nobody") is None
    rig.drain()
    assert "u5" not in rig.names_in_file()
    assert rig.operation(removal.id).status is Status.SUCCEEDED
    assert counts(rig.operation(operation.id)) == {"added": 5, "changed": 1, "skipped": 1}
    rig.check_up()
    check_no_trace(rig)


def _remove_u5(rig: Rig, removals: list[Operation | None]) -> None:
    removals.append(rig.delete_user("u5"))


def test_a_removal_at_any_moment_of_the_import_is_never_undone() -> None:
    for at in range(calls_of(begun("merge")[0])):
        rig, _ = begun("merge")
        removals: list[Operation | None] = []
        rig.wire.interrupt(at, partial(_remove_u5, rig, removals))
        rig.drain()
        rig.mend()
        assert removals[0], at
        assert "u5" not in rig.names_in_file(), at
        rig.check_up()
        check_no_trace(rig)


def test_a_user_who_is_changed_meanwhile_keeps_the_change(rig: Rig) -> None:
    rig.import_users(FILE, "replace")
    rig.put_user("u3", password_hash="$2b$05$" + "n" * 53)
    rig.put_user("u5", password_hash="$2b$05$" + "n" * 53)
    rig.put_user("bob", password_hash=HASH)
    rig.drain()
    found = hashes(rig)
    assert {found["u3"], found["u5"]} == {"$2b$05$" + "n" * 53}
    assert found.keys() == {"bob", *FILE}
    rig.check_up()


def test_a_user_who_was_removed_just_before_comes_back(rig: Rig) -> None:
    rig.delete_user("u3")
    rig.import_users(FILE)
    rig.drain()
    assert hashes(rig)["u3"] == OTHER
    rig.check_up()
    check_no_trace(rig)


def test_other_changes_of_users_wait_and_then_need_no_rewrite_of_their_own(rig: Rig) -> None:
    rig.import_users(FILE)
    waiting = [rig.put_user(f"x{number}", password_hash=HASH).operation for number in range(5)]
    rig.drain()
    assert renames(rig) <= 2
    assert all(each and rig.operation(each.id).status is Status.SUCCEEDED for each in waiting)
    rig.check_up()


def test_before_the_create_is_done_the_users_wait_for_its_own_upload() -> None:
    rig = Rig(looks=3)
    rig.put()
    operation = rig.import_users(FILE).operation
    rig.drain()
    rig.check_up()
    assert set(rig.names_in_file()) == set(FILE)
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    assert renames(rig) == 1
    check_no_trace(rig)


def test_a_removal_before_the_create_is_done_is_not_undone_either() -> None:
    rig = Rig(looks=3)
    rig.put()
    rig.put_user("u3", password_hash=HASH)
    rig.import_users(FILE)
    assert rig.delete_user("u3")
    assert rig.delete_user("u5")
    rig.drain()
    rig.check_up()
    assert set(rig.names_in_file()) == FILE.keys() - {"u3", "u5"}
    check_no_trace(rig)


def test_after_a_create_that_failed_the_users_are_recorded_and_the_retry_brings_them() -> None:
    rig = Rig()
    rig.azure.refusals[Type.SITE] = [PermanentError("AzureSaysNo", "no", "Ask again.")]
    rig.put()
    rig.drain()
    assert rig.registry().provisioning_state == "Failed"
    operation = rig.import_users(FILE, "replace").operation
    rig.drain()
    ended = rig.operation(operation.id)
    assert (ended.status, ended.error and ended.error.code) == (Status.FAILED, "RegistryNotProvisioned")
    check_no_trace(rig)
    assert rig.registry().user_count == len(FILE)
    rig.put()
    again = rig.retry.start(operation.id, ME)
    rig.drain()
    assert rig.operation(again.id).status is Status.SUCCEEDED
    rig.check_up()
    assert hashes(rig) == FILE


def test_a_registry_that_is_purged_meanwhile_leaves_nothing_behind() -> None:
    for at in range(calls_of(begun("merge")[0])):
        rig, operation = begun("merge")
        rig.wire.interrupt(at, rig.purge)
        rig.drain(redeliver=True)
        rig.mend()
        rig.check_gone()
        assert rig.operation(operation.id).final


def test_a_registry_that_is_deleted_meanwhile_keeps_the_imported_users_for_its_restore() -> None:
    for at in range(calls_of(begun("merge")[0])):
        rig, operation = begun("merge")
        rig.wire.interrupt(at, rig.delete)
        rig.drain(redeliver=True)
        rig.mend()
        rig.check_soft_deleted()
        assert rig.operation(operation.id).status is Status.SUCCEEDED
        check_no_trace(rig)


def test_a_soft_deleted_registry_takes_no_import(rig: Rig) -> None:
    rig.soft_deleted()
    error = refusal(lambda: rig.import_users(FILE))
    assert (error.status, error.code) == (409, "RegistrySoftDeleted")
    assert "restore" in error.fix
    check_no_trace(rig)


def test_a_registry_that_is_being_deleted_takes_no_import(rig: Rig) -> None:
    deletion = rig.purge()
    assert deletion
    error = refusal(lambda: rig.import_users(FILE))
    assert isinstance(error, OperationInProgressError)
    assert error.operation_id == deletion.id


def test_reconcile_repairs_nothing_while_an_import_is_applied(rig: Rig) -> None:
    operation = rig.import_users(FILE).operation
    [chunk, *_] = rig.state.chunks(NAME, operation.id_key)
    rig.user_operations._special[Kind.IMPORT_USERS]._advance(operation, chunk.key)  # type: ignore[attr-defined]
    rig.reconcile.run()
    assert [each.kind for each in rig.unfinished()] == [Kind.IMPORT_USERS]
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("is_there", [True, False])
def test_reconcile_frees_a_registry_whose_import_will_never_end(rig: Rig, is_there: bool) -> None:
    operation = rig.import_users(FILE).operation
    handler = rig.user_operations._special[Kind.IMPORT_USERS]
    [chunk, *_] = rig.state.chunks(NAME, operation.id_key)
    handler._advance(operation, chunk.key)  # type: ignore[attr-defined]
    rig.host.waiting.clear()
    present = rig.operation(operation.id)
    if is_there:
        rig.state_table.transact(NAME, [present.ended(Status.FAILED, rig.clock.now).save()])
    else:
        rig.state_table.transact(NAME, [Delete(present.key)])
    rig.reconcile.run()
    check_no_trace(rig)
    rig.mend()
    rig.check_up()
    rig.import_users(FILE)
    rig.drain()
    rig.check_up()
    assert set(rig.names_in_file()) == {"alice", "zoe", *FILE}


def test_a_poisoned_import_is_never_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = rig.import_users(FILE).operation

    def break_down(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as broken:
        broken.setattr("shared.services.users.import_turns.next_batch", break_down)
        rig.drain(600, redeliver=True)
    shown = rig.operation(operation.id)
    assert not shown.final
    assert shown.obstacle
    rig.mend()
    rig.check_up()
    assert rig.operation(operation.id).status is Status.SUCCEEDED


def test_an_import_can_not_be_canceled_but_undone(rig: Rig) -> None:
    operation = rig.import_users(FILE).operation
    error = refusal(lambda: rig.cancel.request(operation.id, ME))
    assert error.code == "OperationNotCancelable"
    assert "mode=replace" in error.fix
