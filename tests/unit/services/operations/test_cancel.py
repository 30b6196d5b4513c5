"""An operation can be canceled up to the last safe point, exactly: it goes back, or it says that it is too late."""

from functools import partial

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError, ConflictError, DependencyError, PermanentError, TemporaryError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.resources.resource import Ref, Type
from tests.unit.services.rig import ALWAYS, ME, NAME, STALE_SECONDS, Rig

pytestmark = pytest.mark.usefixtures("one_thread")

BUSY = TemporaryError("TooManyRequests", "429", 1)


def up() -> Rig:
    rig = Rig(looks=1)
    rig.create()
    rig.put_user("alice")
    rig.drain()
    return rig


def begin(rig: Rig, kind: Kind) -> Operation:
    """An operation of this kind that has not had a turn yet."""
    if kind is Kind.CREATE_REGISTRY:
        rig.put()
    elif kind is Kind.UPDATE_REGISTRY:
        rig.put(sku="S1", tags={"team": "x"})
    elif kind is Kind.PURGE_REGISTRY:
        rig.purge()
    elif kind is Kind.DELETE_REGISTRY:
        rig.delete()
    elif kind is Kind.RESTORE_REGISTRY:
        rig.restore()
    elif kind is Kind.RESTART_REGISTRY:
        rig.restart.start(NAME, ALWAYS, ME)
    elif kind is Kind.PUT_USER:
        rig.put_user("bob")
    elif kind is Kind.ROTATE_USER:
        rig.rotate("alice")
    elif kind is Kind.DELETE_USER:
        rig.delete_user("alice")
    return rig.last(kind)


def started(kind: Kind) -> tuple[Rig, Operation]:
    rig = Rig(looks=1) if kind is Kind.CREATE_REGISTRY else up()
    if kind is Kind.RESTORE_REGISTRY:
        rig.soft_deleted()
    rig.azure.calls.clear()
    return rig, begin(rig, kind)


def cancel(rig: Rig, operation: Operation) -> Operation:
    return rig.cancel.request(operation.id, ME)


def refused(rig: Rig, operation: Operation) -> ApiError:
    """The answer to a cancel that comes too late, and changes nothing."""
    before = dict(rig.state_table.rows[NAME])
    with pytest.raises(ApiError) as caught:
        cancel(rig, operation)
    assert (caught.value.status, caught.value.code) == (409, "OperationNotCancelable")
    assert operation.id in caught.value.message
    assert caught.value.fix
    assert rig.state_table.rows[NAME] == before
    return caught.value


def expect_back(rig: Rig, kind: Kind) -> None:
    """Canceled: nothing of it has happened, or all of it was taken back."""
    operation = rig.last(kind)
    assert operation.status is Status.CANCELED
    assert operation.error is not None
    assert operation.error.code == "OperationCanceled"
    assert f"POST /api/operations/{operation.id}/retry" in operation.error.fix
    assert not {step.status for step in operation.steps} & {Status.RUNNING, Status.FAILED}
    assert rig.unfinished() == []
    registry = rig.registry()
    assert registry.active_operation is None
    if kind is Kind.CREATE_REGISTRY:
        assert rig.azure.resources == {}
        assert (registry.provisioning_state, registry.provisioned) == ("Failed", False)
        assert (registry.login_server, registry.file_endpoint) == (None, None)
    else:
        assert rig.azure.calls == []
        assert (registry.desired.sku, registry.desired.tags) == ("B1", {})
        if kind is Kind.RESTORE_REGISTRY:
            rig.check_soft_deleted()
        else:
            rig.check_up()
        assert rig.names_in_file() == ["alice"]


def expect_done(rig: Rig, kind: Kind) -> None:
    assert rig.last(kind).status is Status.SUCCEEDED
    if kind is Kind.PURGE_REGISTRY:
        rig.check_gone()
    elif kind is Kind.DELETE_REGISTRY:
        rig.check_soft_deleted()
    else:
        rig.check_up()


LIFECYCLE = [kind for kind in Kind if kind.is_lifecycle]
USERS = [Kind.PUT_USER, Kind.ROTATE_USER, Kind.DELETE_USER]


# what has not begun


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_what_has_not_begun_is_canceled(kind: Kind) -> None:
    rig, operation = started(kind)
    asked = cancel(rig, operation)
    assert (asked.id, asked.status, asked.cancel_requested_at) == (
        operation.id,
        Status.NOT_STARTED,
        rig.clock.now,
    )
    rig.drain()
    expect_back(rig, kind)


