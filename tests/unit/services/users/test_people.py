"""One user in all registries: who is shown, and that a revocation everywhere reaches each registry, whatever dies."""

import pytest

from shared.domain.errors import ApiError
from shared.domain.names import PEOPLE
from shared.domain.operations import Kind, Operation, Status
from shared.domain.users.user_spec import UserSpec
from shared.services.requests import Caller, Precondition
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import ME, Rig
from tests.unit.services.wire import Killed

NAMES = ("apples", "pears", "plums")


@pytest.fixture
def rig() -> Rig:
    """Three registries; `jane` is in the first two."""
    return orchard()


def orchard() -> Rig:
    rig = Rig()
    for name in NAMES:
        rig.create(name)
    for name in NAMES[:2]:
        rig.accounts.put(name, "jane", UserSpec(password_hash=HASH), Precondition(), ME)
    rig.drain()
    return rig


def homes(rig: Rig, username: str = "jane") -> list[str]:
    return [each.registry for each in rig.people.show(username, lambda _: True)]


def revoke(rig: Rig, caller: Caller = ME) -> Operation:
    return rig.people.revoke("jane", caller)


def check_revoked(rig: Rig, operation: Operation) -> None:
    ended = rig.operation(operation.id)
    assert ended.status is Status.SUCCEEDED
    assert ended.result == {"registries": {"apples": "Refused", "pears": "Refused"}}
    for name in NAMES:
        assert b"jane:" not in rig.share(name).files["htpasswd"]
        rig.check_up(name)
        deletions = [each for each in rig.all_operations(name) if each.kind is Kind.DELETE_USER]
        assert len(deletions) == (name != "plums"), name


def test_a_user_is_shown_where_it_is_and_its_reader_may_look(rig: Rig) -> None:
    assert homes(rig) == ["apples", "pears"]
    [seen] = rig.people.show("jane", lambda name: name == "pears")
    assert (seen.registry, seen.syncing) == ("pears", False)


def test_who_is_nowhere_is_not_found(rig: Rig) -> None:
    for seen, number in ((NAMES, 3), ((), 0)):
        with pytest.raises(ApiError) as refused:
            rig.people.show("john", seen.__contains__)
        assert (refused.value.status, refused.value.code) == (404, "UserNotFound")
        assert f"any of the {number} registries" in str(refused.value)


def test_who_is_being_removed_is_shown_no_more(rig: Rig) -> None:
    rig.accounts.delete("apples", "jane", Precondition(), ME)
    assert homes(rig) == ["pears"]


def test_a_revocation_ends_when_every_registry_refuses_the_user(rig: Rig) -> None:
    operation = revoke(rig)
    assert operation.registry == PEOPLE
    rig.drain()
    check_revoked(rig, operation)


def test_whoever_is_in_no_registry_is_refused_everywhere_already(rig: Rig) -> None:
    operation = rig.people.revoke("john", ME)
    rig.drain()
    ended = rig.operation(operation.id)
    assert (ended.status, ended.result) == (Status.SUCCEEDED, {"registries": {}})


def test_a_revocation_survives_a_death_at_any_moment() -> None:
    whole = orchard()
    revoke(whole)
    before = len(whole.wire.calls)
    whole.drain()
    for at in range(len(whole.wire.calls) - before):
        rig = orchard()
        operation = revoke(rig)
        rig.wire.kill(at)
        try:
            rig.drain()
        except Killed:
            rig.mend()
        rig.mend()
        check_revoked(rig, operation)


def test_a_lost_message_is_sent_again(rig: Rig) -> None:
    operation = revoke(rig)
    rig.host.waiting.clear()
    rig.mend()
    check_revoked(rig, operation)


def test_a_soft_deleted_registry_forgets_the_user_too(rig: Rig) -> None:
    rig.soft_deleted("pears")
    operation = revoke(rig)
    rig.drain()
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    rig.restore("pears")
    rig.drain()
    assert homes_or_nowhere(rig) == []


def homes_or_nowhere(rig: Rig) -> list[str]:
    try:
        return homes(rig)
    except ApiError:
        return []


def test_who_is_about_to_be_imported_is_revoked_as_well(rig: Rig) -> None:
    rig.import_users({"jane": HASH, "other": HASH}, name="plums")
    operation = revoke(rig)
    rig.drain()
    assert rig.operation(operation.id).result == {"registries": dict.fromkeys(NAMES, "Refused")}
    assert homes_or_nowhere(rig) == []
    assert homes(rig, "other") == ["plums"]


def test_a_registry_that_is_being_purged_does_not_stop_the_others(rig: Rig) -> None:
    rig.purge("pears")
    operation = revoke(rig)
    rig.drain()
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    assert homes_or_nowhere(rig) == []


def test_the_audit_names_who_asked_in_every_registry(rig: Rig) -> None:
    operation = revoke(rig)
    rig.drain()
    assert rig.operation(operation.id).asked_by == ME.actor
    [deletion] = [each for each in rig.all_operations("apples") if each.kind is Kind.DELETE_USER]
    entries = [row.values for key, row in rig.state_table.rows["apples"].items() if key.startswith("audit:")]
    [entry] = [entry for entry in entries if entry["operationId"] == deletion.id]
    assert (entry["actor"], entry["requestId"]) == (ME.actor, operation.id)


def test_the_same_operation_id_is_the_same_revocation(rig: Rig) -> None:
    mine = Caller("me", "r1", operation_key="leaver-1", payload=b"jane")
    first = revoke(rig, mine)
    assert revoke(rig, mine).id == first.id
    with pytest.raises(ApiError, match="another request"):
        rig.people.revoke("john", Caller("me", "r1", operation_key="leaver-1", payload=b"john"))


def test_a_revocation_is_neither_canceled_nor_retried(rig: Rig) -> None:
    operation = revoke(rig)
    with pytest.raises(ApiError) as canceled:
        rig.cancel.request(operation.id, ME)
    assert canceled.value.code == "OperationNotCancelable"
    assert PEOPLE not in canceled.value.fix
    rig.drain()
    with pytest.raises(ApiError) as retried:
        rig.retry.start(operation.id, ME)
    assert retried.value.code == "OperationNotRetryable"
