"""What failed or was canceled can be repeated: by a new operation, once, for what is wanted now."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError, ConflictError, DependencyError, PermanentError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.resources.resource import Type
from shared.services.reconciling.stale_operations import ORPHAN_AGE
from shared.services.requests import Caller
from tests.unit.services.operations.test_cancel import begin, cancel, started, up
from tests.unit.services.rig import ME, NAME, Rig

pytestmark = pytest.mark.usefixtures("one_thread")

NO = PermanentError("AzureSaysNo", "Azure's own words", "Azure's way out")
LIFECYCLE = [kind for kind in Kind if kind.is_lifecycle]
USERS = [Kind.PUT_USER, Kind.ROTATE_USER, Kind.DELETE_USER]
ALL = [*LIFECYCLE, *USERS]


def failed(kind: Kind) -> tuple[Rig, Operation]:
    """An operation of this kind that Azure has refused; it would not do so again."""
    rig, operation = started(kind)
    if kind.is_lifecycle:
        call = "restart" if kind is Kind.RESTART_REGISTRY else "delete" if kind.removes else "put"
        rig.azure.errors[call] = [NO]
    else:
        rig.wire.refuse("share.create", NO)
    rig.drain()
    ended = rig.operation(operation.id)
    assert ended.status is Status.FAILED
    return rig, ended


def canceled(kind: Kind) -> tuple[Rig, Operation]:
    rig, operation = started(kind)
    cancel(rig, operation)
    rig.drain()
    ended = rig.operation(operation.id)
    assert ended.status is Status.CANCELED
    return rig, ended


def retry(rig: Rig, operation: Operation, caller: Caller = ME) -> Operation:
    return rig.retry.start(operation.id, caller)


def refused(rig: Rig, operation: Operation, status: int, code: str) -> ApiError:
    """The answer to a retry that changes nothing."""
    before = dict(rig.state_table.rows[NAME])
    with pytest.raises(ApiError) as caught:
        retry(rig, operation)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.fix
    assert rig.state_table.rows[NAME] == before
    return caught.value


def expect_done(rig: Rig, kind: Kind) -> None:
    assert rig.unfinished() == []
    if kind is Kind.PURGE_REGISTRY:
        rig.check_gone()
        return
    if kind is Kind.DELETE_REGISTRY:
        rig.check_soft_deleted()
        return
    rig.check_up()
    there = {Kind.CREATE_REGISTRY: [], Kind.PUT_USER: ["alice", "bob"], Kind.DELETE_USER: []}
    assert rig.names_in_file() == there.get(kind, ["alice"])
    if kind is Kind.UPDATE_REGISTRY:
        assert (rig.registry().desired.sku, rig.registry().desired.tags) == ("S1", {"team": "x"})


# what a retry does


@pytest.mark.parametrize("kind", ALL)
def test_a_retry_of_what_failed_is_a_new_operation_that_succeeds(kind: Kind) -> None:
    rig, old = failed(kind)
    new = retry(rig, old)
    assert new.id != old.id
    assert (new.kind, new.user, new.status, new.retry_of) == (old.kind, old.user, Status.NOT_STARTED, old.id)
    rig.drain()
    assert rig.operation(new.id).status is Status.SUCCEEDED
    expect_done(rig, kind)


@pytest.mark.parametrize("kind", ALL)
def test_a_retry_does_not_touch_the_end_of_what_failed(kind: Kind) -> None:
    rig, old = failed(kind)
    new = retry(rig, old)
    rig.drain()
    assert rig.operation(old.id).change(etag=old.etag) == old.change(retried_by=new.id)


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_a_retry_of_what_was_canceled_does_what_it_was_for(kind: Kind) -> None:
    rig, old = canceled(kind)
    new = retry(rig, old)
    rig.drain()
    assert rig.operation(new.id).status is Status.SUCCEEDED
    expect_done(rig, kind)


@pytest.mark.parametrize("kind", ALL)
def test_a_retry_is_audited(kind: Kind) -> None:
    rig, old = failed(kind)
    new = retry(rig, old, Caller(actor="another", request_id="r2"))
    rows = rig.state_table.query(NAME, "audit:", "audit;")
    [entry] = [each for each in map(AuditEntry.from_row, rows) if each.operation_id == new.id]
    assert (entry.actor, entry.request_id, entry.action) == ("another", "r2", kind)


def test_a_retry_of_a_create_brings_what_is_wanted_now() -> None:
    rig, old = failed(Kind.CREATE_REGISTRY)
    rig.put_user("alice")
    rig.drain()
    retry(rig, old)
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ["alice"]


def test_a_retry_that_fails_can_be_retried_itself() -> None:
    rig, old = failed(Kind.CREATE_REGISTRY)
    second = retry(rig, old)
    rig.azure.errors["put"] = [NO]
    rig.drain()
    assert retry(rig, old).id == second.id
    third = retry(rig, second)
    rig.drain()
    assert (third.retry_of, rig.operation(third.id).status) == (second.id, Status.SUCCEEDED)
    rig.check_up()


def test_a_repair_of_the_file_can_be_retried() -> None:
    rig = up()
    rig.share().files.clear()
    rig.reconcile.run()
    rig.wire.refuse("share.create", NO)
    rig.drain()
    old = rig.last(Kind.REPAIR_HTPASSWD)
    assert old.status is Status.FAILED
    retry(rig, old)
    rig.drain()
    rig.check_up()


# the same request again


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("key", [None, "my-own-id"])
def test_a_retry_that_is_sent_again_is_the_same_operation(kind: Kind, key: str | None) -> None:
    rig, old = failed(kind)
    caller = Caller(actor="me", request_id="r1", operation_key=key, payload=b"POST retry")
    new = retry(rig, old, caller)
    assert new.id_key == key or key is None
    assert retry(rig, old, caller).id == retry(rig, old).id == new.id
    rig.drain()
    assert retry(rig, old, caller).id == retry(rig, old).id == new.id
    assert rig.unfinished() == []


def test_an_operation_id_of_another_request_is_refused() -> None:
    rig, old = failed(Kind.CREATE_REGISTRY)
    caller = Caller(actor="me", request_id="r1", operation_key="mine", payload=b"POST retry")
    retry(rig, old, caller)
    with pytest.raises(ApiError) as caught:
        retry(rig, old, replace(caller, payload=b"another"))
    assert (caught.value.status, caught.value.code) == (409, "OperationIdReused")


@pytest.mark.parametrize("kind", ALL)
def test_two_retries_at_the_same_time_are_one(kind: Kind) -> None:
    rig, old = failed(kind)
    others: list[Operation] = []
    rig.wire.meanwhile("state.transact", lambda: others.append(retry(rig, old)))
    assert retry(rig, old).id == others[0].id
    rig.drain()
    expect_done(rig, kind)


# what can't be retried


@pytest.mark.parametrize("kind", ALL)
def test_what_is_at_work_is_not_retried(kind: Kind) -> None:
    rig, operation = started(kind)
    assert "it is NotStarted" in refused(rig, operation, 409, "OperationNotRetryable").message
    if kind.is_lifecycle:
        rig.azure.errors["get"] = [DependencyError("ARM", "busy")] * 3
    else:
        rig.wire.refuse("share.create", DependencyError("Files", "busy"))
    rig.step()
    error = refused(rig, operation, 409, "OperationNotRetryable")
    assert "it is Running" in error.message
    assert "?wait=30" in error.fix


@pytest.mark.parametrize("kind", ALL)
def test_what_has_succeeded_is_not_retried(kind: Kind) -> None:
    rig, operation = started(kind)
    rig.drain()
    assert "it is Succeeded" in refused(rig, operation, 409, "OperationNotRetryable").message


@pytest.mark.parametrize("asked", [f"{NAME}.01ABC", "nobody.01ABC", "", "x" * 4000])
def test_what_is_not_there_is_404(asked: str) -> None:
    with pytest.raises(ApiError) as caught:
        up().retry.start(asked, ME)
    assert (caught.value.status, caught.value.code) == (404, "OperationNotFound")


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_while_something_else_is_at_work_nothing_is_retried(kind: Kind) -> None:
    rig, old = failed(kind)
    rig.put(sku="B2")
    [active] = rig.unfinished()
    assert active.id in refused(rig, old, 409, "OperationInProgress").message


@pytest.mark.parametrize("kind", USERS)
def test_while_the_registry_is_being_deleted_no_user_is_retried(kind: Kind) -> None:
    rig, old = failed(kind)
    rig.purge()
    refused(rig, old, 409, "OperationInProgress")


@pytest.mark.parametrize("kind", USERS)
def test_while_the_users_next_change_is_on_its_way_the_last_one_is_not_retried(kind: Kind) -> None:
    rig, old = failed(kind)
    again = rig.put_user(old.user or "", password="another-password-of-alice").operation
    assert again is not None
    assert again.id in refused(rig, old, 409, "OperationInProgress").message


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_a_failure_that_something_later_has_settled_is_not_retried(kind: Kind) -> None:
    rig, old = failed(kind)
    rig.put(sku="B2")
    rig.drain()
    later = rig.registry().last_operation or "none"
    error = refused(rig, old, 409, "OperationSuperseded")
    assert later in error.message
    assert later in error.fix
    rig.check_up()


@pytest.mark.parametrize("kind", USERS)
def test_a_users_failure_that_something_later_has_settled_is_not_retried(kind: Kind) -> None:
    rig, old = failed(kind)
    rig.put_user(old.user or "", password="another-password-of-alice")
    rig.drain()
    refused(rig, old, 409, "OperationSuperseded")


def test_a_user_that_is_gone_has_nothing_to_retry() -> None:
    rig, old = failed(Kind.PUT_USER)
    rig.delete_user("bob")
    rig.drain()
    error = refused(rig, old, 410, "UserDeleted")
    assert "/users/bob" in error.fix


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("later", [False, True], ids=["gone", "made anew"])
def test_a_registry_that_is_gone_has_nothing_to_retry(kind: Kind, later: bool) -> None:
    rig, old = failed(kind)
    rig.purge()
    rig.drain()
    if later:
        rig.create()
    error = refused(rig, old, 410, "RegistryDeleted")
    assert "has the name now" in error.fix if later else "PUT" in error.fix


# users of a create that failed


def test_a_user_that_waited_for_a_create_that_failed_can_be_retried_after_the_next_one() -> None:
    rig = Rig(looks=1)
    rig.azure.refusals[Type.SITE] = [NO]
    rig.put()
    rig.put_user("alice")
    rig.drain()
    user, create = rig.last(Kind.PUT_USER), rig.last(Kind.CREATE_REGISTRY)
    assert (user.status, create.status) == (Status.FAILED, Status.FAILED)
    early = retry(rig, user)
    rig.drain()
    error = rig.operation(early.id).error
    assert error is not None
    assert error.code == "RegistryNotProvisioned"
    retry(rig, create)
    rig.drain()
    late = retry(rig, early)
    rig.drain()
    assert rig.operation(late.id).status is Status.SUCCEEDED
    rig.check_up()


# processes that die, answers that are lost

STARTS: dict[str, Callable[[], tuple[Rig, Operation]]] = {
    **{f"failed {kind}": partial(failed, kind) for kind in ALL},
    **{f"canceled {kind}": partial(canceled, kind) for kind in LIFECYCLE},
}


@pytest.mark.parametrize("start", STARTS)
def test_a_retry_survives_a_process_that_dies_at_any_call(start: str) -> None:
    rig, old = STARTS[start]()
    rig.wire.calls.clear()
    retry(rig, old)
    rig.drain()
    for at in range(len(rig.wire.calls)):
        rig, old = STARTS[start]()
        with rig.dying(at):
            tell(rig, old)
        rig.host.waiting.clear()
        if NAME in rig.state_table.rows and "registry" in rig.state_table.rows[NAME]:
            retry(rig, old)
        rig.mend()
        rig.clock.advance(ORPHAN_AGE.total_seconds() + 1)
        rig.reconcile.run()
        expect_done(rig, old.kind)


def tell(rig: Rig, old: Operation) -> None:
    retry(rig, old)
    rig.drain()


@pytest.mark.parametrize("error", [ConflictError(), DependencyError("Tables", "no answer")])
@pytest.mark.parametrize("kind", ALL)
def test_a_retry_whose_answer_was_lost_is_one_operation(kind: Kind, error: Exception) -> None:
    rig, old = failed(kind)
    rig.wire.lose_answer("state.transact", error)
    new = retry(rig, old)
    assert [each.id for each in rig.unfinished()] == [new.id]
    rig.drain()
    expect_done(rig, kind)


@pytest.mark.parametrize("kind", LIFECYCLE)
def test_a_retry_can_be_canceled(kind: Kind) -> None:
    rig, old = canceled(kind)
    new = retry(rig, old)
    cancel(rig, new)
    rig.drain()
    assert rig.operation(new.id).status is Status.CANCELED
    begin(rig, kind)
    rig.drain()
    expect_done(rig, kind)
