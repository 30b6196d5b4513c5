"""Why can this user not log in? What stands in the way is named by a stable code, with a way out."""

from datetime import timedelta

import pytest

from shared.domain.errors import ApiError, PermanentError
from shared.domain.resources.resource import Type
from shared.services.users.diagnosis import Diagnoses, Diagnosis
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import NAME, Rig, up


@pytest.fixture
def rig() -> Rig:
    return up("alice")


def diagnose(rig: Rig, username: str = "alice", *, names_others: bool = True) -> Diagnosis:
    diagnoses = Diagnoses(rig.state, rig.registries, rig.accounts, rig.clock)
    found = diagnoses.of(NAME, username, names_others=names_others)
    assert all(each.message and each.fix for each in found.findings)
    return found


def codes(rig: Rig, username: str = "alice") -> list[str]:
    found = diagnose(rig, username)
    assert not found.can_log_in
    return [finding.code for finding in found.findings if finding.blocks]


def test_without_a_hindrance_it_may_be_the_password(rig: Rig) -> None:
    found = diagnose(rig)
    assert found.can_log_in
    [finding] = found.findings
    assert (finding.code, finding.blocks) == ("PasswordMayBeWrong", False)
    assert "rotate" in finding.fix


def test_networks_that_are_let_in_are_named_and_keep_nobody_out_for_sure(rig: Rig) -> None:
    rig.put(allowed_ip_ranges=["198.51.100.0/24"])
    rig.drain()
    found = diagnose(rig)
    restricted = next(each for each in found.findings if each.code == "AddressRestricted")
    assert "198.51.100.0/24" in restricted.message
    assert not restricted.blocks


def test_a_change_that_is_not_proven_yet_is_waited_for(rig: Rig) -> None:
    operation = rig.rotate("alice").operation
    assert operation
    assert codes(rig) == ["Syncing"]
    assert operation.id in diagnose(rig).findings[0].fix


def test_a_disabled_user_is_told_apart_from_an_expired_one(rig: Rig) -> None:
    rig.put_user("alice", disabled=True)
    rig.put_user("bob", password_hash=HASH, expires_after="PT2H")
    rig.drain()
    assert codes(rig) == ["UserDisabled"]
    assert diagnose(rig, "bob").can_log_in
    rig.clock.now += timedelta(hours=3)
    assert codes(rig, "bob") == ["UserExpired"]


def test_an_unknown_name_is_answered_with_the_nearest(rig: Rig) -> None:
    assert codes(rig, "Alice") == ["UserNotFound"]
    assert "'alice'" in diagnose(rig, "Alice").findings[0].fix
    assert "PUT" in diagnose(rig, "zoe").findings[0].fix


def test_whoever_may_not_know_the_others_is_told_no_name(rig: Rig) -> None:
    found = diagnose(rig, "Alice", names_others=False)
    assert "alice" not in found.findings[0].fix


def test_a_removed_user_is_no_unknown_one(rig: Rig) -> None:
    rig.delete_user("alice")
    assert codes(rig) == ["UserDeleted"]


def test_who_is_about_to_be_imported_is_told_to_wait(rig: Rig) -> None:
    operation = rig.import_users({"bob": HASH}).operation
    assert codes(rig, "bob") == ["ImportInProgress"]
    assert operation.id in diagnose(rig, "bob").findings[0].fix


def test_a_deleted_registry_lets_nobody_in(rig: Rig) -> None:
    rig.soft_deleted()
    assert codes(rig) == ["RegistrySoftDeleted"]
    assert "restore" in diagnose(rig).findings[0].fix


def test_a_registry_that_is_on_its_way_is_waited_for() -> None:
    rig = Rig()
    rig.put()
    rig.put_user("alice", password_hash=HASH)
    assert codes(rig) == ["RegistryNotReady", "Syncing"]


def test_a_registry_that_never_came_up_is_to_be_created_again() -> None:
    rig = Rig()
    rig.azure.refusals[Type.SITE] = [PermanentError("AzureSaysNo", "no", "Ask again.")]
    rig.put()
    rig.drain()
    assert codes(rig, "alice") == ["RegistryNotProvisioned", "UserNotFound"]


def test_a_registry_that_is_down_says_so_before_anything_else(rig: Rig) -> None:
    rig.probe.reads = lambda _: None
    rig.clock.now += timedelta(minutes=5)
    for _ in range(3):
        rig.sweep()
    assert codes(rig)[0] == "RegistryUnhealthy"


def test_without_the_registry_there_is_nothing_to_say(rig: Rig) -> None:
    with pytest.raises(ApiError) as refused:
        Diagnoses(rig.state, rig.registries, rig.accounts, rig.clock).of("dem", "alice", names_others=True)
    assert refused.value.code == "RegistryNotFound"
