"""When a registry is looked at, what such a look says, and of whose end somebody should know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.health.codes import Code, HealthState, state_of
from shared.domain.health.daily import DailyLook, expiring_finding, expiring_users, findings_of, is_due
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.user import User, UserState
from tests.contract.registries import new_registry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = 7


def registry(**changes: Any) -> Registry:
    """One that is up."""
    up = {"provisioned": True, "provisioning_state": ProvisioningState.SUCCEEDED}
    return new_registry().change(**{**up, **changes})


def look(of: Registry, ago: timedelta = timedelta(), **changes: Any) -> DailyLook:
    """One that has seen everything."""
    seen = {"key_valid": True, "size_bytes": 1, "blobs": 1, "counted_all": True}
    return DailyLook(uid=of.uid, looked_at=NOW - ago, **{**seen, **changes})


def user(name: str, expires_on: datetime | None, **changes: Any) -> User:
    return User.new(name, "u", 1, NOW - 100 * DAY).change(expires_on=expires_on, **changes)


@pytest.mark.parametrize(
    ("ago", "changes", "due"),
    [
        (DAY, {}, True),
        (DAY - HOUR, {}, False),
        (HOUR, {"key_valid": False}, True),
        (HOUR, {"key_valid": None}, True),
        (HOUR, {"size_bytes": None, "blobs": None}, True),
        (HOUR / 2, {"key_valid": None}, False),
        (HOUR / 2, {"key_valid": False}, False),
        (DAY - HOUR, {"counted_all": False}, False),
        (HOUR / 2, {"uid": "of an earlier incarnation"}, True),
    ],
)
def test_a_look_is_due_once_a_day_and_sooner_where_something_was_not_right(
    ago: timedelta, changes: dict[str, Any], due: bool
) -> None:
    home = registry(updated_at=NOW - 2 * DAY)
    assert is_due(home, look(home, ago).change(**changes), NOW) is due


def test_a_registry_that_nobody_has_looked_at_is_due() -> None:
    assert is_due(registry(), None, NOW)


def test_what_was_repaired_is_looked_at_at_once() -> None:
    home = registry(updated_at=NOW)
    assert is_due(home, look(home, HOUR / 2, key_valid=False), NOW)
    assert not is_due(home, look(home, HOUR / 2), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"provisioned": False},
        {"active_operation": "demo.01"},
        {"provisioning_state": ProvisioningState.SOFT_DELETED},
        {"provisioning_state": ProvisioningState.UPDATING},
    ],
)
def test_what_is_in_motion_or_gone_is_not_looked_at(changes: dict[str, Any]) -> None:
    assert not is_due(registry(**changes), None, NOW)


def test_a_failed_update_of_a_registry_that_is_up_does_not_stop_the_looks() -> None:
    assert is_due(registry(provisioning_state=ProvisioningState.FAILED), None, NOW)


@pytest.mark.parametrize(("valid", "codes"), [(False, [Code.STORAGE_KEY_INVALID]), (True, []), (None, [])])
def test_only_a_key_that_was_seen_to_be_wrong_is_a_finding(valid: bool | None, codes: list[Code]) -> None:
    seen = look(registry(), key_valid=valid)
    assert [found.code for found in findings_of(seen)] == codes


GONE: dict[str, Any] = {"container_found": False, "size_bytes": None, "blobs": None, "counted_all": False}


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({}, False),
        (GONE, True),
        ({"blobs": 0, "blobs_seen": 7}, True),
        ({"blobs": 0}, False),  # it never held anything
        ({"blobs": 1, "blobs_seen": 7}, False),
        ({"blobs": 0, "blobs_seen": 7, "counted_all": False}, False),  # an empty page, and more to come
        ({"container_found": None, "size_bytes": None, "blobs": None, "blobs_seen": 7}, False),
    ],
)
def test_images_are_lost_where_none_is_left_of_those_that_were_seen(
    changes: dict[str, Any], lost: bool
) -> None:
    home = registry()
    seen = look(home, HOUR, **changes)
    assert [found.code for found in findings_of(seen)] == ([Code.IMAGES_LOST] if lost else [])
    if lost:
        assert is_due(home, seen, NOW), "within the hour somebody knows that they are back"
        assert is_due(home.change(updated_at=NOW), seen.change(looked_at=NOW - HOUR / 2), NOW)


def test_a_registry_without_a_look_has_no_finding_of_one() -> None:
    assert list(findings_of(None)) == []


def test_both_findings_stand_side_by_side_with_what_was_seen() -> None:
    images, key = findings_of(look(registry(), key_valid=False, **GONE))
    assert (images.code, key.code) == (Code.IMAGES_LOST, Code.STORAGE_KEY_INVALID)
    assert images.evidence == "there is no container registry: seen at 2026-03-01 12:00 UTC"
    assert key.evidence == "seen at 2026-03-01 12:00 UTC"
    assert {state_of(each.code) for each in (images, key)} == {HealthState.DEGRADED}


def test_a_user_whose_time_is_over_soon_leaves_a_registry_healthy() -> None:
    found = expiring_finding([user("ci", NOW + DAY)], NOW, WEEK)
    assert found
    assert (found.code, found.evidence) == (Code.USERS_EXPIRING, "ci in 1 day.")
    assert state_of(found.code) is HealthState.HEALTHY


def test_a_row_keeps_what_was_seen() -> None:
    seen = look(registry(), size_bytes=2**40, failed=["ContainerNotFound: gone"])
    assert DailyLook.from_row(seen.to_row()) == seen
    unseen = DailyLook(uid="u", looked_at=NOW)
    assert DailyLook.from_row(unseen.to_row()) == unseen
    assert seen.key == unseen.key == "last-daily"


@pytest.mark.parametrize(
    ("expires", "changes", "told"),
    [
        (NOW + timedelta(days=7), {}, True),
        (NOW + timedelta(days=7, seconds=1), {}, False),
        (NOW + timedelta(seconds=1), {}, True),
        (NOW, {}, False),  # over: `reconcile` makes it `Expired` within a minute
        (None, {}, False),
        (NOW + DAY, {"state": UserState.DISABLED}, False),
        (NOW + DAY, {"state": UserState.EXPIRED}, False),
        (NOW + DAY, {"state": UserState.DELETING}, False),
        (NOW + DAY, {"expires_after": timedelta(days=90)}, True),
        (NOW + DAY, {"expires_after": timedelta(days=7)}, False),
        (NOW + DAY, {"created_at": NOW - 5 * DAY}, False),  # six days in all
        (NOW + DAY, {"replaced_by": "ci-2"}, False),
        (NOW + DAY, {"replaced_by": "gone"}, True),
        (NOW + DAY, {"replaced_by": "ci-3"}, True),  # which is disabled
    ],
)
def test_of_which_end_somebody_should_know(
    expires: datetime | None, changes: dict[str, Any], told: bool
) -> None:
    others = [user("ci-2", None), user("ci-3", None, state=UserState.DISABLED)]
    found = expiring_users([user("ci", expires, **changes), *others], NOW, timedelta(days=WEEK))
    assert [each.username for each in found] == (["ci"] if told else [])


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (7 * DAY, "7 days"),
        (3 * DAY + 23 * HOUR, "3 days"),
        (2 * DAY - HOUR, "1 day"),
        (5 * HOUR, "5 hours"),
        (HOUR, "1 hour"),
        (HOUR / 2, "less than an hour"),
    ],
)
def test_the_time_that_is_left_is_rounded_down(left: timedelta, words: str) -> None:
    found = expiring_finding([user("ci", NOW + left)], NOW, WEEK)
    assert found
    assert found.evidence == f"ci in {words}."


def test_the_soonest_come_first_and_of_many_the_rest_is_counted() -> None:
    users = [user(f"u{number:02}", NOW + timedelta(days=7) - number * HOUR) for number in range(13)]
    found = expiring_finding(users, NOW, WEEK)
    assert found
    names = [part.split()[0] for part in found.evidence.split(", ")]
    assert names == [*(f"u{number:02}" for number in range(12, 2, -1)), "and"]
    assert found.evidence.endswith(", and 3 more.")


def test_nobody_is_warned_where_the_setting_is_zero() -> None:
    assert expiring_finding([user("ci", NOW + timedelta(seconds=1))], NOW, 0) is None


@given(st.lists(st.integers(-20, 20), max_size=30), st.integers(0, 15))
def test_who_is_named_is_active_ends_in_time_and_comes_in_order(offsets: list[int], days: int) -> None:
    users = [user(f"u{number}", NOW + offset * DAY) for number, offset in enumerate(offsets)]
    ends = [each.expires_on for each in expiring_users(users, NOW, timedelta(days=days))]
    assert ends == sorted(NOW + offset * DAY for offset in offsets if 0 < offset <= days)
