"""What a change sends and restarts, as data."""

from typing import Any

import pytest
from hypothesis import given

from shared.domain.operations import Intent, Kind, Operation
from shared.domain.registries.registry import Desired, ProvisioningState
from shared.domain.resources.change_plan import ChangePlan, FieldChange, change_plan, plan_of
from shared.domain.resources.graph import graph
from shared.domain.resources.plan import Found, assess
from tests.unit.domain.bodies import CONTEXT, wanted
from tests.unit.domain.examples import NOW, UID, desired, registry

UP = registry(tags={"team": "payments"}).change(
    provisioned=True, provisioning_state=ProvisioningState.SUCCEEDED
)
EVERYTHING = {node.step for node in graph(UP, CONTEXT) if node.ref}
TAGGED = {"storageAccount", "plan", "site"}


def becomes(**fields: Any) -> Desired:
    return UP.desired.model_copy(update=fields)


def plan_for(after: Desired, **registry_fields: Any) -> ChangePlan:
    present = UP.change(**registry_fields)
    return change_plan(present, present.change(desired=after), CONTEXT)


def steps(plan: ChangePlan) -> set[str]:
    return {step.step for step in plan.steps}


@pytest.mark.parametrize(
    ("change", "sent", "restarts"),
    [
        ({}, set(), False),
        ({"tags": {}}, TAGGED, False),
        ({"read_only": True}, {"site"}, True),
        ({"log_level": "debug"}, {"site"}, True),
        ({"delete_enabled": True}, {"site"}, True),
        ({"image": "registry:2.9.0"}, {"site"}, True),
        ({"sku": "S1"}, {"plan"}, True),
        ({"storage_replication": "GRS"}, {"storageAccount"}, False),
        ({"allowed_ip_ranges": []}, {"site"}, True),  # redirects to storage go off
        ({"sku": "S1", "tags": {}}, TAGGED, True),
    ],
)
def test_a_change_sends_what_differs(change: dict[str, Any], sent: set[str], restarts: bool) -> None:
    plan = plan_for(becomes(**change))
    assert steps(plan) == sent
    assert plan.restarts == (("site",) if restarts else ())
    assert plan.certain
    assert {step.ref.name for step in plan.steps} <= set(vars(UP.names).values())


def test_other_addresses_than_before_restart_nothing() -> None:
    before = UP.change(desired=becomes(allowed_ip_ranges=["203.0.113.0/24"]))
    after = before.change(desired=becomes(allowed_ip_ranges=["198.51.100.0/24"]))
    plan = change_plan(before, after, CONTEXT)
    assert (steps(plan), plan.restarts) == ({"site"}, ())


def test_the_fields_that_change_are_shown_before_and_after() -> None:
    plan = plan_for(becomes(sku="S1", allowed_ip_ranges=["203.0.113.0/24"]))
    assert plan.fields == (
        FieldChange("sku", "B1", "S1"),
        FieldChange("allowedIpRanges", None, ["203.0.113.0/24"]),
    )


def test_a_create_sends_everything_and_restarts_nothing() -> None:
    plan = change_plan(None, registry(), CONTEXT)
    assert (steps(plan), plan.restarts) == (EVERYTHING, ())
    assert {change.field for change in plan.fields} == set(desired().model_dump(by_alias=True))
    assert all(change.before is None for change in plan.fields)


def test_a_create_that_failed_is_a_create() -> None:
    plan = plan_for(UP.desired, provisioned=False, provisioning_state=ProvisioningState.FAILED)
    assert (steps(plan), plan.restarts, plan.fields) == (EVERYTHING, (), ())


def test_after_a_failed_update_nobody_knows_before_the_look() -> None:
    plan = plan_for(UP.desired, provisioning_state=ProvisioningState.FAILED)
    assert (steps(plan), plan.restarts, plan.certain) == (EVERYTHING, ("site",), False)


def test_a_repair_is_part_of_the_plan() -> None:
    plan = change_plan(UP, UP.change(desired=becomes(tags={})), CONTEXT, ["blobProtection", "site"])
    assert steps(plan) == TAGGED | {"blobProtection"}
    assert plan.restarts == ("site",)


@given(wanted, wanted)
def test_the_plan_is_what_an_update_then_sends(before: Desired, after: Desired) -> None:
    """Where Azure has what was sent last, a look finds different exactly what the plan names."""
    present = UP.change(desired=before)
    changed = present.change(desired=after)
    has = {node.step: node.body for node in graph(present, CONTEXT)}
    found = {
        node.step
        for node in graph(changed, CONTEXT)
        if node.ref and assess(node, changed, has[node.step]) is Found.DIFFERENT
    }
    assert steps(change_plan(present, changed, CONTEXT)) == found


def operation(kind: Kind, **fields: Any) -> Operation:
    return Operation(registry="demo", id_key="1", uid=UID, kind=kind, deadline=NOW, created_at=NOW, **fields)


def test_an_operation_that_has_started_tells_what_it_restarts() -> None:
    intent = Intent(wanted=becomes(read_only=True), was=UP.desired, was_state=ProvisioningState.SUCCEEDED)
    going = UP.change(desired=intent.wanted, provisioning_state=ProvisioningState.UPDATING)
    plan = plan_of(operation(Kind.UPDATE_REGISTRY, intent=intent), going, CONTEXT)
    assert (steps(plan), plan.restarts) == ({"site"}, ("site",))
    assert plan_of(operation(Kind.RESTART_REGISTRY, intent=intent), going, CONTEXT).restarts == ("site",)
    for kind in (Kind.CREATE_REGISTRY, Kind.DELETE_REGISTRY):
        assert plan_of(operation(kind, intent=intent), going, CONTEXT) == ChangePlan()
    assert plan_of(None, going, CONTEXT) == ChangePlan()
