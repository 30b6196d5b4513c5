"""What Azure refuses: nothing is left behind, the reason is told, and the request can be repeated."""

import pytest

from shared.domain.errors import TemporaryError
from shared.domain.operations import Kind, Status
from shared.domain.resources.resource import Json, Ref, Type
from shared.services.registries.visits import MAX_SENDS
from tests.fakes import FakeResourceManager
from tests.unit.services.lifecycles import (
    ONE_OF_EACH,
    change,
    counts,
    deleted,
    expect_changed,
    failure,
    refused,
    running,
)
from tests.unit.services.rig import Rig

pytestmark = pytest.mark.usefixtures("one_thread")


REFUSABLE = [*ONE_OF_EACH]


@pytest.mark.parametrize("type_", REFUSABLE)
def test_a_refused_create_leaves_nothing_says_why_and_can_be_repeated(type_: Type) -> None:
    rig = Rig(looks=1)
    rig.azure.refusals[type_] = [refused()]
    rig.put()
    rig.put_user("alice")
    rig.drain(600)
    assert vars(failure(rig, Kind.CREATE_REGISTRY)) == vars(refused())
    assert rig.azure.resources == {}
    registry = rig.registry()
    assert (registry.provisioning_state, registry.login_server, registry.file_endpoint) == (
        "Failed",
        None,
        None,
    )
    rig.put()
    rig.drain()
    assert rig.registry().provisioning_state == "Succeeded"
    assert rig.names_in_file() == ["alice"]
    assert counts(rig) == ONE_OF_EACH


@pytest.mark.parametrize("type_", REFUSABLE)
def test_the_step_that_failed_says_so(type_: Type) -> None:
    rig = Rig()
    rig.azure.refusals[type_] = [refused()]
    rig.put()
    rig.drain()
    steps = {step.name: step.status for step in rig.last(Kind.CREATE_REGISTRY).steps}
    made = {name: status for name, status in steps.items() if not name.endswith("Removed")}
    assert Status.FAILED in made.values()
    assert Status.RUNNING not in made.values()


def test_a_refused_create_can_be_repeated_with_other_values() -> None:
    rig = Rig()
    rig.azure.refusals[Type.PLAN] = [refused("QuotaExceeded")]
    rig.put()
    rig.drain()
    rig.put(sku="S1", location="northeurope")
    rig.drain()
    rig.check_up()
    assert rig.azure.resources[Ref(Type.PLAN, rig.registry().names.plan)]["location"] == "northeurope"


@pytest.mark.parametrize("type_", [Type.PLAN, Type.STORAGE_ACCOUNT, Type.SITE])
def test_a_refused_update_takes_nothing_away(type_: Type) -> None:
    rig = running()
    before = rig.resources()
    rig.azure.refusals[type_] = [refused()]
    change(rig)
    rig.drain()
    assert failure(rig, Kind.UPDATE_REGISTRY).code == "AzureSaysNo"
    assert rig.resources() == before
    assert deleted(rig) == []
    assert rig.registry().login_server
    rig.put()
    rig.drain()
    expect_changed(rig)


def test_a_resource_that_azure_takes_and_never_makes_is_given_up() -> None:
    rig = Rig(azure=BrokenPlans())
    rig.put()
    rig.drain()
    error = failure(rig, Kind.CREATE_REGISTRY)
    assert error.code == "ProvisioningFailed"
    assert "plan" in error.message
    assert rig.sends(Type.PLAN) == MAX_SENDS
    assert rig.azure.resources == {}


class BrokenPlans(FakeResourceManager):
    """Every plan fails after it was taken."""

    def get(self, ref: Ref) -> Json | None:
        found = super().get(ref)
        if found is None or ref.type is not Type.PLAN:
            return found
        return {**found, "properties": {"provisioningState": "Failed"}}


def test_trouble_that_passes_does_not_show_in_the_end() -> None:
    rig = Rig(looks=1)
    for method in ("get", "put", "account_key"):
        rig.azure.errors[method] = [TemporaryError("TooManyRequests", "429", 10)] * 3
    rig.create()
    rig.check_up()
    assert counts(rig) == ONE_OF_EACH