@pytest.mark.parametrize("kind", USERS)
def test_a_users_change_is_never_canceled(kind: Kind) -> None:
    rig, operation = started(kind)
    error = refused(rig, operation)
    assert "the change is recorded" in error.message
    assert "/users/" in error.fix
    rig.drain()
    expect_done(rig, kind)


def test_a_repair_of_the_file_is_never_canceled() -> None:
    rig = up()
    rig.share().files.clear()
    rig.reconcile.run()
    assert "publishes the users as they are" in refused(rig, rig.last(Kind.REPAIR_HTPASSWD)).fix


# what is at work


@pytest.mark.parametrize("turns", range(1, 12))
def test_a_create_is_canceled_until_it_has_succeeded(turns: int) -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    for _ in range(turns):
        if not rig.last(Kind.CREATE_REGISTRY).final:
            rig.step()
    if rig.last(Kind.CREATE_REGISTRY).final:
        assert "it has ended: Succeeded" in refused(rig, operation).message
        return
    made = len(rig.azure.resources)
    assert made
    cancel(rig, operation)
    rig.drain()
    expect_back(rig, Kind.CREATE_REGISTRY)


@pytest.mark.parametrize("kind", [Kind.UPDATE_REGISTRY, Kind.PURGE_REGISTRY])
def test_what_has_looked_and_sent_nothing_is_canceled(kind: Kind) -> None:
    rig, operation = started(kind)
    rig.azure.errors["get"] = [BUSY] * 20
    for _ in range(2):
        rig.step()
    assert rig.operation(operation.id).status is Status.RUNNING
    cancel(rig, operation)
    rig.drain()
    expect_back(rig, kind)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.UPDATE_REGISTRY, "it has begun to change Azure"),
        (Kind.PURGE_REGISTRY, "it has begun to remove"),
    ],
)
def test_what_has_sent_something_goes_on(kind: Kind, said: str) -> None:
    rig, operation = started(kind)
    rig.azure.errors["put" if kind is Kind.UPDATE_REGISTRY else "delete"] = [BUSY]
    rig.step()
    assert not rig.operation(operation.id).final
    assert said in refused(rig, operation).message
    rig.drain()
    expect_done(rig, kind)


def test_a_create_that_takes_back_what_it_made_ends_as_the_failure_it_is() -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    rig.azure.refusals[Type.PLAN] = [PermanentError("QuotaExceeded", "no", "ask for more")]
    rig.step()
    assert rig.operation(operation.id).rolling_back
    assert "taking back" in refused(rig, operation).message
    rig.drain()
    assert rig.operation(operation.id).status is Status.FAILED


@pytest.mark.parametrize("kind", [*LIFECYCLE, *USERS])
def test_what_has_succeeded_is_not_canceled(kind: Kind) -> None:
    rig, operation = started(kind)
    rig.drain()
    assert "it has ended: Succeeded" in refused(rig, operation).message


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_what_has_failed_is_retried_not_canceled(kind: Kind) -> None:
    rig, operation = started(kind)
    rig.azure.errors["get"] = [PermanentError("Locked", "no", "unlock")]
    rig.drain()
    error = refused(rig, operation)
    assert "it has ended: Failed" in error.message
    assert f"/api/operations/{operation.id}/retry" in error.fix


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_a_cancel_can_be_sent_again(kind: Kind) -> None:
    rig, operation = started(kind)
    first = cancel(rig, operation)
    rig.clock.advance(1)
    assert cancel(rig, operation) == rig.operation(first.id)
    rig.drain()
    before = dict(rig.state_table.rows[NAME])
    assert cancel(rig, operation).status is Status.CANCELED
    assert rig.state_table.rows[NAME] == before
    [entry] = [each for each in audit(rig) if each.action == "CancelOperation"]
    assert (entry.actor, entry.target, entry.operation_id) == (ME.actor, NAME, operation.id)


def audit(rig: Rig) -> list[AuditEntry]:
    return [AuditEntry.from_row(row) for row in rig.state_table.query(NAME, "audit:", "audit;")]


