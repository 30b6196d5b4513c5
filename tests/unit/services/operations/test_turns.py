"""Operations move once and end once, whatever happens to messages and processes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import ConflictError, DependencyError, PermanentError, TemporaryError
from shared.domain.health.observation import Failure
from shared.domain.operations import Kind, Operation, OperationError, Status
from shared.domain.records import Change
from shared.services.operations.handlers import Again, Done
from shared.services.operations.turns import MAX_BACKOFF_SECONDS
from tests.unit.services.host import Delivery
from tests.unit.services.rig import STALE_SECONDS, TIMEOUT_SECONDS, VISIBILITY_SECONDS, Rig

type Act = Callable[[Operation], Done | Again]


@dataclass
class Scripted:
    """A handler whose turns are given."""

    acts: list[Act]
    ended: list[Status] = field(default_factory=list)
    cleanup: Again | None = None

    def turn(self, operation: Operation) -> Done | Again:
        return self.acts.pop(0)(operation)

    def settle(self, operation: Operation, status: Status) -> Sequence[Change]:
        _ = operation, status
        return []

    def fail(self, operation: Operation, error: OperationError) -> Again | None:
        _ = operation, error
        return self.cleanup

    def finished(self, operation: Operation, status: Status) -> None:
        _ = operation
        self.ended.append(status)


def raising(*errors: Exception) -> list[Act]:
    def act(error: Exception) -> Act:
        def turn(_: Operation) -> Done | Again:
            raise error

        return turn

    return [act(error) for error in errors]


def outcomes(*found: Done | Again) -> list[Act]:
    def act(outcome: Done | Again) -> Act:
        return lambda _: outcome

    return [act(outcome) for outcome in found]


def begun() -> tuple[Rig, Delivery]:
    """An operation that has not had a turn yet, and its message, which is no longer in the queue."""
    rig = Rig(looks=1)
    rig.put()
    return rig, rig.host.waiting.pop()


def the_operation(rig: Rig) -> Operation:
    [operation] = rig.all_operations()
    return operation


def play(rig: Rig, handler: Scripted) -> list[float]:
    """Runs the operation's messages by `handler`; returns the delay before each further turn."""
    delays = []
    for _ in range(len(handler.acts)):
        delivery = rig.host.waiting.pop()
        delays.append((delivery.due - rig.clock.now).total_seconds())
        rig.clock.now = delivery.due
        rig.turns.run(delivery.message, delivery.id, handler)
    return delays[1:]


# messages


def a_day() -> Rig:
    """A registry is made and gets users, one of whom goes; nothing has moved yet."""
    rig = Rig(looks=1)
    rig.put()
    rig.put_user("alice")
    rig.put_user("bob")
    rig.delete_user("alice")
    return rig


def what_azure_saw(rig: Rig) -> list[str]:
    return sorted(f"{verb} {ref}" for verb, ref in rig.azure.calls)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["any", "copy", "same", "reconcile"]), st.integers(0, 40))))
def test_lost_order_copies_and_late_messages_end_as_one_message_each(actions: list[tuple[str, int]]) -> None:
    once, rig = a_day(), a_day()
    once.drain()
    for action, number in actions:
        if action == "reconcile":
            rig.clock.advance(number)
            rig.reconcile.run()
        elif action == "any" and rig.host.waiting:
            rig.deliver(rig.host.waiting.pop(number % len(rig.host.waiting)))
        else:
            old = rig.host.history[number % len(rig.host.history)]
            same = action == "same"
            rig.deliver(Delivery(old.due, old.id if same else f"copy-{number}", old.message, old.lifecycle))
    rig.drain()
    once.check_up()
    rig.check_up()
    assert rig.names_in_file() == ["bob"]
    assert what_azure_saw(rig) == what_azure_saw(once)
    assert [each.status for each in rig.all_operations()] == [Status.SUCCEEDED] * 4


