"""Users: put, patch, list and show, each change one operation, and no secret is shown twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import ApiError
from shared.domain.operations import Kind, Status
from shared.domain.users.passwords import GENERATED_LENGTH, hash_cost, matches
from shared.domain.users.user_spec import UserSpec
from shared.services.requests import Precondition
from shared.services.users.directory import UserAnswer
from tests.unit.domain.examples import HASH, OTHER_HASH
from tests.unit.services.rig import ALWAYS, ME, NAME, Rig
from tests.unit.services.users.asking import (
    CREATE_ONLY,
    LONG,
    MINE,
    SLOW_HASH,
    check_secret,
    rotate,
    row,
    stored,
    user_operations,
)

# a new user


def test_a_new_user_gets_a_secret_once(rig: Rig) -> None:
    answer = rig.put_user("alice")
    check_secret(rig, answer)
    assert answer.created
    assert answer.syncing
    assert answer.operation
    assert len(answer.password or "") == GENERATED_LENGTH
    rig.drain()
    assert rig.put_user("alice").password is None
    assert rig.accounts.get(NAME, "alice").password is None
    rig.check_up()


def test_a_generated_secret_is_cheap_to_check_and_stored_nowhere(rig: Rig) -> None:
    answer = rig.put_user("alice")
    rig.drain()
    again = rotate(rig)
    rig.drain()
    for password in (answer.password, again.password):
        assert password
        assert password not in repr([rig.state_table.rows, rig.share().files, rig.host.history])
    assert hash_cost(stored(rig).password_hash) == 5
    assert answer.warning is None


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ({"password": "chosen-by-a-person"}, True),
        ({"password": LONG}, False),
        ({"password_hash": HASH}, False),
        ({"password_hash": SLOW_HASH}, True),
    ],
)
def test_a_secret_that_was_sent_is_not_sent_back_but_a_slow_one_is_warned_of(
    rig: Rig, fields: dict[str, Any], warned: bool
) -> None:
    answer = rig.put_user("alice", **fields)
    assert answer.password is None
    assert answer.created
    assert bool(answer.warning) is warned
    assert bool(rig.put_user("alice").warning) is warned
    if "password" in fields:
        assert matches(fields["password"], stored(rig).password_hash)
    else:
        assert stored(rig).password_hash == fields["password_hash"]


def test_a_user_of_a_registry_that_is_not_there_is_told_the_nearest(rig: Rig) -> None:
    with pytest.raises(ApiError) as caught:
        rig.accounts.put("demos", "alice", UserSpec(), ALWAYS, ME)
    assert (caught.value.status, caught.value.code) == (404, "RegistryNotFound")
    assert f"'{NAME}'" in caught.value.fix


def test_a_registry_that_is_being_deleted_takes_no_users(rig: Rig) -> None:
    rig.put_user("alice")
    delete = rig.purge()
    assert delete
    acts: list[Callable[[], object]] = [
        lambda: rig.put_user("bob"),
        lambda: rotate(rig),
        lambda: rig.delete_user("alice"),
    ]
    for act in acts:
        with pytest.raises(ApiError) as caught:
            act()
        assert (caught.value.status, caught.value.code, caught.value.target) == (
            409,
            "OperationInProgress",
            delete.id,
        )


# the same again


@pytest.mark.parametrize("fields", [{}, {"password": LONG}, {"password_hash": HASH}, {"description": "ci"}])
def test_the_same_again_is_no_new_work(rig: Rig, fields: dict[str, Any]) -> None:
    first = rig.put_user("alice", **fields)
    second = rig.put_user("alice", **fields)
    assert first.operation
    assert second.operation
    assert second.operation.id == first.operation.id
    rig.drain()
    third = rig.put_user("alice", **fields)
    assert (third.operation, third.created, third.syncing) == (None, False, False)
    assert third.user.version_tag == first.user.version_tag
    assert len(user_operations(rig)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"password": LONG}),
        ({"password": LONG}, {"password": LONG + "!"}),
        ({"password_hash": HASH}, {"password_hash": OTHER_HASH}),
        ({"password": LONG}, {"password_hash": HASH}),
        ({"description": "ci"}, {"description": "cd"}),
        ({"description": "ci"}, {"description": None}),
    ],
)
def test_a_change_is_one_operation(rig: Rig, before: dict[str, Any], after: dict[str, Any]) -> None:
    first = rig.put_user("alice", **before)
    rig.clock.advance(100)
    second = rig.put_user("alice", **after)
    assert second.operation
    assert not second.created
    assert second.password is None
    assert second.user.version_tag != first.user.version_tag
    assert second.user.created_at == first.user.created_at
    changed = "description" not in after
    assert (second.user.secret_changed_at != first.user.secret_changed_at) is changed
    assert (second.user.password_hash != first.user.password_hash) is changed
    rig.drain()
    rig.check_up()


def test_a_description_that_is_not_sent_stays(rig: Rig) -> None:
    rig.put_user("alice", description="ci")
    assert rig.put_user("alice", password_hash=HASH).user.description == "ci"


# Operation-Id


def test_the_same_operation_id_is_the_same_operation_and_shows_no_secret_again(rig: Rig) -> None:
    first = rig.put_user("alice", MINE)
    again = rig.put_user("alice", MINE)
    rig.drain()
    later = rig.put_user("alice", MINE)
    assert first.operation
    assert first.operation.id == f"{NAME}.my-id"
    for answer in (again, later):
        assert answer.operation
        assert answer.operation.id == first.operation.id
        assert answer.already_shown
        assert answer.password is None
    assert len(user_operations(rig)) == 1


def test_a_rotation_with_the_same_operation_id_rotates_once(rig: Rig) -> None:
    rig.put_user("alice")
    first = rotate(rig, caller=MINE)
    again = rotate(rig, caller=MINE)
    check_secret(rig, first)
    assert again.already_shown
    assert len(user_operations(rig)) == 2


def test_a_delete_with_the_same_operation_id_is_the_same_even_when_it_has_ended(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    first = rig.delete_user("alice", MINE)
    rig.drain()
    again = rig.delete_user("alice", MINE)
    assert first
    assert again
    assert (again.id, again.status) == (first.id, Status.SUCCEEDED)


@pytest.mark.parametrize("act", ["put", "rotate", "delete"])
def test_another_request_with_the_same_operation_id_is_refused(rig: Rig, act: str) -> None:
    rig.put_user("alice", MINE)
    other = replace(MINE, payload=b"something else")
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: rig.put_user("alice", other, password_hash=HASH),
        "rotate": lambda: rotate(rig, caller=other),
        "delete": lambda: rig.delete_user("alice", other),
    }
    before = stored(rig)
    with pytest.raises(ApiError) as caught:
        acts[act]()
    assert (caught.value.status, caught.value.code) == (409, "OperationIdReused")
    assert stored(rig) == before


def test_two_rotations_at_once_with_one_operation_id_are_one(rig: Rig) -> None:
    rig.put_user("alice")
    twins: list[UserAnswer] = []
    rig.wire.meanwhile("state.transact", lambda: twins.append(rotate(rig, caller=MINE)))
    loser = rotate(rig, caller=MINE)
    check_secret(rig, twins[0])
    assert loser.already_shown
    assert loser.password is None
    assert len(user_operations(rig)) == 2


# preconditions


def test_create_only_refuses_a_user_that_is_there(rig: Rig) -> None:
    check_secret(rig, rig.accounts.put(NAME, "alice", UserSpec(), CREATE_ONLY, ME))
    with pytest.raises(ApiError) as caught:
        rig.accounts.put(NAME, "alice", UserSpec(password_hash=HASH), CREATE_ONLY, ME)
    assert (caught.value.status, caught.value.code) == (412, "ConditionNotMet")
    assert stored(rig).version_tag in caught.value.message


@pytest.mark.parametrize("act", ["put", "rotate", "delete"])
def test_if_match_lets_only_the_version_pass_that_the_caller_saw(rig: Rig, act: str) -> None:
    seen = rig.put_user("alice", password_hash=HASH).user.version_tag
    rig.put_user("alice", password_hash=OTHER_HASH)
    acts: dict[str, Callable[[Precondition], object]] = {
        "put": lambda when: rig.accounts.put(NAME, "alice", UserSpec(description="x"), when, ME),
        "rotate": lambda when: rotate(rig, when),
        "delete": lambda when: rig.accounts.delete(NAME, "alice", when, ME),
    }
    before = stored(rig)
    with pytest.raises(ApiError) as caught:
        acts[act](Precondition(if_match=seen))
    assert caught.value.status == 412
    assert stored(rig) == before
    acts[act](Precondition(if_match=f"{seen}, {before.version_tag}"))
    assert row(rig) != before


@pytest.mark.parametrize("tag", ["*", '"an-etag"'])
def test_if_match_refuses_a_user_that_is_not_there(rig: Rig, tag: str) -> None:
    when = Precondition(if_match=tag)
    with pytest.raises(ApiError) as caught:
        rig.accounts.put(NAME, "alice", UserSpec(), when, ME)
    assert caught.value.status == 412
    with pytest.raises(ApiError) as caught:
        rig.accounts.delete(NAME, "alice", when, ME)
    assert caught.value.status == 412
    assert row(rig) is None


@pytest.mark.parametrize("act", ["put", "rotate", "delete"])
def test_if_match_holds_when_somebody_else_is_faster(rig: Rig, act: str) -> None:
    when = Precondition(if_match=rig.put_user("alice", password_hash=HASH).user.version_tag)
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: rig.accounts.put(NAME, "alice", UserSpec(description="x"), when, ME),
        "rotate": lambda: rotate(rig, when),
        "delete": lambda: rig.accounts.delete(NAME, "alice", when, ME),
    }
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("alice", password_hash=OTHER_HASH))
    with pytest.raises(ApiError) as caught:
        acts[act]()
    assert caught.value.status == 412
    assert stored(rig).password_hash == OTHER_HASH


# rotating


def test_a_rotation_gives_a_new_secret_and_the_old_one_goes(rig: Rig) -> None:
    old = rig.put_user("alice", description="ci").password
    rig.clock.advance(100)
    answer = rotate(rig)
    check_secret(rig, answer)
    assert answer.operation
    assert answer.operation.kind is Kind.ROTATE_USER
    assert not matches(old or "", stored(rig).password_hash)
    assert stored(rig).secret_changed_at == rig.clock.now
    assert stored(rig).description == "ci"
    rig.drain()
    rig.check_up()


def test_rotating_a_user_that_is_not_there_tells_the_nearest(rig: Rig) -> None:
    rig.put_user("Alice", password_hash=HASH)
    with pytest.raises(ApiError) as caught:
        rotate(rig)
    assert (caught.value.status, caught.value.code) == (404, "UserNotFound")
    assert "'Alice'" in caught.value.fix


# showing


def test_a_list_is_in_name_order_and_comes_in_pages(rig: Rig) -> None:
    for name in ("bob", "Zoe", "alice", "carol"):
        rig.put_user(name, password_hash=HASH)
    rig.delete_user("bob")
    whole = [each.user.username for each in rig.accounts.list(NAME, "", 10)]
    assert whole == ["Zoe", "alice", "carol"]
    assert [each.user.username for each in rig.accounts.list(NAME, "", 2)] == ["Zoe", "alice"]
    assert [each.user.username for each in rig.accounts.list(NAME, "alice", 2)] == ["carol"]


def test_a_page_is_full_although_deleted_users_lie_in_between(rig: Rig) -> None:
    for number in range(9):
        rig.put_user(f"user{number}", password_hash=HASH)
    rig.drain()
    for number in range(6):
        rig.delete_user(f"user{number}")
    found = [each.user.username for each in rig.accounts.list(NAME, "user0", 3)]
    assert found == ["user6", "user7", "user8"]


def test_a_user_is_syncing_until_the_registry_has_proven_the_change(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.drain()
    rig.put_user("bob", password_hash=HASH)
    syncing = {each.user.username: each.syncing for each in rig.accounts.list(NAME, "", 10)}
    assert syncing == {"alice": False, "bob": True}
    assert rig.accounts.get(NAME, "bob").operation
    rig.drain()
    assert not rig.accounts.get(NAME, "bob").syncing
    assert rig.accounts.get(NAME, "bob").operation is None


def test_a_list_of_a_registry_that_is_not_there_is_404(rig: Rig) -> None:
    with pytest.raises(ApiError) as caught:
        rig.accounts.list("nobody", "", 10)
    assert caught.value.status == 404
