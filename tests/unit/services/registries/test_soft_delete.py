"""What somebody sees who deletes a registry, and who wants it back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import ApiError, PermanentError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.registries.registry import ProvisioningState, RegistryFilter
from shared.domain.resources.resource import Ref, Type
from shared.services.registries.soft_delete import Removed
from shared.services.requests import Precondition
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import ALWAYS, ME, NAME, POLICY, Rig, refusal

MINE = replace(ME, operation_key="my-id", payload=b"DELETE demo")
KEPT = timedelta(days=POLICY.soft_delete_days)
NO = PermanentError("ScopeLocked", "a lock", "remove the lock")


@pytest.fixture
def rig() -> Rig:
    """A registry that is up, with two users."""
    rig = Rig()
    rig.create(tags={"team": "x"})
    rig.put_user("alice", password_hash=HASH)
    rig.put_user("bob", password_hash=HASH)
    rig.drain()
    return rig


@pytest.fixture
def gone(rig: Rig) -> Rig:
    """The same, soft-deleted."""
    rig.sweep()
    rig.soft_deleted()
    return rig


def removed(rig: Rig) -> Removed:
    answer = rig.delete()
    assert answer
    return answer


def identity(operation: Operation | None) -> str | None:
    return operation.id if operation else None


def ended(rig: Rig, kind: Kind) -> tuple[str, str]:
    """How the youngest operation of this kind ended, and what the registry shows."""
    assert rig.unfinished() == []
    return rig.last(kind).status.value, rig.registry().provisioning_state.value


def listed(rig: Rig, *, deleted: bool = False) -> list[str]:
    state = ProvisioningState.SOFT_DELETED if deleted else None
    return [answer.registry.name for answer in rig.registries.list("", 100, wanted=RegistryFilter(state))]


# deleting


def test_a_delete_takes_away_what_serves_and_keeps_images_and_users(rig: Rig) -> None:
    before, now = rig.registry(), rig.clock.now
    answer = removed(rig)
    assert answer.operation
    assert (answer.operation.kind, answer.purge_on) == (Kind.DELETE_REGISTRY, now + KEPT)
    assert rig.registry().provisioning_state == "Deleting"
    rig.drain()
    rig.check_soft_deleted()
    after = rig.registry()
    assert (after.deleted_on, after.purge_on) == (now, now + KEPT)
    assert (after.uid, after.names, after.login_server) == (before.uid, before.names, before.login_server)
    assert rig.names_in_file() == ["alice", "bob"]
    assert rig.last(Kind.DELETE_REGISTRY).result == {"purgeOn": "2026-01-15T00:00:00.000Z"}


def test_a_repeat_of_a_delete_finds_the_same_work_and_then_the_same_date(rig: Rig) -> None:
    first = removed(rig)
    again = removed(rig)
    assert (identity(again.operation), again.purge_on) == (identity(first.operation), first.purge_on)
    rig.drain()
    rig.clock.advance(86400)
    assert removed(rig) == Removed(NAME, None, first.purge_on)
    assert rig.delete("other") is None


def test_a_delete_with_an_operation_id_is_one_delete(rig: Rig) -> None:
    first = rig.delete(caller=MINE)
    rig.drain()
    again = rig.delete(caller=MINE)
    assert first
    assert again
    assert (identity(again.operation), again.purge_on) == (f"{NAME}.my-id", first.purge_on)
    rig.restore()
    rig.drain()
    restored = rig.delete(caller=MINE)
    assert restored
    assert (identity(restored.operation), restored.purge_on) == (f"{NAME}.my-id", None)
    assert rig.registry().provisioning_state == "Succeeded"


def test_a_registry_that_never_came_up_has_nothing_to_keep() -> None:
    rig = Rig()
    rig.azure.refusals[Type.SITE] = [NO]
    rig.put()
    rig.drain()
    answer = removed(rig)
    assert answer.operation
    assert (answer.operation.kind, answer.purge_on) == (Kind.PURGE_REGISTRY, None)
    rig.drain()
    rig.check_gone()


def test_a_plan_that_somebody_else_uses_stays() -> None:
    rig = Rig()
    rig.create()
    names = rig.registry().names
    plan, theirs = Ref(Type.PLAN, names.plan), Ref(Type.SITE, "theirs")
    own = rig.azure.resources[Ref(Type.SITE, names.site)]
    rig.azure.resources[theirs] = {**own, "name": "theirs", "tags": {}}
    rig.delete()
    rig.drain()
    assert ended(rig, Kind.DELETE_REGISTRY) == ("Succeeded", "SoftDeleted")
    assert {plan, theirs} <= rig.resources()
    rig.restore()
    rig.drain()
    rig.check_up()


def test_work_that_is_under_way_is_in_the_way_of_other_work(rig: Rig) -> None:
    def in_progress(act: Callable[[], object], kind: Kind) -> None:
        error = refusal(act)
        assert (error.status, error.code, error.target) == (409, "OperationInProgress", rig.last(kind).id)

    rig.put(sku="S1")
    in_progress(rig.delete, Kind.UPDATE_REGISTRY)
    rig.drain()
    rig.delete()
    in_progress(rig.purge, Kind.DELETE_REGISTRY)
    in_progress(rig.restore, Kind.DELETE_REGISTRY)
    in_progress(rig.put, Kind.DELETE_REGISTRY)
    in_progress(lambda: rig.put_user("carl"), Kind.DELETE_REGISTRY)
    rig.drain()
    rig.restore()
    in_progress(rig.delete, Kind.RESTORE_REGISTRY)
    in_progress(rig.purge, Kind.RESTORE_REGISTRY)
    in_progress(lambda: rig.put(sku="B2"), Kind.RESTORE_REGISTRY)
    rig.drain()
    rig.purge()
    in_progress(rig.restore, Kind.PURGE_REGISTRY)
    under_way = removed(rig)
    assert (identity(under_way.operation), under_way.purge_on) == (rig.last(Kind.PURGE_REGISTRY).id, None)


def test_a_delete_that_azure_refuses_leaves_a_registry_that_can_be_repaired(rig: Rig) -> None:
    rig.azure.errors["delete"] = [NO]
    rig.delete()
    rig.drain()
    assert ended(rig, Kind.DELETE_REGISTRY) == ("Failed", "Failed")
    assert (rig.registry().deleted_on, rig.registry().purge_on) == (None, None)
    rig.put()
    rig.drain()
    rig.check_up()


# what is soft-deleted


def test_a_deleted_registry_is_shown_with_its_date_and_without_a_verdict(gone: Rig) -> None:
    answer = gone.registries.get(NAME)
    assert answer.registry.is_soft_deleted
    assert (answer.operation, answer.verdict, answer.drift) == (None, None, None)


def test_a_deleted_registry_is_in_the_list_of_those_alone(gone: Rig) -> None:
    for number in range(30):
        gone.create(f"other{number:02}")
    others = [f"other{number:02}" for number in range(30)]
    assert listed(gone) == others
    assert listed(gone, deleted=True) == [NAME]
    first = gone.registries.list("", 7)
    assert [each.registry.name for each in first] == others[:7]
    assert [each.registry.name for each in gone.registries.list(others[6], 7)] == others[7:14]


@pytest.mark.parametrize(
    "act",
    [
        lambda rig: rig.put(),
        lambda rig: rig.put(tags={"team": "x"}),
        lambda rig: rig.put(sku="S1"),
        lambda rig: rig.registries.put(NAME, POLICY, Precondition(create_only=True), ME),
        lambda rig: rig.put_user("carl"),
        lambda rig: rig.put_user("alice", password_hash="$2b$05$" + "b" * 53),
        lambda rig: rig.rotate("alice"),
    ],
)
def test_what_needs_a_site_is_refused_with_both_ways_out(gone: Rig, act: Callable[[Rig], object]) -> None:
    before = dict(gone.state_table.rows[NAME])
    error = refusal(lambda: act(gone))
    assert (error.status, error.code, error.target) == (409, "RegistrySoftDeleted", NAME)
    assert "2026-01-15 00:00 UTC" in error.message
    assert f"POST /api/registries/{NAME}/restore" in error.fix
    assert f"DELETE /api/registries/{NAME}?purge=true&confirm={NAME}" in error.fix
    assert gone.state_table.rows[NAME] == before


def test_a_user_can_be_revoked_there_and_stays_out_after_a_restore(gone: Rig) -> None:
    operation = gone.delete_user("alice")
    assert operation
    gone.drain()
    done = gone.operation(operation.id)
    assert (done.status, done.result) == (Status.SUCCEEDED, {"proof": "file"})
    assert gone.names_in_file() == ["bob"]
    gone.check_soft_deleted()
    gone.restore()
    gone.drain()
    gone.check_up()
    assert gone.names_in_file() == ["bob"]


def test_a_revocation_there_is_not_done_before_the_live_file_has_it(gone: Rig) -> None:
    operation = gone.delete_user("alice")
    assert operation
    old = dict(gone.share().files)

    def put_back() -> None:
        gone.share().files = dict(old)

    gone.wire.meanwhile("share.read", put_back)  # after the publication, before anybody looks at the file
    gone.drain()
    assert gone.operation(operation.id).result == {"proof": "file"}
    assert gone.names_in_file() == ["bob"]
    gone.check_soft_deleted()


def test_a_change_that_waits_for_its_proof_when_the_site_goes_ends_with_the_file(rig: Rig) -> None:
    rig.rotate("alice")
    rig.delete()
    rig.drain()
    assert rig.last(Kind.ROTATE_USER).result in ({"proof": "probe"}, {"proof": "file"})
    rig.check_soft_deleted()


def test_nobody_looks_at_a_deleted_registry_from_outside(gone: Rig) -> None:
    gone.probe.looked.clear()
    assert gone.sweep() == {}
    gone.clock.advance(4 * 3600)
    gone.reconcile.run()
    assert gone.probe.looked == []
    gone.check_soft_deleted()
    assert gone.unfinished() == []


def test_a_file_that_somebody_changes_meanwhile_lets_nobody_in_after_a_restore(gone: Rig) -> None:
    gone.share().files["htpasswd"] += b"mallory:" + HASH.encode() + b"\n"
    gone.clock.advance(120)
    gone.reconcile.run()
    gone.drain()
    assert gone.last(Kind.REPAIR_HTPASSWD).result == {"proof": "file"}
    gone.check_soft_deleted()


def test_a_deleted_registry_counts_and_keeps_its_place(gone: Rig) -> None:
    small = Rig(max_registries=1)
    small.soft_deleted()
    error = refusal(lambda: small.put("other"))
    assert error.code == "TooManyRegistries"
    assert "purge=true" in error.fix
    for _ in range(3):
        gone.clock.advance(3601)
        gone.reconcile.run()
    assert gone.index_names() == [NAME]
    gone.check_soft_deleted()


# restoring


def test_a_restore_brings_back_the_same_registry(gone: Rig) -> None:
    before = gone.registry()
    answer = gone.restore()
    assert answer.operation
    assert answer.operation.kind is Kind.RESTORE_REGISTRY
    assert answer.registry.provisioning_state == "Restoring"
    gone.drain()
    gone.check_up()
    after = gone.registry()
    assert (after.uid, after.names, after.login_server) == (before.uid, before.names, before.login_server)
    assert (after.deleted_on, after.purge_on) == (None, None)
    assert after.desired.tags == {"team": "x"}
    assert gone.names_in_file() == ["alice", "bob"]
    assert gone.sends(Type.STORAGE_ACCOUNT) == 1, "the account was sent again"
    assert listed(gone) == [NAME]


def test_a_repeat_of_a_restore_is_safe(gone: Rig) -> None:
    first = gone.restore()
    assert identity(gone.restore().operation) == identity(first.operation)
    assert identity(gone.put().operation) == identity(first.operation)
    gone.drain()
    again = gone.restore()
    assert (again.operation, again.registry.provisioning_state) == (None, "Succeeded")


def test_there_is_nothing_to_restore_where_nothing_was_deleted(rig: Rig) -> None:
    error = refusal(rig.restore)
    assert (error.status, error.code, error.target) == (409, "RegistryNotDeleted", NAME)
    missing = refusal(lambda: rig.restore("demi"))
    assert (missing.status, missing.code) == (404, "RegistryNotFound")
    assert "'demo'" in missing.fix


def test_a_restored_registry_that_was_changed_since_is_not_restored(gone: Rig) -> None:
    gone.restore()
    gone.drain()
    gone.put(sku="S1")
    gone.drain()
    assert refusal(gone.restore).code == "RegistryNotDeleted"


def test_a_restore_can_be_conditional(gone: Rig) -> None:
    stale = Precondition(if_match='"0"')
    assert refusal(lambda: gone.soft_delete.restore(NAME, stale, ME)).status == 412
    fresh = Precondition(if_match=gone.registry().version_tag)
    assert gone.soft_delete.restore(NAME, fresh, ME).operation


def test_a_restore_that_fails_removes_nothing_and_can_be_repeated(gone: Rig) -> None:
    gone.azure.errors["put"] = [NO]
    gone.restore()
    gone.drain()
    assert ended(gone, Kind.RESTORE_REGISTRY) == ("Failed", "Failed")
    assert gone.count(Type.STORAGE_ACCOUNT) == 1
    assert gone.registry().purge_on is None, "what is wanted back is not purged"
    gone.restore()
    gone.drain()
    gone.check_up()
    assert gone.names_in_file() == ["alice", "bob"]


@pytest.mark.parametrize("kind", [Type.STORAGE_ACCOUNT, Type.BLOB_CONTAINER])
def test_a_restore_puts_nothing_empty_where_the_images_were(gone: Rig, kind: Type) -> None:
    """Azure itself can bring them back, but only as long as there is nothing new of that name."""
    before = dict(gone.azure.resources)
    gone.azure.delete(next(ref for ref in before if ref.type is kind))
    gone.restore()
    gone.drain()
    error = gone.last(Kind.RESTORE_REGISTRY).error
    assert error
    assert error.code == "ImagesLost"
    assert f"POST /api/registries/{NAME}/restore" in error.fix
    assert gone.count(kind) == 0
    gone.azure.resources |= before
    gone.restore()
    gone.drain()
    gone.check_up()


def test_whoever_goes_on_without_the_images_keeps_the_users(gone: Rig) -> None:
    gone.azure.delete(Ref(Type.STORAGE_ACCOUNT, gone.registry().names.storage_account))
    gone.restore()
    gone.drain()
    gone.put()
    gone.drain()
    gone.check_up()
    assert gone.names_in_file() == ["alice", "bob"]


# canceling and repeating operations


def cancel(rig: Rig, operation: Operation | None) -> None:
    assert operation
    rig.cancel.request(operation.id, ME)
    rig.drain()
    assert rig.operation(operation.id).status is Status.CANCELED


def test_a_canceled_delete_has_changed_nothing(rig: Rig) -> None:
    cancel(rig, removed(rig).operation)
    rig.check_up()
    assert (rig.registry().deleted_on, rig.registry().purge_on) == (None, None)


@pytest.mark.parametrize("begin", [Rig.purge, lambda rig: rig.restore().operation])
def test_a_canceled_purge_or_restore_leaves_it_deleted_with_its_date(
    gone: Rig, begin: Callable[[Rig], Operation | None]
) -> None:
    before = gone.registry()
    cancel(gone, begin(gone))
    gone.check_soft_deleted()
    after = gone.registry()
    assert (after.deleted_on, after.purge_on) == (before.deleted_on, before.purge_on)
    gone.restore()
    gone.drain()
    gone.check_up()


@pytest.mark.parametrize(
    ("begin", "way_out"),
    [(Rig.delete, f"POST /api/registries/{NAME}/restore"), (Rig.purge, f"PUT /api/registries/{NAME}")],
)
def test_a_cancel_that_comes_too_late_names_the_way_out(
    rig: Rig, begin: Callable[[Rig], object], way_out: str
) -> None:
    begin(rig)
    refused: list[ApiError] = []
    operation = rig.unfinished()[0]
    rig.wire.meanwhile(
        "azure.delete", lambda: refused.append(refusal(lambda: rig.cancel.request(operation.id, ME)))
    )
    rig.drain()
    assert [error.code for error in refused] == ["OperationNotCancelable"]
    assert way_out in refused[0].fix


def test_a_failed_delete_that_is_retried_gets_a_new_date(rig: Rig) -> None:
    rig.azure.errors["delete"] = [NO]
    rig.delete()
    rig.drain()
    rig.clock.advance(3600)
    rig.retry.start(rig.last(Kind.DELETE_REGISTRY).id, ME)
    rig.drain()
    rig.check_soft_deleted()
    assert rig.registry().deleted_on == rig.last(Kind.DELETE_REGISTRY).created_at


def test_an_update_that_failed_before_a_delete_is_not_retried_after_it(rig: Rig) -> None:
    rig.azure.errors["put"] = [NO]
    rig.put(sku="S1")
    rig.drain()
    failed = rig.last(Kind.UPDATE_REGISTRY)
    rig.soft_deleted()
    assert refusal(lambda: rig.retry.start(failed.id, ME)).code == "OperationSuperseded"


# purging


def test_a_purge_leaves_nothing_of_a_deleted_registry(gone: Rig) -> None:
    gone.purge()
    gone.drain()
    gone.check_gone()
    assert gone.azure.resources == {}
    assert gone.soft_delete.purge(NAME, ALWAYS, ME) is None
    gone.create()
    assert gone.names_in_file() == []


def test_a_purge_that_azure_refuses_leaves_the_way_back(gone: Rig) -> None:
    gone.azure.errors["delete"] = [NO]
    before = gone.registry()
    gone.purge()
    gone.drain()
    assert ended(gone, Kind.PURGE_REGISTRY) == ("Failed", "SoftDeleted")
    assert gone.registry().purge_on == before.purge_on
    gone.restore()
    gone.drain()
    gone.check_up()
