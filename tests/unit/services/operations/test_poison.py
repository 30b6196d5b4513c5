"""What fails again and again ends with a reason, or says why it does not move; it is never forgotten."""

from collections.abc import Callable

import pytest

from shared.domain.operations import Kind, Operation, OperationError, Status
from shared.domain.records import Row, Upsert
from tests.unit.services.host import Delivery
from tests.unit.services.rig import HIDDEN_SECONDS, MAX_DEQUEUE, NAME, STALE_SECONDS, VISIBILITY_SECONDS, Rig


def bugs(number: int) -> list[BaseException]:
    return [RuntimeError("a bug")] * number


def one_change() -> Rig:
    rig = Rig()
    rig.create()
    rig.put_user("alice")
    return rig


def begun() -> tuple[Rig, Delivery]:
    """A create whose first turn has been claimed and has not come back, and its message."""
    rig = Rig(looks=1)
    rig.put()
    delivery = rig.host.waiting.pop()
    rig.wire.refuse("azure.get", *bugs(2))
    with pytest.raises(RuntimeError):
        rig.deliver(delivery)
    return rig, delivery


def the_operation(rig: Rig) -> Operation:
    [operation] = rig.all_operations()
    return operation


def error_of(operation: Operation) -> OperationError:
    assert operation.status is Status.FAILED
    assert operation.error is not None
    return operation.error


# lifecycle operations end


def test_a_create_that_fails_again_and_again_ends_with_a_reason() -> None:
    rig = Rig()
    rig.put()
    rig.wire.refuse("azure.get", *bugs(100))
    rig.drain(redeliver=True)
    error = error_of(the_operation(rig))
    assert error.code == "InternalError"
    assert the_operation(rig).id in error.fix
    assert rig.registry().provisioning_state == "Failed"
    assert rig.registry().active_operation is None


def test_a_create_that_fails_again_and_again_takes_back_what_it_made() -> None:
    rig = Rig()
    rig.put()
    rig.wire.refuse("share.create", *bugs(MAX_DEQUEUE + 1))
    rig.drain(redeliver=True)
    assert error_of(the_operation(rig)).code == "InternalError"
    assert rig.resources() == set()


@pytest.mark.parametrize(
    ("act", "kind"),
    [(lambda rig: rig.put(sku="S1"), Kind.UPDATE_REGISTRY), (Rig.purge, Kind.PURGE_REGISTRY)],
)
def test_an_update_or_a_delete_that_fails_again_and_again_ends_and_can_be_repeated(
    act: Callable[[Rig], object], kind: Kind
) -> None:
    rig = Rig()
    rig.create()
    act(rig)
    rig.wire.refuse("azure.get", *bugs(100))
    rig.drain(redeliver=True)
    assert error_of(rig.last(kind)).code == "InternalError"
    assert rig.registry().active_operation is None
    rig.wire.forgive("azure.get")
    act(rig)
    rig.drain()
    assert rig.last(kind).status is Status.SUCCEEDED


# a user's change is kept


def test_a_users_change_that_fails_again_and_again_is_taken_up_by_reconcile() -> None:
    rig = one_change()
    rig.wire.refuse("share.create", *bugs(2 * MAX_DEQUEUE + 1))
    rig.drain(redeliver=True)
    for _ in range(2):
        assert rig.last(Kind.PUT_USER).status is Status.RUNNING
        rig.clock.advance(STALE_SECONDS + 1)
        assert rig.reconcile.run() == 1
        rig.drain(redeliver=True)
    rig.check_up()


def test_a_users_change_that_fails_again_and_again_says_so_until_it_moves() -> None:
    rig = one_change()
    rig.wire.refuse("share.create", *bugs(MAX_DEQUEUE))
    rig.drain(redeliver=True)
    stuck = rig.last(Kind.PUT_USER)
    assert stuck.obstacle is not None
    assert (stuck.obstacle.code, stuck.status, stuck.error) == ("InternalError", Status.RUNNING, None)
    assert stuck.id in stuck.obstacle.fix
    rig.mend()
    assert rig.last(Kind.PUT_USER).obstacle is None
    rig.check_up()


@pytest.mark.parametrize("act", [Rig.put_user, Rig.delete_user])
def test_no_users_change_is_ever_given_up(act: Callable[[Rig, str], object]) -> None:
    rig = one_change()
    rig.drain()
    act(rig, "alice" if act is Rig.delete_user else "bob")
    rig.wire.refuse("share.create", *bugs(10 * MAX_DEQUEUE))
    for _ in range(10):
        rig.drain(redeliver=True)
        assert len(rig.unfinished()) == 1
        rig.clock.advance(STALE_SECONDS + 1)
        assert rig.reconcile.run() == 1
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ([] if act is Rig.delete_user else ["alice", "bob"])