def test_every_turn_sends_one_message_even_when_every_message_comes_three_times() -> None:
    rig = a_day()
    while rig.host.waiting:
        delivery = rig.host.waiting.pop(0)
        rig.clock.now = max(rig.clock.now, delivery.due)
        for copy in (delivery.id, "second", "third"):
            rig.deliver(Delivery(delivery.due, copy, delivery.message, delivery.lifecycle))
    rig.check_up()
    sent = [(each.message.operation_id, each.message.turn) for each in rig.host.history]
    assert len(sent) == len(set(sent))


def test_a_message_that_its_host_delivers_again_takes_up_its_own_claim() -> None:
    rig, first = begun()
    with pytest.raises(RuntimeError):
        rig.turns.run(first.message, first.id, Scripted(raising(RuntimeError("a bug"))))
    rig.turns.run(first.message, "a copy", Scripted([]))  # has no turn: it is dropped
    handler = Scripted(outcomes(Done()))
    rig.turns.run(first.message, first.id, handler)
    assert handler.ended == [Status.SUCCEEDED]
    assert the_operation(rig).turn == 1


def test_a_claim_that_another_message_has_taken_over_is_lost() -> None:
    rig, first = begun()
    with pytest.raises(RuntimeError):
        rig.turns.run(first.message, first.id, Scripted(raising(RuntimeError("a bug"))))
    rig.clock.advance(STALE_SECONDS + 1)
    rig.reconcile.run()
    rig.step()
    rig.turns.run(first.message, first.id, Scripted([]))  # would fail if it had a turn


@pytest.mark.parametrize("text", ["nobody.01ABC", "demo.01ABC", "no id at all"])
def test_a_message_for_an_operation_that_is_not_there_is_dropped(text: str) -> None:
    rig, first = begun()
    rig.turns.run(first.message.model_copy(update={"operation_id": text}), "m", Scripted([]))


def test_a_claim_whose_answer_was_lost_is_still_a_claim() -> None:
    rig, first = begun()
    rig.wire.lose_answer("state.transact", ConflictError())
    handler = Scripted(outcomes(Done()))
    rig.turns.run(first.message, first.id, handler)
    assert handler.ended == [Status.SUCCEEDED]


# processes that die


def one_change() -> Rig:
    rig = Rig()
    rig.create()
    rig.put_user("alice")
    return rig


def calls_of_one_change() -> int:
    rig = one_change()
    rig.wire.calls.clear()
    rig.drain()
    return len(rig.wire.calls)


@pytest.mark.parametrize("comes_back", [False, True], ids=["its message is lost", "its message comes back"])
def test_a_users_change_survives_a_process_that_dies_at_any_call(comes_back: bool) -> None:
    for at in range(calls_of_one_change()):
        rig = one_change()
        [delivery] = rig.host.waiting
        with rig.dying(at):
            rig.drain()
        if comes_back:
            rig.clock.advance(30)
            rig.deliver(delivery)
        rig.mend()
        rig.check_up()
        assert rig.names_in_file() == ["alice"], at


def test_reconcile_leaves_an_operation_alone_until_its_deadline() -> None:
    rig, _ = begun()
    rig.clock.advance(STALE_SECONDS - 1)
    assert rig.reconcile.run() == 0
    rig.clock.advance(2)
    assert rig.reconcile.run() == 1
    rig.drain()
    rig.check_up()


def test_an_operation_that_waits_for_its_next_turn_is_not_stale() -> None:
    rig, first = begun()
    rig.turns.run(first.message, first.id, Scripted(outcomes(Again(300))))
    rig.clock.advance(300 + STALE_SECONDS - 1)
    assert rig.reconcile.run() == 0
    rig.clock.advance(2)
    assert rig.reconcile.run() == 1


def test_an_enqueue_that_fails_costs_a_minute_not_the_operation() -> None:
    rig = Rig()
    rig.lifecycle_queue.down = True
    rig.put()
    assert rig.host.waiting == []
    rig.lifecycle_queue.down = False
    rig.mend()
    rig.check_up()


# the end