@pytest.mark.parametrize("asked", [f"{NAME}.01ABC", "nobody.01ABC", "", "x" * 4000])
def test_what_is_not_there_is_404(asked: str) -> None:
    with pytest.raises(ApiError) as caught:
        up().cancel.request(asked, ME)
    assert (caught.value.status, caught.value.code) == (404, "OperationNotFound")


# what it leaves


def test_users_of_a_canceled_create_wait_for_the_next_one() -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    rig.put_user("alice")
    for _ in range(4):
        rig.step()
    cancel(rig, operation)
    rig.drain()
    expect_back(rig, Kind.CREATE_REGISTRY)
    waiting = rig.last(Kind.PUT_USER)
    assert waiting.error is not None
    assert waiting.error.code == "RegistryNotProvisioned"
    rig.put()
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ["alice"]


def test_a_canceled_delete_gives_the_registry_back() -> None:
    rig, operation = started(Kind.PURGE_REGISTRY)
    with pytest.raises(ApiError):
        rig.put_user("bob")
    cancel(rig, operation)
    rig.drain()
    rig.put_user("bob")
    rig.drain()
    rig.check_up()


def test_a_canceled_delete_of_a_create_that_failed_is_still_a_create_that_failed() -> None:
    rig, _ = started(Kind.CREATE_REGISTRY)
    rig.azure.refusals[Type.SITE] = [PermanentError("No", "no", "no")]
    rig.drain()
    cancel(rig, begin(rig, Kind.PURGE_REGISTRY))
    rig.drain()
    assert rig.last(Kind.PURGE_REGISTRY).status is Status.CANCELED
    assert rig.registry().provisioning_state == "Failed"
    rig.put()
    rig.drain()
    rig.check_up()


def test_a_cancel_that_can_not_take_back_what_was_made_fails_and_says_both() -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    rig.step()
    cancel(rig, operation)
    rig.azure.errors["delete"] = [PermanentError("ScopeLocked", "a lock", "remove the lock")]
    rig.drain()
    ended = rig.operation(operation.id)
    assert ended.status is Status.FAILED
    assert ended.error is not None
    assert ended.error.code == "OperationCanceled"
    assert "ScopeLocked" in ended.error.message
    assert "remove the lock" in ended.error.fix
    rig.purge()
    rig.drain()
    rig.check_gone()


def test_a_cancel_waits_for_no_back_off() -> None:
    rig, operation = started(Kind.UPDATE_REGISTRY)
    rig.azure.errors["get"] = [TemporaryError("TooManyRequests", "429", 900)] * 20
    rig.step()
    cancel(rig, operation)
    rig.drain(1)
    expect_back(rig, Kind.UPDATE_REGISTRY)
    rig.drain()  # the message that was to wait for 15 minutes
    expect_back(rig, Kind.UPDATE_REGISTRY)


# at the same time as a turn


def calls(kind: Kind) -> int:
    rig, _ = started(kind)
    rig.wire.calls.clear()
    rig.drain()
    return len(rig.wire.calls)


def ask(rig: Rig, operation: Operation, answers: list[Operation | ApiError]) -> None:
    try:
        answers.append(cancel(rig, operation))
    except ApiError as error:
        answers.append(error)


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_whoever_cancels_between_any_two_calls_is_told_the_truth(kind: Kind) -> None:
    accepted = 0
    for at in range(calls(kind)):
        rig, operation = started(kind)
        answers: list[Operation | ApiError] = []
        rig.wire.interrupt(at, partial(ask, rig, operation, answers))
        rig.drain()
        [answer] = answers
        if isinstance(answer, Operation):
            accepted += 1
            expect_back(rig, kind)
        else:
            expect_done(rig, kind)
    assert accepted, "it was never in time"


def removed_by_somebody() -> tuple[Rig, Operation]:
    """A delete that finds nothing left to remove but its own rows."""
    rig, operation = started(Kind.PURGE_REGISTRY)
    rig.azure.resources.clear()
    rig.wire.calls.clear()
    return rig, operation


def test_a_delete_that_has_only_rows_left_to_remove_tells_the_truth_too() -> None:
    rig, operation = removed_by_somebody()
    rig.drain()
    ends = set()
    for at in range(len(rig.wire.calls)):
        rig, operation = removed_by_somebody()
        answers: list[Operation | ApiError] = []
        rig.wire.interrupt(at, partial(ask, rig, operation, answers))
        rig.drain()
        status = rig.operation(operation.id).status
        ends.add(status)
        assert isinstance(answers[0], Operation) == (status is Status.CANCELED)
        if status is Status.CANCELED:
            assert [user.username for user in rig.state.users(NAME)] == ["alice"]
        else:
            rig.check_gone()
    assert ends == {Status.CANCELED, Status.SUCCEEDED}


