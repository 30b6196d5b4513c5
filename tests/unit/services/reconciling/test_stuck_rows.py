"""Rows that wait for an operation that has ended or was never there are mended, and those that rightly wait are not."""

import pytest

from shared.domain.operations import Kind, Status, operation_key
from shared.domain.records import Delete, Upsert
from shared.domain.registries.registry import ProvisioningState
from shared.domain.users.user import user_key
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import NAME, STALE_SECONDS, Rig, up


@pytest.fixture
def rig() -> Rig:
    """A registry with two users."""
    return up("alice", "bob")


def has_row(rig: Rig, username: str) -> bool:
    return user_key(username) in rig.state_table.rows[NAME]


@pytest.mark.parametrize(
    ("end", "state"),
    [(Status.SUCCEEDED, "Succeeded"), (Status.FAILED, "Failed"), (Status.CANCELED, "Failed")],
)
def test_a_registry_that_waits_for_an_operation_that_has_ended_is_freed(
    rig: Rig, end: Status, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    rig.put(sku="S1")
    operation = rig.last(Kind.UPDATE_REGISTRY)
    rig.state_table.transact(NAME, [Upsert(operation.ended(end, rig.clock.now).to_row())])
    rig.reconcile.run()
    assert rig.registry().active_operation is None
    assert rig.registry().provisioning_state == state
    assert operation.id in caplog.text
    rig.put(sku="B2")
    rig.drain()
    rig.check_up()


def test_a_registry_that_waits_for_an_operation_that_is_not_there_is_freed(rig: Rig) -> None:
    rig.purge()
    operation = rig.last(Kind.PURGE_REGISTRY)
    rig.host.waiting.clear()
    rig.state_table.transact(NAME, [Delete(operation_key(operation.id_key))])
    rig.reconcile.run()
    assert rig.registry().provisioning_state is ProvisioningState.FAILED
    rig.purge()
    rig.drain()
    rig.check_gone()


def test_one_that_is_at_work_is_left_alone(rig: Rig) -> None:
    rig.put(sku="S1")
    rig.reconcile.run()
    assert rig.registry().active_operation
    rig.drain()
    rig.check_up()


def test_an_operation_that_ends_during_the_run_leaves_nothing_to_free(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.put(sku="S1")
    rig.wire.meanwhile("state.get", rig.drain)
    rig.reconcile.run()
    assert "waited for operation" not in caplog.text
    rig.check_up()


@pytest.mark.parametrize("is_there", [True, False])
def test_the_row_of_a_deleted_user_goes_when_its_operation_never_will(rig: Rig, is_there: bool) -> None:
    rig.probe.stale.add(rig.login_server)
    operation = rig.delete_user("alice")
    assert operation
    rig.drain(30)
    assert has_row(rig, "alice")
    present = rig.operation(operation.id)
    ended = Upsert(present.ended(Status.FAILED, rig.clock.now).to_row())
    rig.state_table.transact(NAME, [ended if is_there else Delete(operation_key(present.id_key))])
    rig.reconcile.run()
    assert not has_row(rig, "alice")
    assert rig.names_in_file() == ["bob"]


def test_the_row_of_a_deleted_user_waits_for_its_proof(rig: Rig) -> None:
    rig.probe.stale.add(rig.login_server)
    rig.delete_user("alice")
    rig.drain(30)
    rig.reconcile.run()
    assert has_row(rig, "alice")
    rig.probe.stale.clear()
    rig.drain()
    assert not has_row(rig, "alice")


def test_the_row_of_a_deleted_user_that_is_still_in_the_file_waits(rig: Rig) -> None:
    operation = rig.delete_user("alice")
    assert operation
    rig.host.waiting.clear()
    present = rig.operation(operation.id)
    rig.state_table.transact(NAME, [Upsert(present.ended(Status.FAILED, rig.clock.now).to_row())])
    rig.reconcile.run()
    assert has_row(rig, "alice"), "nothing has been published yet"
    rig.drain()
    rig.reconcile.run()
    assert not has_row(rig, "alice")
    rig.check_up()


@pytest.mark.parametrize("reborn", [False, True])
def test_operations_of_a_registry_that_is_gone_end_with_a_reason(reborn: bool) -> None:
    rig = Rig()
    rig.put()
    rig.put_user("alice", password_hash=HASH)
    rig.host.waiting.clear()
    left = rig.unfinished()
    assert len(left) == 2
    for key in ("registry", "htpasswd", user_key("alice")):
        rig.state_table.transact(NAME, [Delete(key)])
    if reborn:
        rig.create()
    rig.clock.advance(STALE_SECONDS + 1)
    rig.reconcile.run()
    for operation in (rig.operation(each.id) for each in left):
        assert operation.status is Status.FAILED
        assert operation.error
        assert operation.error.code == "RegistryDeleted"
    assert [each for each in rig.unfinished() if each.id in {each.id for each in left}] == []


def test_while_operations_wait_the_name_stays_in_the_index() -> None:
    rig = Rig()
    rig.put()
    operation = rig.last(Kind.CREATE_REGISTRY)
    rig.clock.advance(3600)
    waits = operation.change(deadline=rig.clock.now)
    rig.state_table.transact(NAME, [Upsert(waits.to_row()), Delete("registry"), Delete("htpasswd")])
    rig.reconcile.run()
    assert rig.index_names() == [NAME], "nobody would ever look at its operation again"
    rig.clock.advance(1)
    rig.reconcile.run()
    rig.reconcile.run()
    assert rig.index_names() == []
    assert rig.unfinished() == []
