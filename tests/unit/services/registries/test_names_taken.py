"""Names in Azure that others hold: the next candidate is taken, and nothing of somebody else's."""

import pytest

from shared.domain.names import azure_names
from shared.domain.operations import Kind
from shared.domain.resources.candidates import MAX_NAME_ATTEMPTS
from shared.domain.resources.resource import Json, Ref, Type
from tests.unit.services.lifecycles import (
    crowded,
    failure,
    running,
)
from tests.unit.services.rig import NAME, Rig

pytestmark = pytest.mark.usefixtures("one_thread")


def candidates() -> list[str]:
    return [azure_names("sub", "group", NAME, attempt, attempt).site for attempt in range(MAX_NAME_ATTEMPTS)]


@pytest.mark.parametrize("taken", range(1, MAX_NAME_ATTEMPTS))
def test_a_held_name_gives_the_next_candidate(taken: int) -> None:
    rig = Rig()
    rig.azure.held |= set(candidates()[:taken])
    rig.create()
    rig.check_up()
    assert rig.registry().names.site == candidates()[taken]


def test_a_candidate_is_recorded_before_it_is_used() -> None:
    rig = crowded()
    put, unrecorded = rig.azure.put, []

    def watched(ref: Ref, body: Json) -> None:
        names = rig.registry().names
        if ref.name not in {names.storage_account, names.plan, names.site}:
            unrecorded.append(ref)
        put(ref, body)

    rig.azure.put = watched  # type: ignore[method-assign] # a look over its shoulder
    rig.create()
    assert unrecorded == []
    assert (rig.registry().storage_attempt, rig.registry().site_attempt) == (1, 1)


def test_a_registry_made_again_while_its_old_names_are_reserved_takes_the_next_ones() -> None:
    rig = Rig()
    rig.azure.keeps_names = True
    for attempt in range(3):
        rig.create()
        rig.check_up()
        assert rig.registry().names.site == candidates()[attempt]
        rig.purge()
        rig.drain()
    assert rig.azure.resources == {}


@pytest.mark.parametrize("kind", [Type.STORAGE_ACCOUNT, Type.SITE])
def test_a_registry_that_lost_its_name_does_not_move_to_another(kind: Type) -> None:
    """With another account its images would be gone for good, with another site its login server."""
    rig = running()
    names = rig.registry().names
    gone = Ref(kind, names.site if kind is Type.SITE else names.storage_account)
    rig.azure.keeps_names = True
    rig.azure.delete(gone)
    rig.put(tags={"team": "x"})
    rig.drain()
    error = failure(rig, Kind.UPDATE_REGISTRY)
    assert (error.code, gone.name in error.message) == ("NameTaken", True)
    assert "PUT /api/registries/demo" in error.fix
    assert rig.registry().names == names
    rig.azure.held.clear()
    rig.put(tags={"team": "x"})
    rig.drain()
    rig.check_up()


def test_when_all_candidates_are_held_nothing_is_left() -> None:
    rig = Rig()
    rig.azure.held |= set(candidates())
    rig.put()
    rig.drain()
    error = failure(rig, Kind.CREATE_REGISTRY)
    assert error.code == "NamesTaken"
    assert "another registry name" in error.fix
    assert rig.azure.resources == {}


def test_a_site_of_our_group_that_is_not_ours_is_left_alone_and_gives_the_next_candidate() -> None:
    rig = Rig()
    foreign = stranger(Type.SITE, candidates()[0])
    rig.azure.resources |= foreign
    rig.create()
    rig.check_up()
    assert rig.registry().names.site == candidates()[1]
    rig.purge()
    rig.drain()
    assert rig.azure.resources == foreign


def test_a_plan_that_is_not_ours_ends_a_create_and_is_left_alone() -> None:
    rig = Rig()
    foreign = stranger(Type.PLAN, azure_names("sub", "group", NAME).plan)
    rig.azure.resources |= foreign
    rig.put()
    rig.drain()
    assert failure(rig, Kind.CREATE_REGISTRY).code == "ResourceNotOurs"
    assert rig.azure.resources == foreign


def stranger(type_: Type, name: str) -> dict[Ref, dict[str, object]]:
    return {Ref(type_, name): {"name": name, "properties": {"theirs": True, "serverFarmId": "/their-plan"}}}