def test_a_cancel_starts_no_second_turn_beside_the_one_at_work() -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    waiting: list[int] = []

    def ask_and_look() -> None:
        cancel(rig, operation)
        waiting.append(len(rig.host.waiting))

    rig.wire.meanwhile("azure.put", ask_and_look)
    rig.drain()
    assert waiting == [0]
    expect_back(rig, Kind.CREATE_REGISTRY)


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_a_cancel_between_any_two_calls_costs_no_minute(kind: Kind) -> None:
    for at in range(calls(kind)):
        rig, operation = started(kind)
        begun = rig.clock.now
        rig.wire.interrupt(at, partial(ask, rig, operation, []))
        rig.drain()
        ended = rig.operation(operation.id).ended_at
        assert ended is not None
        assert (ended - begun).total_seconds() < STALE_SECONDS, at


# processes that die, answers that are lost


@pytest.mark.parametrize("kind", LIFECYCLE)
@pytest.mark.parametrize("turns", [0, 1])
def test_a_cancel_survives_a_process_that_dies_at_any_call(kind: Kind, turns: int) -> None:
    def begun() -> tuple[Rig, Operation]:
        rig, operation = started(kind)
        if turns:
            rig.azure.errors["put" if kind is Kind.CREATE_REGISTRY else "get"] = [BUSY] * 2
            rig.step()
        return rig, operation

    rig, operation = begun()
    rig.wire.calls.clear()
    cancel(rig, operation)
    rig.drain()
    for at in range(len(rig.wire.calls)):
        rig, operation = begun()
        with rig.dying(at):
            tell(rig, operation)
        rig.host.waiting.clear()
        cancel(rig, operation)
        rig.mend()
        expect_back(rig, kind)


def tell(rig: Rig, operation: Operation) -> None:
    cancel(rig, operation)
    rig.drain()


@pytest.mark.parametrize("error", [ConflictError(), DependencyError("Tables", "no answer")])
def test_a_cancel_whose_answer_was_lost_is_recorded_once(error: Exception) -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    rig.wire.lose_answer("state.transact", error)
    assert cancel(rig, operation).cancel_requested_at
    rig.drain()
    expect_back(rig, Kind.CREATE_REGISTRY)
    assert len([each for each in audit(rig) if each.action == "CancelOperation"]) == 1


def test_a_cancel_whose_message_is_lost_costs_a_minute() -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    rig.host.waiting.clear()
    rig.lifecycle_queue.down = True
    cancel(rig, operation)
    rig.lifecycle_queue.down = False
    rig.mend()
    expect_back(rig, Kind.CREATE_REGISTRY)


def test_a_turn_that_is_overtaken_sends_nothing_any_more() -> None:
    rig, operation = started(Kind.UPDATE_REGISTRY)

    def asleep() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.drain()
        rig.azure.calls.clear()
        rig.azure.resources[Ref(Type.PLAN, rig.registry().names.plan)]["sku"] = {"name": "B1"}

    rig.wire.meanwhile("azure.get", asleep)
    rig.deliver(rig.host.waiting.pop())
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    assert rig.azure.calls == []


def test_a_canceled_create_that_fails_again_and_again_says_both() -> None:
    rig, operation = started(Kind.CREATE_REGISTRY)
    rig.step()
    cancel(rig, operation)
    rig.step()
    rig.wire.refuse("azure.delete", *[RuntimeError("a bug")] * 100)
    rig.drain(redeliver=True)
    ended = rig.operation(operation.id)
    assert (ended.status, ended.error and ended.error.code) == (Status.FAILED, "OperationCanceled")
    assert ended.error is not None
    assert "InternalError" in ended.error.message


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_messages_that_come_three_times_cancel_once(kind: Kind) -> None:
    rig, operation = started(kind)
    cancel(rig, operation)
    while rig.host.waiting:
        delivery = rig.host.waiting.pop(0)
        rig.clock.now = max(rig.clock.now, delivery.due)
        for _ in range(3):
            rig.deliver(delivery)
    expect_back(rig, kind)
