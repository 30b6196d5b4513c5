"""Changing a registry field by field: what differs is sent, a dry run does nothing, a restart changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import ApiError, PermanentError
from shared.domain.operations import Kind, Status
from shared.domain.registries.registry import ProvisioningState, RegistryFilter
from shared.domain.registries.registry_spec import RegistryPatch, RegistrySpec
from shared.domain.resources.resource import Type
from shared.services.registries.catalog import RegistryAnswer
from shared.services.requests import Precondition
from tests.unit.services.rig import ALWAYS, ME, NAME, POLICY, Rig


@pytest.fixture
def rig() -> Rig:
    """A registry that is up, with two tags."""
    rig = Rig()
    rig.create(tags={"team": "payments", "trial": "yes"})
    rig.azure.calls.clear()
    return rig


def patch(rig: Rig, *, dry_run: bool = False, name: str = NAME, **fields: Any) -> RegistryAnswer:
    body = RegistryPatch.model_validate(fields, context=POLICY)
    return rig.registries.patch(name, body, ALWAYS, ME, dry_run=dry_run)


def restart(rig: Rig) -> RegistryAnswer:
    return rig.restart.start(NAME, ALWAYS, ME)


def restarts(answer: RegistryAnswer) -> tuple[str, ...]:
    assert answer.plan is not None
    return answer.plan.restarts


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        act()
    assert caught.value.fix
    return caught.value.status, caught.value.code


def sent(rig: Rig) -> set[Type]:
    return {ref.type for _, ref in rig.azure.calls}


# PATCH


def test_a_patch_changes_what_it_names_and_sends_what_differs(rig: Rig) -> None:
    assert restarts(patch(rig, readOnly=True)) == ("site",)
    rig.drain()
    rig.check_up()
    assert sent(rig) == {Type.SITE}
    desired = rig.registry().desired
    assert (desired.read_only, desired.tags) == (True, {"team": "payments", "trial": "yes"})


def test_tags_are_set_and_removed_one_by_one_and_restart_nothing(rig: Rig) -> None:
    assert restarts(patch(rig, tags={"trial": None, "stage": "live"})) == ()
    rig.drain()
    rig.check_up()
    assert rig.registry().desired.tags == {"team": "payments", "stage": "live"}


def test_a_patch_without_a_difference_is_no_work(rig: Rig) -> None:
    before = rig.registry()
    answer = patch(rig, readOnly=False, tags={"trial": "yes"})
    assert (answer.operation, restarts(answer)) == (None, ())
    assert rig.registry() == before


def test_a_patch_creates_nothing(rig: Rig) -> None:
    assert refusal(lambda: patch(rig, name="dem0", readOnly=True)) == (404, "RegistryNotFound")


def test_a_deleted_registry_takes_neither_patch_nor_restart(rig: Rig) -> None:
    rig.soft_deleted()
    assert refusal(lambda: patch(rig, readOnly=True)) == (409, "RegistrySoftDeleted")
    assert refusal(lambda: restart(rig)) == (409, "RegistrySoftDeleted")


# a dry run


@pytest.mark.parametrize("name", [NAME, "fresh"])
def test_a_dry_run_shows_the_plan_and_writes_nothing(rig: Rig, name: str) -> None:
    rows, index = repr(rig.state_table.rows), repr(rig.index_table.rows)
    spec = RegistrySpec.model_validate({"sku": "S1"}, context=POLICY)
    answer = rig.registries.put(name, spec, ALWAYS, ME, dry_run=True)
    assert answer.planned_only
    assert answer.plan
    assert answer.plan.steps
    assert (repr(rig.state_table.rows), repr(rig.index_table.rows)) == (rows, index)
    assert (rig.unfinished(), rig.azure.calls) == ([], [])


def test_a_dry_run_refuses_what_the_change_would_be_refused_for(rig: Rig) -> None:
    hides = (409, "ImageChangeHidesData")
    assert refusal(lambda: patch(rig, dry_run=True, image="registry:3.0.0")) == hides
    stale = Precondition('"long-ago"')
    body = RegistryPatch.model_validate({"readOnly": True}, context=POLICY)
    code, _ = refusal(lambda: rig.registries.patch(NAME, body, stale, ME, dry_run=True))
    assert code == 412


def test_a_dry_run_of_one_registry_too_many_is_refused() -> None:
    rig = Rig(max_registries=1)
    rig.create()
    put = rig.registries.put
    asked = lambda: put("fresh", RegistrySpec(), ALWAYS, ME, dry_run=True)  # noqa: E731
    assert refusal(asked) == (409, "TooManyRegistries")


# restarting


def test_a_restart_restarts_the_site_once_and_changes_nothing(rig: Rig) -> None:
    before = rig.registry()
    answer = restart(rig)
    assert (restarts(answer), answer.registry.provisioning_state) == (("site",), "Updating")
    again = restart(rig)
    assert answer.operation
    assert again.operation
    assert again.operation.id == rig.last(Kind.RESTART_REGISTRY).id == answer.operation.id
    rig.drain()
    assert [call for call, _ in rig.azure.calls] == ["restart"]
    after = rig.registry()
    same = (after.desired, after.provisioning_state, after.updated_at)
    assert same == (before.desired, before.provisioning_state, before.updated_at)


def test_a_restart_sent_again_with_its_id_is_the_same(rig: Rig) -> None:
    mine = replace(ME, operation_key="my-id", payload=b"POST restart")
    first = rig.restart.start(NAME, ALWAYS, mine)
    rig.drain()
    again = rig.restart.start(NAME, ALWAYS, mine)
    assert first.operation
    assert again.operation
    assert (again.operation.id, again.operation.status) == (first.operation.id, Status.SUCCEEDED)


def test_a_site_that_somebody_has_stopped_stays_stopped(rig: Rig) -> None:
    rig.azure.stop_site(rig.registry().names.site)
    restart(rig)
    rig.drain()
    failed = rig.last(Kind.RESTART_REGISTRY)
    assert failed.error
    assert (failed.status, failed.error.code) == (Status.FAILED, "SiteStopped")
    assert rig.registry().provisioning_state == "Succeeded"


def test_while_one_restarts_no_field_changes(rig: Rig) -> None:
    restart(rig)
    assert refusal(lambda: patch(rig, readOnly=True)) == (409, "OperationInProgress")


def test_what_was_never_up_is_not_restarted() -> None:
    rig = Rig()
    rig.azure.errors["put"] = [PermanentError("AzureSaysNo", "no", "ask")]
    rig.put()
    rig.drain()
    assert refusal(lambda: restart(rig)) == (409, "RegistryNotProvisioned")


# lists


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (RegistryFilter(), ["a-up", "b-up", "d-new"]),
        (RegistryFilter(tag="team:payments"), ["a-up", "d-new"]),
        (RegistryFilter(tag="TEAM"), ["a-up", "b-up", "d-new"]),
        (RegistryFilter(ProvisioningState.SUCCEEDED), ["a-up", "b-up"]),
        (RegistryFilter(ProvisioningState.CREATING, "team:payments"), ["d-new"]),
        (RegistryFilter(ProvisioningState.SOFT_DELETED), ["c-gone"]),
        (RegistryFilter(tag="team:other"), []),
    ],
)
def test_a_list_shows_what_fits_in_name_order_page_by_page(wanted: RegistryFilter, names: list[str]) -> None:
    rig = Rig()
    rig.create("b-up", tags={"team": "search"})
    rig.create("a-up", tags={"Team": "payments"})
    rig.create("c-gone", tags={"team": "payments"})
    rig.soft_deleted("c-gone")
    rig.put("d-new", tags={"team": "payments"})
    after, found = "", list[str]()
    while page := rig.registries.list(after, 1, wanted=wanted):
        after = page[-1].registry.name
        found.append(after)
    assert found == names
