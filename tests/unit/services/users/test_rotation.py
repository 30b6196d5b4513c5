"""Rotations: a new secret in place, or a successor beside the old name, which ends when the overlap is over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError, ConflictError, DependencyError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.users.passwords import matches
from shared.domain.users.user import UserState
from shared.domain.users.user_spec import RotateSpec
from shared.services.requests import Precondition
from shared.services.state import State
from shared.services.users.directory import UserAnswer
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import ALWAYS, ME, NAME, Rig
from tests.unit.services.users.links import stored

pytestmark = pytest.mark.usefixtures("ci")

HOURS, DAYS = timedelta(hours=1), timedelta(days=1)
DAY = 24 * HOURS
MINE = replace(ME, operation_key="my-id", payload=b"rotate ci")


def overlap(rig: Rig, username: str = "ci", hours: float = 24, caller: Any = ME, **fields: Any) -> UserAnswer:
    return rig.rotate(username, caller, overlap=hours * HOURS, **fields)


def rotations(rig: Rig) -> list[Operation]:
    return [each for each in rig.all_operations() if each.kind is Kind.ROTATE_USER]


def wait(rig: Rig, **time: float) -> None:
    rig.clock.advance(timedelta(**time).total_seconds())
    rig.reconcile.run()
    rig.drain(60)


def test_with_an_overlap_both_names_work_and_then_only_the_new_one(rig: Rig) -> None:
    answer = overlap(rig)
    assert (answer.user.username, answer.user.replaces, answer.created) == ("ci-2", "ci", True)
    assert matches(answer.password or "", stored(rig, "ci-2").password_hash)
    assert answer.user.description == "builds"
    assert answer.overlap_ends_on == rig.clock.now + DAY == stored(rig).expires_on
    assert (stored(rig).password_hash, stored(rig).replaced_by) == (HASH, "ci-2")
    rig.drain()
    assert rig.names_in_file() == ["ci", "ci-2"]
    rig.check_up()
    wait(rig, hours=24)
    assert rig.names_in_file() == ["ci-2"]
    assert stored(rig).state is UserState.EXPIRED
    assert rig.registry().user_count == 2
    rig.check_up()


def test_it_is_one_operation_with_one_entry_that_names_both(rig: Rig) -> None:
    before = dict(rig.state_table.rows[NAME])
    answer = overlap(rig)
    new = [row for key, row in rig.state_table.rows[NAME].items() if key not in before]
    [entry] = [AuditEntry.from_row(row) for row in new if row.key.startswith("audit:")]
    assert (entry.action, entry.target) == (Kind.ROTATE_USER, f"{NAME}/ci-2")
    assert entry.details == {"replaces": ["ci"]}
    assert answer.operation
    assert {each.id for each in rotations(rig)} == {answer.operation.id}
    assert stored(rig).last_operation == stored(rig, "ci-2").last_operation == answer.operation.id
    rig.drain()
    assert rig.operation(answer.operation.id).status is Status.SUCCEEDED


def test_the_next_rotation_goes_on_counting_whatever_has_become_of_the_first_name(rig: Rig) -> None:
    overlap(rig)
    rig.drain()
    rig.delete_user("ci")
    rig.drain()
    assert overlap(rig, "ci-2").user.username == "ci-3"
    assert overlap(rig, "ci-3").user.username == "ci-4"
    assert stored(rig, "ci-4").stem == "ci"


def test_a_name_that_is_there_is_never_taken_over(rig: Rig) -> None:
    rig.put_user("ci-2", password_hash=HASH)
    rig.put_user("ci-3", password_hash=HASH)
    rig.drain()
    rig.delete_user("ci-3")
    assert overlap(rig).user.username == "ci-4"
    assert stored(rig, "ci-2").password_hash == HASH
    rig.drain()
    rig.check_up()


def test_somebody_who_takes_the_name_at_that_very_moment_keeps_it(rig: Rig) -> None:
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("ci-2", password_hash=HASH))
    assert overlap(rig).user.username == "ci-3"
    assert stored(rig, "ci-2").password_hash == HASH
    assert rig.registry().user_count == 3


def test_the_same_operation_id_is_the_same_successor_without_its_secret(rig: Rig) -> None:
    first = overlap(rig, caller=MINE)
    again = overlap(rig, caller=MINE)
    rig.drain()
    later = overlap(rig, caller=MINE)
    assert first.operation
    for answer in (again, later):
        assert answer.operation
        assert answer.operation.id == first.operation.id
        assert (answer.user.username, answer.already_shown, answer.password) == ("ci-2", True, None)
        assert answer.overlap_ends_on == first.overlap_ends_on
    assert rig.registry().user_count == 2


@pytest.mark.parametrize(
    "error", [ConflictError("its own write"), DependencyError("Table Storage", "no answer")]
)
def test_a_lost_answer_makes_no_second_successor(rig: Rig, error: Exception) -> None:
    rig.wire.lose_answer("state.transact", error)
    answer = overlap(rig)
    assert matches(answer.password or "", stored(rig, "ci-2").password_hash)
    assert (answer.user.username, rig.registry().user_count) == ("ci-2", 2)


def test_refused_tables_leave_neither_half(rig: Rig) -> None:
    rig.wire.refuse("state.transact", DependencyError("Table Storage", "busy"))
    with pytest.raises(DependencyError):
        overlap(rig)
    assert State(rig.state_table).user(NAME, "ci-2") is None
    assert stored(rig).expires_on is None


def test_it_holds_to_its_condition(rig: Rig) -> None:
    spec = RotateSpec(overlap=DAY)
    with pytest.raises(ApiError) as caught:
        rig.accounts.rotate(NAME, "ci", Precondition(if_match='"old"'), ME, spec)
    assert caught.value.status == 412
    seen = Precondition(if_match=stored(rig).version_tag)
    assert rig.accounts.rotate(NAME, "ci", seen, ME, spec).created
    with pytest.raises(ApiError) as caught:
        rig.accounts.rotate(NAME, "ci", seen, ME, spec)
    assert caught.value.status == 412


# how long


def test_an_overlap_never_prolongs_the_old_login(rig: Rig) -> None:
    end = rig.clock.now + 2 * HOURS
    rig.put_user("ci", expires_on=end)
    answer = overlap(rig)
    assert answer.overlap_ends_on == stored(rig).expires_on == end


def test_a_fixed_time_goes_over_to_the_successor_and_a_duration_begins_anew(rig: Rig) -> None:
    end = rig.clock.now + 40 * DAYS
    rig.put_user("ci", expires_on=end)
    assert overlap(rig).user.expires_on == end
    rig.put_user("other", expires_after=90 * DAYS)
    rig.clock.advance(30 * 86400)
    answer = overlap(rig, "other")
    assert answer.user.expires_on == rig.clock.now + 90 * DAYS
    assert answer.overlap_ends_on == rig.clock.now + DAY


def test_the_same_put_as_before_does_not_undo_an_overlap(rig: Rig) -> None:
    """A script that puts its user and then rotates it may run again in between."""
    rig.put_user("ci", expires_after=90 * DAYS)
    end = overlap(rig).overlap_ends_on
    again = rig.put_user("ci", expires_after=90 * DAYS)
    assert again.user.expires_on == end


def test_a_rotation_brings_a_user_back_that_expired_by_its_duration(rig: Rig) -> None:
    rig.put_user("ci", expires_after=1 * DAYS)
    rig.drain()
    wait(rig, days=2)
    assert rig.names_in_file() == []
    answer = rig.rotate("ci")
    assert answer.user.state is UserState.ACTIVE
    assert answer.user.expires_on == rig.clock.now + 1 * DAYS
    rig.drain()
    assert rig.names_in_file() == ["ci"]
    rig.check_up()


def test_an_expired_user_gets_a_successor_that_works(rig: Rig) -> None:
    rig.put_user("ci", expires_after=1 * DAYS)
    rig.drain()
    wait(rig, days=2)
    answer = overlap(rig)
    assert answer.user.state is UserState.ACTIVE
    assert stored(rig).state is UserState.EXPIRED
    rig.drain()
    assert rig.names_in_file() == ["ci-2"]


@pytest.mark.parametrize("hours", [None, 24])
def test_a_fixed_time_that_has_passed_is_only_prolonged_by_somebody_who_says_so(
    rig: Rig, hours: float | None
) -> None:
    rig.put_user("ci", expires_on=rig.clock.now + 1 * DAYS)
    rig.drain()
    wait(rig, days=2)
    fields: dict[str, Any] = {"overlap": hours * HOURS} if hours else {}
    with pytest.raises(ApiError) as caught:
        rig.rotate("ci", **fields)
    assert (caught.value.status, caught.value.code) == (409, "UserExpired")
    assert "expiresAfter" in caught.value.fix
    assert rotations(rig) == []
    assert rig.rotate("ci", expires_after=9 * DAYS, **fields).user.expires_on == rig.clock.now + 9 * DAYS
    assert rig.rotate("ci", expires_on=None, **fields).user.expires_on is None


def test_a_rotation_in_place_makes_a_replaced_name_stand_on_its_own_again(rig: Rig) -> None:
    rig.put_user("ci", expires_after=90 * DAYS)
    overlap(rig)
    answer = rig.rotate("ci")
    assert answer.user.replaced_by is None
    assert answer.user.expires_on == rig.clock.now + 90 * DAYS


def test_a_disabled_user_has_nothing_to_overlap_with(rig: Rig) -> None:
    rig.put_user("ci", disabled=True)
    with pytest.raises(ApiError) as caught:
        overlap(rig)
    assert (caught.value.status, caught.value.code) == (409, "UserDisabled")
    assert "PATCH" in caught.value.fix
    assert State(rig.state_table).user(NAME, "ci-2") is None


def test_a_file_that_was_asked_for_can_only_be_had_once(rig: Rig) -> None:
    spec = RotateSpec(overlap=DAY)
    assert rig.accounts.rotate(NAME, "ci", ALWAYS, MINE, spec, as_file=True).password
    with pytest.raises(ApiError) as caught:
        rig.accounts.rotate(NAME, "ci", ALWAYS, MINE, spec, as_file=True)
    assert (caught.value.code, "ci-2/rotate" in caught.value.fix) == ("SecretNotAvailable", True)
    assert rig.registry().user_count == 2
