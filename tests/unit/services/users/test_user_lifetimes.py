"""Logins that end, logins that are switched off, and both again: what is in the file, and what a repeat does."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import ApiError
from shared.domain.operations import Kind, Operation
from shared.domain.users.passwords import matches
from shared.domain.users.user import User, UserState
from shared.domain.users.user_spec import UserSpec
from shared.services.requests import Precondition
from shared.services.state import State
from tests.unit.domain.examples import HASH, OTHER_HASH
from tests.unit.services.rig import ALWAYS, ME, NAME, Rig

LONG = "a-long-random-password-of-a-machine"
DAY = 86400
MINE = replace(ME, operation_key="my-id", payload=b"PUT alice")


def stored(rig: Rig, username: str = "alice") -> User:
    user = State(rig.state_table).user(NAME, username)
    assert user
    return user


def later(rig: Rig, days: float) -> datetime:
    return rig.clock.now + timedelta(days=days)


def pass_days(rig: Rig, days: float) -> None:
    """Time goes by, and `reconcile` runs in the end."""
    rig.clock.advance(days * DAY)
    rig.reconcile.run()
    rig.drain(60)


def user_operations(rig: Rig) -> list[Operation]:
    return [each for each in rig.all_operations() if not each.kind.is_lifecycle]


# expiry


def test_a_new_user_may_have_an_end(rig: Rig) -> None:
    answer = rig.put_user("alice", expires_after=timedelta(days=90))
    assert answer.password
    assert answer.user.expires_on == later(rig, 90)
    assert answer.user.state is UserState.ACTIVE
    assert rig.registry().next_expiry == later(rig, 90)
    rig.drain()
    rig.check_up()


def test_a_daily_repeat_of_a_duration_is_no_work_and_moves_no_end(rig: Rig) -> None:
    end = rig.put_user("alice", expires_after=timedelta(days=90)).user.expires_on
    rig.drain()
    for _ in range(3):
        pass_days(rig, 1)
        again = rig.put_user("alice", expires_after=timedelta(days=90))
        assert (again.operation, again.password, again.user.expires_on) == (None, None, end)
    assert len(user_operations(rig)) == 1


def test_a_repeat_after_the_end_leaves_the_user_expired_and_says_what_to_do(rig: Rig) -> None:
    rig.put_user("alice", expires_after=timedelta(days=90))
    rig.drain()
    pass_days(rig, 91)
    again = rig.put_user("alice", expires_after=timedelta(days=90))
    assert again.user.state is UserState.EXPIRED
    assert again.operation is None
    assert "expired" in (again.warning or "")
    assert "rotate" in (again.warning or "")
    assert rig.names_in_file() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_after": timedelta(days=30)},
        {"expires_on": None},
        {"expires_after": None},
        {"password": LONG, "expires_after": timedelta(days=90)},
    ],
)
def test_another_end_or_none_brings_an_expired_user_back(rig: Rig, fields: dict[str, Any]) -> None:
    password = rig.put_user("alice", expires_after=timedelta(days=90)).password
    rig.drain()
    pass_days(rig, 91)
    assert stored(rig).state is UserState.EXPIRED
    answer = rig.put_user("alice", **fields)
    assert answer.operation
    assert answer.user.state is UserState.ACTIVE
    assert answer.password is None
    assert matches(fields.get("password", password) or "", stored(rig).password_hash)
    rig.drain()
    assert rig.names_in_file() == ["alice"]
    rig.check_up()


def test_a_password_alone_does_not_bring_an_expired_user_back(rig: Rig) -> None:
    """An absent field keeps its value, and the value is an end that has come."""
    rig.put_user("alice", expires_after=timedelta(days=1))
    rig.drain()
    pass_days(rig, 2)
    answer = rig.put_user("alice", password=LONG)
    assert answer.user.state is UserState.EXPIRED
    assert answer.warning
    rig.drain()
    assert rig.names_in_file() == []
    rig.check_up()


def test_a_time_that_has_passed_is_refused_before_anything_is_written(rig: Rig) -> None:
    for act in (rig.put_user, rig.patch_user):
        with pytest.raises(ApiError) as caught:
            act("alice", expires_on=later(rig, -1))
        expected = (400, "InvalidExpiry") if act == rig.put_user else (404, "UserNotFound")
        assert (caught.value.status, caught.value.code) == expected
    assert user_operations(rig) == []


def test_a_time_that_was_set_can_be_repeated_after_it_has_passed(rig: Rig) -> None:
    end = later(rig, 1)
    rig.put_user("alice", expires_on=end)
    rig.drain()
    pass_days(rig, 2)
    again = rig.put_user("alice", expires_on=end)
    assert (again.operation, again.user.state) == (None, UserState.EXPIRED)
    assert again.warning


def test_an_end_of_a_user_who_goes_first_does_no_harm(rig: Rig) -> None:
    rig.put_user("alice", expires_after=timedelta(days=1))
    rig.drain()
    rig.delete_user("alice")
    rig.drain()
    pass_days(rig, 2)
    assert rig.registry().next_expiry is None
    assert rig.registry().user_count == 0
    rig.check_up()


def test_a_put_in_the_minute_before_reconcile_comes_takes_the_user_out_itself(rig: Rig) -> None:
    rig.put_user("alice", expires_after=timedelta(days=1))
    rig.drain()
    rig.clock.advance(DAY)
    repeat = rig.put_user("alice", expires_after=timedelta(days=1))
    assert repeat.operation is None
    changed = rig.put_user("alice", description="ci")
    assert changed.user.state is UserState.EXPIRED
    rig.drain()
    assert rig.names_in_file() == []
    rig.reconcile.run()
    assert rig.registry().next_expiry is None
    rig.check_up()


# disabled


def test_a_disabled_user_is_out_of_the_file_and_comes_back_with_its_password(rig: Rig) -> None:
    password = rig.put_user("alice").password
    rig.put_user("bob", password_hash=HASH)
    rig.drain()
    off = rig.put_user("alice", disabled=True)
    assert off.user.state is UserState.DISABLED
    assert off.operation
    rig.drain()
    assert rig.names_in_file() == ["bob"]
    assert rig.registry().user_count == 2
    assert [each.user.username for each in rig.accounts.list(NAME, "", 9)] == ["alice", "bob"]
    on = rig.put_user("alice", disabled=False)
    assert on.user.state is UserState.ACTIVE
    rig.drain()
    assert rig.names_in_file() == ["alice", "bob"]
    assert matches(password or "", stored(rig).password_hash)
    rig.check_up()


def test_of_a_soft_deleted_registry_logins_can_only_be_taken_away(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.put_user("bob", password_hash=HASH, expires_after=timedelta(days=3))
    rig.drain()
    rig.soft_deleted()
    assert rig.patch_user("alice", disabled=True).user.state is UserState.DISABLED
    forbidden: list[Callable[[], object]] = [
        lambda: rig.patch_user("alice", disabled=False),
        lambda: rig.patch_user("bob", disabled=True, description="gone"),
        lambda: rig.put_user("carol", disabled=True),
        lambda: rig.rotate("bob"),
    ]
    for act in forbidden:
        with pytest.raises(ApiError) as caught:
            act()
        assert (caught.value.status, caught.value.code) == (409, "RegistrySoftDeleted")
    rig.drain()
    assert rig.names_in_file() == ["bob"]
    rig.check_soft_deleted()
    pass_days(rig, 4)
    assert stored(rig, "bob").state is UserState.EXPIRED
    assert rig.names_in_file() == []
    rig.check_soft_deleted()


def test_disabled_keeps_when_absent_and_null_is_false(rig: Rig) -> None:
    rig.put_user("alice", disabled=True)
    assert rig.put_user("alice", description="ci").user.state is UserState.DISABLED
    assert rig.put_user("alice", disabled=True).user.state is UserState.DISABLED
    assert len(user_operations(rig)) == 2
    assert rig.put_user("alice", disabled=None).user.state is UserState.ACTIVE


def test_disabled_is_what_is_shown_and_an_end_that_has_come_shows_when_it_is_enabled(rig: Rig) -> None:
    rig.put_user("alice", disabled=True, expires_after=timedelta(days=1))
    rig.drain()
    pass_days(rig, 2)
    assert stored(rig).state is UserState.DISABLED
    assert len(user_operations(rig)) == 1, "nobody had to be taken out of the file"
    enabled = rig.put_user("alice", disabled=False)
    assert enabled.user.state is UserState.EXPIRED
    assert enabled.warning
    rig.drain()
    rig.check_up()


def test_a_disabled_user_that_gets_a_new_password_stays_disabled(rig: Rig) -> None:
    rig.put_user("alice", disabled=True)
    assert rig.put_user("alice", password=LONG).user.state is UserState.DISABLED
    assert rig.rotate("alice").user.state is UserState.DISABLED
    rig.drain()
    assert rig.names_in_file() == []


def test_an_end_of_a_user_who_is_enabled_again_is_watched_again(rig: Rig) -> None:
    rig.put_user("alice", disabled=True, expires_after=timedelta(days=9))
    assert rig.registry().next_expiry is None
    rig.put_user("alice", disabled=False)
    assert rig.registry().next_expiry == later(rig, 9)


# PATCH


def test_a_patch_changes_what_it_names(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH, description="ci", expires_after=timedelta(days=90))
    answer = rig.patch_user("alice", disabled=True)
    assert answer.operation
    assert answer.operation.kind is Kind.PUT_USER
    user = answer.user
    assert (user.state, user.password_hash, user.description) == (UserState.DISABLED, HASH, "ci")
    assert user.expires_on == later(rig, 90)
    assert rig.patch_user("alice", description=None, password_hash=OTHER_HASH).user.description is None
    assert stored(rig).password_hash == OTHER_HASH
    rig.drain()
    rig.check_up()


def test_a_patch_never_creates_and_names_the_nearest(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.put_user("gone", password_hash=HASH)
    rig.drain()
    rig.delete_user("gone")
    before = len(rig.all_operations())
    for name, near in (("alicia", "'alice'"), ("gone", "PUT")):
        with pytest.raises(ApiError) as caught:
            rig.patch_user(name, password=LONG)
        assert (caught.value.status, caught.value.code) == (404, "UserNotFound")
        assert near in caught.value.fix
    assert len(rig.all_operations()) == before


def test_an_empty_patch_is_no_work_and_generates_nothing(rig: Rig) -> None:
    rig.put_user("alice")
    rig.drain()
    answer = rig.patch_user("alice")
    assert (answer.operation, answer.password, answer.created) == (None, None, False)


def test_a_patch_holds_to_its_condition(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    with pytest.raises(ApiError) as caught:
        rig.accounts.patch(NAME, "alice", UserSpec(disabled=True), Precondition(if_match='"old"'), ME)
    assert caught.value.status == 412
    assert stored(rig).state is UserState.ACTIVE


def test_a_patch_with_the_same_operation_id_is_the_same_operation(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    first, again = (rig.patch_user("alice", MINE, disabled=True) for _ in range(2))
    assert first.operation
    assert again.operation
    assert again.operation.id == first.operation.id
    assert again.already_shown


# answers that are a file for a client


def as_file(rig: Rig, username: str = "alice", caller: Any = ME, **fields: Any) -> Any:
    return rig.accounts.put(NAME, username, UserSpec(**fields), ALWAYS, caller, as_file=True)


def test_a_file_has_its_secret_and_its_host(rig: Rig) -> None:
    answer = as_file(rig)
    assert answer.password
    assert answer.login_server == rig.registry().login_server is not None
    rotated = rig.accounts.rotate(NAME, "alice", ALWAYS, ME, as_file=True)
    assert rotated.password
    assert rotated.login_server == answer.login_server


def check_refused(rig: Rig, act: Any, code: str, fix: str) -> None:
    before = dict(rig.state_table.rows[NAME])
    with pytest.raises(ApiError) as caught:
        act()
    assert (caught.value.status, caught.value.code) == (409, code)
    assert fix in caught.value.fix
    assert rig.state_table.rows[NAME] == before


def test_a_secret_that_can_not_be_shown_is_refused_before_anything_changes(rig: Rig) -> None:
    rig.put_user("alice", MINE)
    rig.put_user("bob", password_hash=HASH)
    rotated = replace(ME, operation_key="rotated", payload=b"rotate")
    rig.accounts.rotate(NAME, "bob", ALWAYS, rotated)
    code, fix = "SecretNotAvailable", "/rotate?format="
    check_refused(rig, lambda: as_file(rig), code, fix)
    check_refused(rig, lambda: as_file(rig, description="new", disabled=True), code, fix)
    check_refused(rig, lambda: as_file(rig, caller=MINE), code, fix)
    check_refused(rig, lambda: as_file(rig, "carol", password_hash=HASH), code, fix)
    check_refused(rig, lambda: as_file(rig, password_hash=OTHER_HASH), code, fix)
    check_refused(
        rig, lambda: rig.accounts.rotate(NAME, "bob", ALWAYS, rotated, as_file=True), code, "bob/rotate"
    )


def test_a_password_that_its_caller_brings_is_always_at_hand(rig: Rig) -> None:
    for caller in (MINE, MINE, ME, ME):
        answer = as_file(rig, password=LONG, caller=caller)
        assert answer.login_server
        assert answer.password is None
    assert len(user_operations(rig)) == 1


@pytest.mark.parametrize("failed", [False, True])
def test_without_a_login_server_there_is_no_file_yet(failed: bool) -> None:
    rig = Rig(looks=1)
    create = rig.put().operation
    rig.put_user("alice", password_hash=HASH)
    if failed:
        assert create
        rig.cancel.request(create.id, ME)
        rig.drain()
    fix = f"PUT /api/registries/{NAME}" if failed else f"/api/operations/{create.id if create else ''}?wait"
    check_refused(rig, lambda: as_file(rig, "bob"), "LoginServerUnknown", fix)
    check_refused(
        rig,
        lambda: rig.accounts.rotate(NAME, "alice", ALWAYS, ME, as_file=True),
        "LoginServerUnknown",
        fix,
    )


# any sequence


ACTS = st.sampled_from(
    ["put", "end", "forever", "disable", "enable", "rotate", "overlap", "delete", "wait", "reconcile", "step"]
)


def act_on(rig: Rig, act: str, name: str) -> None:
    """One request, or some time; what a user's state forbids is refused, and changes nothing."""
    fields: dict[str, dict[str, Any]] = {
        "put": {"password_hash": HASH},
        "end": {"expires_after": timedelta(hours=5)},
        "forever": {"expires_on": None},
        "disable": {"disabled": True},
        "enable": {"disabled": False},
    }
    if act in fields:
        rig.put_user(name, **fields[act])
    elif act in {"rotate", "overlap"}:
        with suppress(ApiError):
            rig.rotate(name, overlap=timedelta(hours=2) if act == "overlap" else None)
    elif act == "delete":
        rig.delete_user(name)
    elif act == "wait":
        rig.clock.advance(3 * 3600)
    elif act == "reconcile":
        rig.reconcile.run()
    elif rig.host.waiting:
        rig.step()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ACTS, st.sampled_from(["ci", "ci-2", "bob"])), max_size=20))
def test_after_any_sequence_the_file_holds_whoever_is_neither_disabled_nor_over(
    acts: list[tuple[str, str]],
) -> None:
    rig = Rig()
    rig.create()
    for act, name in acts:
        act_on(rig, act, name)
    rig.mend()
    now = rig.clock.now
    users = list(State(rig.state_table).users(NAME))
    over = {user.username for user in users if user.expiry.is_over(now)}
    off = {user.username for user in users if user.state is UserState.DISABLED}
    assert {user.username for user in users if user.state is UserState.EXPIRED} == over - off
    assert rig.names_in_file() == [user.username for user in users if user.username not in over | off]
    ends = [user.expires_on for user in users if user.state is UserState.ACTIVE and user.expires_on]
    hint = rig.registry().next_expiry
    assert not ends or (hint and hint <= min(ends))
    rig.check_up()