# never over an end, never over somebody else's turn


@pytest.mark.parametrize("lifecycle", [True, False])
def test_a_poisoned_message_never_changes_an_end(lifecycle: bool, caplog: pytest.LogCaptureFixture) -> None:
    rig = one_change()
    rig.drain()
    before = rig.all_operations()
    [message] = [each.message for each in rig.host.history if each.lifecycle is lifecycle]
    rig.end_poisoned(message, lifecycle=lifecycle)
    assert rig.all_operations() == before
    assert f"and has ended all the same operation={message.operation_id} " in caplog.text


def test_a_poisoned_message_that_others_have_overtaken_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    rig, first = begun()
    rig.wire.forgive("azure.get")
    rig.clock.advance(STALE_SECONDS + 1)
    rig.reconcile.run()
    rig.step()
    rig.end_poisoned(first.message)
    assert the_operation(rig).status is Status.RUNNING
    assert "has been overtaken" in caplog.text
    rig.drain()
    rig.check_up()


def test_a_message_that_never_got_its_turn_is_reported_and_reconcile_sends_another(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig()
    rig.put()
    rig.end_poisoned(rig.host.waiting.pop().message)
    assert f"or has been overtaken operation={the_operation(rig).id} turn=1 " in caplog.text
    rig.mend()
    rig.check_up()


def test_a_users_change_that_moves_again_shows_no_obstacle() -> None:
    rig = one_change()
    [delivery] = rig.host.waiting
    rig.wire.refuse("share.create", *bugs(1))
    with pytest.raises(RuntimeError):
        rig.deliver(delivery)

    def reconcile_was_faster() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.drain()

    rig.wire.meanwhile("state.transact", reconcile_was_faster)
    rig.end_poisoned(delivery.message, lifecycle=False)
    rig.check_up()
    assert rig.last(Kind.PUT_USER).obstacle is None


# messages that say nothing


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "for operation (none named): Message can't be read by this release: json_invalid"),
        (b"\xff\xfe", "(none named)"),
        (b'{"version": 2, "operationId": "demo.01JD", "turn": 0}', "for operation demo.01JD: Message"),
        (b'{"version": 2, "operationId": "demo.01JD", "turn": 0}', "version literal_error"),
        (b'{"version": 1, "operationId": "demo.01JD", "turn": -1}', "turn greater_than_equal"),
        (b'{"version": 1, "operationId": "demo.01JD", "turn": 0, "password": "hush"}', "extra_forbidden"),
        (b'{"version": 1, "operationId": "demo.01JD", "turn": 0}', "there is no operation demo.01JD"),
        (b'{"version": 1, "operationId": "no id at all", "turn": 0}', "there is no operation no id at all"),
    ],
)
def test_a_message_that_can_not_be_acted_on_is_an_error_in_the_log_and_nothing_else(
    body: bytes, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig()
    rig.poison.end(body, "m-1, put aside at noon", rig.provisioning)
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert "m-1, put aside at noon" in record.getMessage()
    assert said in record.getMessage()
    assert "hush" not in caplog.text


def test_an_operation_of_another_release_is_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    rig, first = begun()
    row = the_operation(rig).to_row()
    rig.state_table.transact(NAME, [Upsert(Row(row.key, {**row.values, "kind": "InventedLater"}))])
    rig.end_poisoned(first.message)
    assert f"for operation {first.message.operation_id}: Operation can't be read" in caplog.text
    assert "kind enum" in caplog.text


# the poison function fails too


@pytest.mark.parametrize("users", [False, True], ids=["a create", "a user's change"])
def test_an_operation_whose_poison_function_fails_as_well_is_not_lost(
    users: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = one_change() if users else Rig()
    if not users:
        rig.put()
    rig.wire.refuse("share.create", *bugs(MAX_DEQUEUE))
    poison = rig.host.poison

    def just_when_the_tables_go_away(failed: Delivery) -> None:
        poison(failed)
        rig.state_table.down = True

    monkeypatch.setattr(rig.host, "poison", just_when_the_tables_go_away)
    rig.drain(MAX_DEQUEUE * (VISIBILITY_SECONDS + HIDDEN_SECONDS), redeliver=True)
    assert rig.state_table.down
    assert rig.host.waiting == []  # the host has given up on the poison message as well
    rig.state_table.down = False
    rig.mend()
    rig.check_up()


def test_messages_of_another_version_end_with_the_operation_they_were_for() -> None:
    rig = Rig()
    rig.put()
    message = rig.host.waiting.pop().message
    text = message.encode().replace('"version":1', '"version":7')
    rig.poison.end(text.encode(), "m-1", rig.provisioning)
    rig.mend()
    rig.check_up()
