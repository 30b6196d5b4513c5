"""Whoever's time is over is out of the file within a minute: one of them, thousands of them, and after any crash."""

import logging
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ConflictError, DependencyError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.users.user import User, UserState
from shared.services.reconciling import expired_users
from shared.services.reconciling.expired_users import BATCH, TRIES
from shared.services.state import State
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import NAME, STALE_SECONDS, Rig
from tests.unit.services.wire import Killed

DAY = timedelta(days=1)


def rig_with(number: int, **fields: Any) -> Rig:
    """A registry that is up, with `number` users that expire in a day, and `stays`, who does not."""
    rig = Rig()
    rig.create()
    rig.put_user("stays", password_hash=HASH)
    fields = {"expires_after": DAY, **fields}
    for each in range(number):
        rig.put_user(f"user{each:04}", password_hash=HASH, **fields)
    rig.drain()
    return rig


def run(rig: Rig, seconds: float = 0) -> None:
    """One run of `reconcile`, so many seconds from now, and what it starts."""
    rig.clock.advance(seconds)
    rig.reconcile.run()
    rig.drain(60)


def expiries(rig: Rig) -> list[Operation]:
    return [each for each in rig.all_operations() if each.kind is Kind.EXPIRE_USERS]


def entries(rig: Rig) -> list[AuditEntry]:
    rows = rig.state_table.query(NAME, "audit:", "audit;")
    found = [AuditEntry.from_row(row) for row in rows]
    return [entry for entry in found if entry.action == Kind.EXPIRE_USERS]


def states(rig: Rig) -> set[UserState]:
    return {user.state for user in users(rig) if user.username != "stays"}


def users(rig: Rig) -> list[User]:
    return list(State(rig.state_table).users(NAME))


def test_an_expired_user_is_out_of_the_file_and_keeps_its_row(caplog: pytest.LogCaptureFixture) -> None:
    rig = rig_with(1)
    caplog.set_level(logging.INFO)
    run(rig, DAY.total_seconds() - 1)
    assert rig.names_in_file() == ["stays", "user0000"]
    assert expiries(rig) == []
    run(rig, 1)
    assert rig.names_in_file() == ["stays"]
    assert states(rig) == {UserState.EXPIRED}
    assert rig.registry().user_count == 2
    [operation] = expiries(rig)
    assert (operation.status, operation.result, operation.user) == (
        Status.SUCCEEDED,
        {"proof": "probe"},
        None,
    )
    [entry] = entries(rig)
    assert (entry.actor, entry.target, entry.details) == (
        "system:reconcile",
        NAME,
        {"expired": ["user0000"]},
    )
    assert f"users_expired=1:{NAME}/user0000" in caplog.text
    rig.check_up()


def test_only_what_is_due_goes_and_the_next_one_is_not_forgotten() -> None:
    rig = rig_with(2)
    rig.put_user("user0001", expires_after=3 * DAY)
    rig.drain()
    run(rig, DAY.total_seconds())
    assert rig.names_in_file() == ["stays", "user0001"]
    assert rig.registry().next_expiry == users(rig)[-1].expires_on
    run(rig, 2 * DAY.total_seconds())
    assert rig.names_in_file() == ["stays"]
    assert rig.registry().next_expiry is None
    rig.check_up()


def test_a_run_in_which_nothing_is_due_reads_no_user() -> None:
    rig = rig_with(3)
    rig.reconcile.run()
    rig.wire.calls.clear()
    run(rig, 60)
    assert not [call for call in rig.wire.calls if call.name == "state.query" and call.args[1] == "user:"]


@pytest.mark.parametrize("number", [BATCH, BATCH + 1, 3 * BATCH])
def test_many_users_leave_with_one_operation_and_one_rewrite(number: int) -> None:
    rig = rig_with(number)
    before = sum(call.name == "share.rename" for call in rig.wire.calls)
    run(rig, DAY.total_seconds())
    assert rig.names_in_file() == ["stays"]
    assert len(expiries(rig)) == 1
    assert sum(call.name == "share.rename" for call in rig.wire.calls) == before + 1
    named = [name for entry in entries(rig) for name in (entry.details or {})["expired"]]
    assert sorted(named) == [f"user{each:04}" for each in range(number)]
    rig.check_up()


def test_a_second_run_finds_nothing_to_do() -> None:
    rig = rig_with(2)
    run(rig, DAY.total_seconds())
    before = rig.registry()
    for _ in range(3):
        run(rig, 60)
    assert rig.registry() == before
    assert len(expiries(rig)) == 1