def while_asleep(rig: Rig, outcome: Done | Again) -> Act:
    """A turn that takes so long that somebody else ends the operation in the meantime."""

    def act(_: Operation) -> Done | Again:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.drain()
        return outcome

    return act


LATE: list[Done | Again] = [
    Done(),
    Done(error=OperationError(code="X", message="x", fix="x")),
    Again(0),
    Again(0, because=TemporaryError("X", "x", 1)),
]


@pytest.mark.parametrize("outcome", LATE)
def test_a_turn_that_wakes_up_late_changes_nothing(outcome: Done | Again) -> None:
    rig, first = begun()
    handler = Scripted([while_asleep(rig, outcome)])
    rig.turns.run(first.message, first.id, handler)
    assert rig.host.waiting == []
    assert handler.ended == []
    rig.check_up()
    assert the_operation(rig).status is Status.SUCCEEDED


@pytest.mark.parametrize("outcome", LATE)
def test_a_turn_that_wakes_up_late_does_not_disturb_the_one_that_took_over(outcome: Done | Again) -> None:
    rig, first = begun()

    def act(_: Operation) -> Done | Again:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.step()
        return outcome

    handler = Scripted([act])
    rig.turns.run(first.message, first.id, handler)
    assert handler.ended == []
    assert the_operation(rig).status is Status.RUNNING
    assert len(rig.host.waiting) == 1
    rig.drain()
    rig.check_up()


def test_a_turn_that_wakes_up_while_its_message_is_at_work_again_changes_nothing() -> None:
    rig, first = begun()

    def act(_: Operation) -> Done | Again:
        rig.clock.advance(VISIBILITY_SECONDS)
        with pytest.raises(RuntimeError):
            rig.turns.run(first.message, first.id, Scripted(raising(RuntimeError("still at work"))))
        return Again(5, {"attempts": 7})

    rig.turns.run(first.message, first.id, Scripted([act]))
    assert rig.host.waiting == []
    assert the_operation(rig).attempts == 0


def test_a_turn_whose_progress_was_stored_and_whose_answer_was_lost_goes_on_at_once() -> None:
    rig, first = begun()

    def act(_: Operation) -> Done | Again:
        rig.wire.lose_answer("state.transact", ConflictError())
        return Again(5)

    rig.turns.run(first.message, first.id, Scripted([act]))
    assert [each.message.turn for each in rig.host.waiting] == [1]


def test_messages_of_an_operation_that_has_ended_are_dropped() -> None:
    rig, first = begun()
    rig.turns.run(first.message, first.id, Scripted(outcomes(Done())))
    before = the_operation(rig)
    rig.turns.run(first.message, first.id, Scripted([]))
    rig.turns.run(first.message.model_copy(update={"turn": 1}), "m", Scripted([]))
    assert the_operation(rig) == before


def test_an_end_whose_answer_was_lost_is_the_end() -> None:
    rig, first = begun()
    act = outcomes(Done())[0]

    def lose(operation: Operation) -> Done | Again:
        rig.wire.lose_answer("state.transact", ConflictError())
        return act(operation)

    rig.turns.run(first.message, first.id, Scripted([lose]))
    assert the_operation(rig).status is Status.SUCCEEDED


def test_a_permanent_error_ends_it_with_azures_code_and_a_way_out() -> None:
    rig, first = begun()
    rig.turns.run(first.message, first.id, Scripted(raising(PermanentError("Code", "what", "do this"))))
    ended = the_operation(rig)
    assert (ended.status, ended.final, ended.ended_at) == (Status.FAILED, True, rig.clock.now)
    assert ended.error == OperationError(code="Code", message="what", fix="do this")


def test_a_clean_up_comes_before_the_failure() -> None:
    rig, first = begun()
    handler = Scripted(raising(PermanentError("Code", "what", "do this")), cleanup=Again(7))
    rig.turns.run(first.message, first.id, handler)
    assert the_operation(rig).status is Status.RUNNING
    [delivery] = rig.host.waiting
    assert delivery.due == rig.clock.now + timedelta(seconds=7)


# trouble that passes


