"""What somebody who manages registries sees: states, refusals, repeats."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import ConflictError, DependencyError, PermanentError
from shared.domain.health.codes import Code
from shared.domain.operations import Kind, Operation, Status
from shared.domain.registries.registry_spec import RegistrySpec
from shared.domain.resources.resource import Type
from shared.services.requests import Caller, Precondition
from shared.services.state import State
from tests.unit.services.rig import ALWAYS, ME, NAME, POLICY, Rig, refusal

MINE = replace(ME, operation_key="my-id", payload=b"PUT demo")
CREATE_ONLY = Precondition(create_only=True)


def delete(rig: Rig, condition: Precondition = ALWAYS, caller: Caller = ME) -> Operation | None:
    removed = rig.soft_delete.purge(NAME, condition, caller)
    return removed.operation if removed else None


def put_when(rig: Rig, condition: Precondition, **fields: Any) -> object:
    return rig.registries.put(NAME, RegistrySpec.model_validate(fields, context=POLICY), condition, ME)


def shown(rig: Rig) -> list[str]:
    return [answer.registry.name for answer in rig.registries.list("", 100)]


# creating


def test_a_create_answers_at_once_and_goes_on_by_itself() -> None:
    rig = Rig()
    answer = rig.put()
    assert answer.created
    assert answer.registry.provisioning_state == "Creating"
    assert answer.registry.login_server is None
    assert answer.operation
    assert answer.operation.status is Status.NOT_STARTED
    assert rig.azure.calls == []
    rig.drain()
    assert rig.operation(answer.operation.id).status is Status.SUCCEEDED
    assert rig.registries.get(NAME).operation is None


def test_a_create_without_a_body_takes_the_defaults() -> None:
    desired = Rig().put().registry.desired
    assert (desired.location, desired.sku, desired.image) == ("westeurope", "B1", "registry:2.8.3")
    assert (desired.storage_replication, desired.delete_enabled, desired.tags) == ("LRS", False, {})


def test_every_etag_in_an_answer_is_the_one_that_a_get_shows() -> None:
    rig = Rig()
    assert rig.put().registry.version_tag == rig.registries.get(NAME).registry.version_tag
    rig.drain()
    assert rig.put(sku="S1").registry.version_tag == rig.registries.get(NAME).registry.version_tag


def test_one_registry_more_than_allowed_is_refused_and_leaves_nothing() -> None:
    rig = Rig(max_registries=1)
    rig.create("first")
    assert refusal(rig.put).code == "TooManyRegistries"
    assert NAME not in rig.state_table.rows
    rig.put("first", sku="S1")
    rig.drain()
    rig.purge("first")
    rig.drain()
    rig.create()


# the same again


def test_the_same_again_is_the_operation_that_goes_on_and_then_nothing() -> None:
    rig = Rig()
    first, second = rig.put(), rig.put()
    assert first.operation
    assert second.operation
    assert (second.operation.id, second.created) == (first.operation.id, False)
    rig.drain()
    third = rig.put()
    assert (third.operation, third.created) == (None, False)
    assert third.registry.provisioning_state == "Succeeded"
    assert len(rig.all_operations()) == 1


def test_the_same_update_again_is_the_update_that_goes_on() -> None:
    rig = Rig()
    rig.create()
    first, second = rig.put(sku="S1"), rig.put(sku="S1")
    assert first.operation
    assert second.operation
    assert first.operation.kind is Kind.UPDATE_REGISTRY
    assert second.operation.id == first.operation.id


def test_the_same_again_after_a_failure_starts_anew() -> None:
    rig = Rig()
    rig.azure.refusals[Type.PLAN] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put()
    rig.drain()
    again = rig.put()
    assert again.operation
    assert again.operation.kind is Kind.CREATE_REGISTRY
    assert (again.registry.provisioning_state, again.created) == ("Creating", False)
    rig.drain()
    rig.check_up()


def test_the_same_operation_id_is_the_same_operation() -> None:
    rig = Rig()
    first = rig.put(caller=MINE)
    rig.drain()
    again = rig.put(caller=MINE)
    assert first.operation
    assert again.operation
    assert again.operation.id == first.operation.id == f"{NAME}.my-id"
    assert again.operation.status is Status.SUCCEEDED


@pytest.mark.parametrize("act", ["put", "delete"])
def test_another_request_with_the_same_operation_id_is_refused(act: str) -> None:
    rig = Rig()
    rig.put(caller=MINE)
    rig.drain()
    other = replace(MINE, payload=b"something else")
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: rig.put(caller=other, sku="S1"),
        "delete": lambda: delete(rig, caller=other),
    }
    assert refusal(acts[act]).code == "OperationIdReused"
    assert rig.unfinished() == []


def test_a_delete_with_the_same_operation_id_is_the_same_even_when_everything_has_gone() -> None:
    rig = Rig()
    rig.create()
    first = delete(rig, caller=MINE)
    rig.drain()
    again = delete(rig, caller=MINE)
    assert first
    assert again
    assert (again.id, again.status) == (first.id, Status.SUCCEEDED)


# changing


def test_an_absent_field_keeps_its_value_and_null_resets_it() -> None:
    rig = Rig()
    rig.create(sku="S1", tags={"team": "x"}, deleteEnabled=True)
    rig.put(storageReplication="GRS")
    rig.drain()
    desired = rig.registry().desired
    assert (desired.sku, desired.tags, desired.delete_enabled) == ("S1", {"team": "x"}, True)
    rig.put(sku=None, tags=None)
    rig.drain()
    desired = rig.registry().desired
    assert (desired.sku, desired.tags, desired.delete_enabled) == ("B1", {}, True)
    assert desired.storage_replication == "GRS"
    rig.put(deleteEnabled=None, storageReplication=None)
    rig.drain()
    desired = rig.registry().desired
    assert (desired.delete_enabled, desired.storage_replication) == (False, "LRS")


@pytest.mark.parametrize(
    ("fields", "code", "target"),
    [
        ({"location": "northeurope"}, "PropertyChangeNotAllowed", "location"),
        ({"image": "registry:3.0.0"}, "ImageChangeHidesData", "image"),
    ],
)
def test_what_would_lose_images_is_refused(fields: dict[str, Any], code: str, target: str) -> None:
    rig = Rig()
    rig.create()
    before = rig.registry()
    error = refusal(lambda: rig.put(**fields))
    assert (error.status, error.code, error.target) == (409, code, target)
    assert "skopeo" in error.fix
    assert rig.registry() == before
    assert rig.unfinished() == []


@pytest.mark.parametrize("fields", [{"location": "northeurope"}, {"image": "registry:3.0.0"}])
def test_as_long_as_there_are_no_images_everything_may_change(fields: dict[str, Any]) -> None:
    rig = Rig()
    rig.azure.refusals[Type.SITE] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put()
    rig.drain()
    rig.put(**fields)
    rig.drain()
    rig.check_up()


# one operation at a time


def in_progress(rig: Rig, act: Callable[[], object], kind: Kind) -> None:
    error = refusal(act)
    running = rig.last(kind)
    assert (error.status, error.code, error.target) == (409, "OperationInProgress", running.id)
    assert running.id in error.fix


def test_another_change_waits_for_the_present_one() -> None:
    rig = Rig()
    rig.put()
    in_progress(rig, lambda: rig.put(sku="S1"), Kind.CREATE_REGISTRY)
    in_progress(rig, lambda: delete(rig), Kind.CREATE_REGISTRY)
    rig.drain()
    rig.put(sku="S1")
    in_progress(rig, lambda: rig.put(sku="B2"), Kind.UPDATE_REGISTRY)
    in_progress(rig, lambda: delete(rig), Kind.UPDATE_REGISTRY)
    rig.drain()
    delete(rig)
    in_progress(rig, rig.put, Kind.PURGE_REGISTRY)
    in_progress(rig, lambda: rig.put(sku="B2"), Kind.PURGE_REGISTRY)
    assert rig.registry().desired.sku == "S1"


@pytest.mark.parametrize("act", ["put", "delete"])
def test_an_operation_that_ends_just_now_is_in_nobodys_way(act: str) -> None:
    rig = Rig()
    rig.create()
    rig.put(deleteEnabled=True)
    rig.wire.meanwhile("state.get", lambda: rig.wire.meanwhile("state.get", rig.drain))
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: rig.put(sku="S1"),
        "delete": lambda: delete(rig),
    }
    acts[act]()
    rig.drain()
    assert [each.status for each in rig.all_operations()] == [Status.SUCCEEDED] * 3


def test_of_two_creates_at_once_one_is_the_create() -> None:
    rig = Rig()
    rig.wire.meanwhile("state.transact", rig.put)
    second = rig.put()
    assert not second.created
    assert len(rig.all_operations()) == 1
    assert rig.index_count() == 1
    rig.drain()
    rig.check_up()


def test_of_two_changes_at_once_one_waits() -> None:
    rig = Rig()
    rig.create()
    rig.wire.meanwhile("state.transact", lambda: rig.put(sku="S1"))
    in_progress(rig, lambda: rig.put(sku="B2"), Kind.UPDATE_REGISTRY)
    assert rig.registry().desired.sku == "S1"


def test_a_user_that_comes_at_the_same_time_is_in_nobodys_way() -> None:
    rig = Rig()
    rig.create()
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("alice"))
    rig.put(sku="S1")
    assert rig.registry().user_count == 1
    rig.drain()
    rig.check_up()


# preconditions


def test_create_only_never_changes_what_is_there() -> None:
    rig = Rig()
    put_when(rig, CREATE_ONLY)
    rig.drain()
    assert refusal(lambda: put_when(rig, CREATE_ONLY, sku="S1")).status == 412
    assert rig.registry().desired.sku == "B1"


def test_if_match_lets_only_the_version_pass_that_the_caller_saw() -> None:
    rig = Rig()
    seen = Precondition(if_match=rig.create().version_tag)
    rig.put(sku="S1")
    rig.drain()
    assert refusal(lambda: put_when(rig, seen, sku="B2")).status == 412
    assert refusal(lambda: delete(rig, seen)).status == 412
    now = Precondition(if_match=rig.registry().version_tag)
    put_when(rig, now, sku="B2")
    rig.drain()
    assert refusal(lambda: delete(rig, now)).status == 412
    assert delete(rig, Precondition(if_match="*"))


def test_if_match_refuses_what_is_not_there() -> None:
    rig = Rig()
    assert refusal(lambda: put_when(rig, Precondition(if_match="*"))).status == 412
    assert refusal(lambda: delete(rig, Precondition(if_match="*"))).status == 412
    assert rig.index_names() == []


def test_a_registry_made_again_never_has_an_old_etag() -> None:
    rig = Rig()
    old = rig.create().version_tag
    delete(rig)
    rig.drain()
    assert rig.create().version_tag != old


# deleting


def test_deleting_what_is_not_there_is_nothing() -> None:
    assert delete(Rig()) is None


def test_a_delete_again_is_the_delete_that_goes_on_and_then_nothing() -> None:
    rig = Rig()
    rig.create()
    first, second = delete(rig), delete(rig)
    assert first
    assert second
    assert first.id == second.id
    assert rig.registries.get(NAME).registry.provisioning_state == "Deleting"
    rig.drain()
    assert delete(rig) is None
    assert rig.operation(first.id).status is Status.SUCCEEDED
    assert refusal(lambda: rig.registries.get(NAME)).status == 404


# showing


@pytest.mark.parametrize(("asked", "fix"), [("dmeo", "'demo'"), ("zzz", "PUT /api/registries/zzz")])
def test_a_name_that_is_not_there_gives_the_nearest_or_how_to_create_it(asked: str, fix: str) -> None:
    rig = Rig()
    rig.create()
    error = refusal(lambda: rig.registries.get(asked))
    assert (error.status, error.code, error.target) == (404, "RegistryNotFound", asked)
    assert fix in error.fix


def test_a_list_is_in_name_order_and_comes_in_pages() -> None:
    rig = Rig()
    for name in ("web", "api", "batch"):
        rig.put(name)
    assert shown(rig) == ["api", "batch", "web"]
    assert [each.registry.name for each in rig.registries.list("api", 1)] == ["batch"]
    assert all(answer.operation for answer in rig.registries.list("", 10))


def test_a_page_is_full_of_what_its_reader_may_see() -> None:
    rig = Rig()
    for name in ("team-a", "other", "team-b", "x-files", "team-c", "z80"):
        rig.put(name)

    def page(after: str, size: int) -> list[str]:
        found = rig.registries.list(after, size, lambda name: name.startswith("team-"))
        return [each.registry.name for each in found]

    assert page("", 2) == ["team-a", "team-b"]
    assert page("team-b", 2) == ["team-c"]
    assert page("team-c", 2) == []


def test_a_page_is_full_although_names_of_no_registry_lie_in_between() -> None:
    """A page that is not full would be taken for the last one."""
    rig = Rig()
    for name in ("aaa", "bbb", "ddd"):
        rig.capacity.reserve(name)
    for name in ("ccc", "eee", "fff"):
        rig.put(name)
    assert [each.registry.name for each in rig.registries.list("", 2)] == ["ccc", "eee"]
    assert [each.registry.name for each in rig.registries.list("ccc", 3)] == ["eee", "fff"]


def test_a_registry_shows_its_last_verdict_and_never_one_of_its_predecessor() -> None:
    rig = Rig()
    rig.create()
    assert rig.registries.get(NAME).verdict is None
    rig.sweep()
    verdict = rig.registries.get(NAME).verdict
    assert verdict
    assert verdict.code is Code.HEALTHY
    kept = dict(rig.health_table.rows)
    delete(rig)
    rig.drain()
    rig.create()
    rig.health_table.rows.update(kept)
    assert rig.registries.get(NAME).verdict is None
    assert rig.registries.list("", 1)[0].verdict is None


# trouble with tables and queues


LOST = [
    ConflictError("a retry inside the SDK met its own write"),
    DependencyError("Table Storage", "no answer"),
]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_answer_does_not_change_what_the_caller_learns(error: Exception) -> None:
    rig = Rig()
    rig.wire.lose_answer("state.transact", error)
    answer = rig.registries.put(NAME, RegistrySpec(), CREATE_ONLY, ME)
    assert answer.created
    rig.drain()
    rig.wire.lose_answer("state.transact", error)
    put_when(rig, Precondition(if_match=rig.registry().version_tag), sku="S1")
    rig.drain()
    rig.check_up()
    rig.wire.lose_answer("state.transact", error)
    gone = delete(rig, Precondition(if_match=rig.registry().version_tag))
    assert gone
    rig.drain()
    rig.check_gone()
    assert len(rig.all_operations()) == 3


@pytest.mark.parametrize("act", ["create", "update", "delete"])
def test_a_queue_that_is_down_delays_and_loses_nothing(act: str) -> None:
    rig = Rig()
    if act != "create":
        rig.create()
    rig.lifecycle_queue.down = True
    operation = delete(rig) if act == "delete" else rig.put(sku="S1").operation
    assert operation
    assert rig.host.waiting == []
    rig.lifecycle_queue.down = False
    rig.mend()
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    if act == "delete":
        rig.check_gone()
    else:
        rig.check_up()


def test_tables_that_refuse_leave_nothing_that_reconcile_does_not_clear() -> None:
    rig = Rig(max_registries=1)
    rig.wire.refuse("state.transact", DependencyError("Table Storage", "busy"))
    with pytest.raises(DependencyError):
        rig.put()
    assert State(rig.state_table).registry(NAME) is None
    rig.clock.advance(301)
    rig.reconcile.run()
    assert rig.index_names() == []
    rig.create("another")