def test_two_runs_at_once_expire_everybody_once() -> None:
    rig = rig_with(BATCH + 5)
    rig.clock.advance(DAY.total_seconds())
    rig.wire.meanwhile("state.transact", rig.reconcile.run)
    run(rig)
    assert states(rig) == {UserState.EXPIRED}
    named = [name for entry in entries(rig) for name in (entry.details or {})["expired"]]
    assert len(named) == len(set(named)) == BATCH + 5
    assert rig.names_in_file() == ["stays"]
    rig.check_up()


def test_whoever_gets_another_end_at_that_very_moment_stays() -> None:
    rig = rig_with(2)
    rig.clock.advance(DAY.total_seconds())
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("user0000", expires_after=9 * DAY))
    run(rig)
    assert rig.names_in_file() == ["stays", "user0000"]
    assert rig.registry().next_expiry == rig.clock.now + 9 * DAY
    rig.check_up()


def test_an_end_that_is_set_at_any_moment_of_a_run_is_not_lost() -> None:
    """The hint is due, so a new end does not lower it: it must not be overwritten by what was read before."""
    for call in range(60):
        rig = rig_with(1)
        late = partial(rig.put_user, "late", password_hash=HASH, expires_after=2 * DAY)
        rig.clock.advance(DAY.total_seconds())
        rig.wire.interrupt(call, late)
        rig.reconcile.run()
        if State(rig.state_table).user(NAME, "late") is None:
            break
        assert rig.registry().next_expiry == rig.clock.now + 2 * DAY, call
        run(rig)
        assert rig.names_in_file() == ["late", "stays"], call
    assert call > 20


def test_a_user_who_is_deleted_meanwhile_stays_deleted() -> None:
    rig = rig_with(2)
    rig.clock.advance(DAY.total_seconds())
    rig.wire.meanwhile("state.transact", lambda: rig.delete_user("user0000"))
    run(rig)
    assert [user.username for user in users(rig)] == ["stays", "user0001"]
    assert states(rig) == {UserState.EXPIRED}
    rig.check_up()


def test_others_who_are_faster_all_the_time_are_left_to_the_next_run() -> None:
    rig = rig_with(1)
    rig.clock.advance(DAY.total_seconds())
    rig.wire.refuse("state.transact", *[ConflictError()] * TRIES)
    run(rig)
    assert states(rig) == {UserState.ACTIVE}
    run(rig, 60)
    assert states(rig) == {UserState.EXPIRED}
    rig.check_up()


def test_a_registry_that_is_being_deleted_is_left_alone() -> None:
    rig = rig_with(1)
    rig.clock.advance(DAY.total_seconds())
    rig.purge()
    rig.reconcile.run()
    assert expiries(rig) == []
    rig.drain()
    rig.check_gone()


def test_before_the_first_upload_expiry_waits_for_the_create() -> None:
    rig = Rig(looks=1)
    rig.put()
    rig.put_user("alice", password_hash=HASH, expires_after=timedelta(seconds=1))
    rig.clock.advance(2)
    rig.reconcile.run()
    rig.drain()
    assert rig.names_in_file() == []
    rig.check_up()


def test_a_lost_message_and_a_lost_answer_do_no_harm() -> None:
    for error in (ConflictError("its own write"), DependencyError("Table Storage", "no answer")):
        rig = rig_with(2)
        rig.clock.advance(DAY.total_seconds())
        rig.wire.lose_answer("state.transact", error)
        rig.users_queue.down = True
        rig.reconcile.run()
        rig.users_queue.down = False
        rig.mend()
        assert rig.names_in_file() == ["stays"]
        assert len(expiries(rig)) == 1
        rig.check_up()


def test_a_run_may_die_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each call to a port: the next runs expire everybody, and rows, revision and file never disagree."""
    monkeypatch.setattr(expired_users, "BATCH", 3)  # two batches, whose users are made anew for each death
    number, call = 5, 1
    while True:
        rig = rig_with(number)
        rig.clock.advance(DAY.total_seconds())
        rig.wire.kill(call)
        try:
            rig.reconcile.run()
        except Killed:
            rig.wire.revive()
            rig.drain(60)
            run(rig, STALE_SECONDS + 1)
            run(rig, STALE_SECONDS + 1)
            assert states(rig) == {UserState.EXPIRED}, call
            assert rig.names_in_file() == ["stays"], call
            kinds = {each.kind for each in rig.all_operations()}
            assert Kind.REPAIR_HTPASSWD not in kinds, f"a repair was started for nothing: {call}"
            rig.check_up()
            call += 1
        else:
            break
    assert call > 10