def test_temporary_errors_back_off_up_to_half_a_minute() -> None:
    rig = Rig()
    rig.put()
    delays = play(rig, Scripted(raising(*[TemporaryError("Busy", "busy", 0)] * 40)))
    assert delays == sorted(delays)
    assert delays[0] >= 1
    assert delays[-1] == MAX_BACKOFF_SECONDS
    assert the_operation(rig).attempts == 40


def test_azure_says_how_long_to_wait() -> None:
    rig = Rig()
    rig.put()
    assert play(rig, Scripted(raising(*[TemporaryError("TooManyRequests", "429", 120)] * 3))) == [120, 120]


def test_progress_starts_the_back_off_anew() -> None:
    rig = Rig()
    rig.put()
    busy = raising(*[TemporaryError("Busy", "busy", 0)] * 12)
    delays = play(rig, Scripted([*busy, *outcomes(Again(1)), *busy]))
    assert delays[0] == delays[13] < delays[11]


def test_a_table_that_is_away_in_the_middle_of_a_turn_is_temporary() -> None:
    rig, first = begun()
    rig.turns.run(first.message, first.id, Scripted(raising(DependencyError("Tables", "down", 9))))
    [delivery] = rig.host.waiting
    assert delivery.due == rig.clock.now + timedelta(seconds=9)
    assert the_operation(rig).attempts == 1


def test_lifecycle_work_is_given_up_with_its_last_obstacle() -> None:
    rig = Rig(timeout=600)
    rig.create()
    rig.put(sku="S1")
    rig.wire.refuse("azure.get", *[TemporaryError("Throttled", "too many requests", 5)] * 500)
    rig.drain()
    failed = rig.last(Kind.UPDATE_REGISTRY)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error.code == "OperationTimedOut"
    assert "Throttled" in failed.error.message
    assert failed.ended_at is not None
    assert 600 < (failed.ended_at - failed.created_at).total_seconds() < 700
    assert rig.registry().provisioning_state == "Failed"


def test_azure_that_never_gets_ready_is_the_reason_even_when_the_clean_up_fails_too() -> None:
    rig = Rig(looks=10_000, timeout=300)
    rig.put()
    rig.drain()
    failed = the_operation(rig)
    assert failed.error is not None
    assert failed.error.code == "OperationTimedOut"
    assert "Azure was still at work" in failed.error.message
    assert "Cleaning up failed too: OperationTimedOut" in failed.error.message


def test_a_users_change_is_tried_for_ever() -> None:
    rig = one_change()
    server = rig.registry().login_server
    assert server is not None
    rig.probe.failures[server] = Failure.CONNECTION
    rig.drain(5 * TIMEOUT_SECONDS)
    waiting = rig.last(Kind.PUT_USER)
    assert waiting.status is Status.RUNNING
    assert waiting.attempts > 100
    del rig.probe.failures[server]
    rig.drain()
    rig.check_up()


# tables that are away


@pytest.mark.parametrize("writes", range(1, 9))
def test_a_claimed_turn_whose_tables_go_away_for_long_is_never_poisoned(writes: int) -> None:
    rig = Rig(looks=1)
    rig.put()
    left = writes

    def go_away() -> None:
        nonlocal left
        left -= 1
        rig.state_table.down = left == 0
        if left:
            rig.wire.meanwhile("state.transact", go_away)

    rig.wire.meanwhile("state.transact", go_away)
    rig.drain(160, redeliver=True)  # by then the host has given the message up
    assert rig.state_table.down
    rig.state_table.down = False
    rig.drain(redeliver=True)
    rig.mend()
    rig.check_up()


@pytest.mark.parametrize("minutes", [1, 3, 10])
def test_a_create_outlives_tables_that_are_away_for(minutes: int) -> None:
    rig = Rig(looks=2)
    rig.put()
    rig.step()
    rig.state_table.down = True
    rig.drain(60 * minutes, redeliver=True)
    rig.state_table.down = False
    rig.drain(redeliver=True)
    rig.mend()
    rig.check_up()
