"""Users while tables and queues fail, and while several change them at once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import ConflictError, DependencyError
from shared.domain.operations import Kind, Status
from shared.domain.users.user_spec import UserSpec
from shared.services.requests import Precondition
from shared.services.users import secret as secret_module
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
    stored,
    user_operations,
)

LOST = [
    ConflictError("a retry inside the SDK met its own write"),
    DependencyError("Table Storage", "no answer"),
]


# trouble with tables and queues


@pytest.mark.parametrize("caller", [ME, MINE], ids=["plain", "Operation-Id"])
@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_answer_loses_no_secret(rig: Rig, error: Exception, caller: Any) -> None:
    rig.wire.lose_answer("state.transact", error)
    answer = rig.accounts.put(NAME, "alice", UserSpec(), CREATE_ONLY, caller)
    check_secret(rig, answer)
    assert answer.created
    rig.wire.lose_answer("state.transact", error)
    when = Precondition(if_match=answer.user.version_tag)
    rotated = rotate(rig, when, replace(caller, operation_key=caller.operation_key and "another-id"))
    check_secret(rig, rotated)
    assert len(user_operations(rig)) == 2
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("caller", [ME, MINE], ids=["plain", "Operation-Id"])
@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_answer_keeps_what_a_user_must_know(rig: Rig, error: Exception, caller: Any) -> None:
    rig.wire.lose_answer("state.transact", error)
    answer = rig.accounts.put(NAME, "alice", UserSpec(password_hash=SLOW_HASH), CREATE_ONLY, caller)
    assert answer.warning
    assert answer.created
    rig.wire.lose_answer("state.transact", error)
    when = Precondition(if_match=answer.user.version_tag)
    operation = rig.accounts.delete(
        NAME, "alice", when, replace(caller, operation_key=caller.operation_key and "another-id")
    )
    assert operation
    assert operation.kind is Kind.DELETE_USER
    assert len(user_operations(rig)) == 2
    assert rig.registry().user_count == 0


def test_tables_that_do_not_answer_at_all_leave_a_user_that_a_rotation_recovers(rig: Rig) -> None:
    def away() -> None:
        rig.state_table.down = True

    rig.wire.lose_answer("state.transact", DependencyError("Table Storage", "no answer"))
    rig.wire.meanwhile("state.transact", lambda: rig.wire.meanwhile("state.get", away))
    with pytest.raises(DependencyError):
        rig.put_user("alice", MINE)
    rig.state_table.down = False
    again = rig.put_user("alice", MINE)
    assert again.already_shown
    assert len(user_operations(rig)) == 1
    check_secret(rig, rotate(rig))
    rig.mend()
    rig.check_up()


def test_a_request_that_tables_refuse_changes_nothing(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    before = stored(rig)
    acts: list[Callable[[], object]] = [
        lambda: rig.put_user("bob"),
        lambda: rig.put_user("alice", description="x"),
        lambda: rotate(rig),
        lambda: rig.delete_user("alice"),
    ]
    for act in acts:
        rig.wire.refuse("state.transact", DependencyError("Table Storage", "busy"))
        with pytest.raises(DependencyError):
            act()
    assert stored(rig) == before
    assert len(user_operations(rig)) == 1


def test_a_queue_that_is_down_delays_a_change_and_keeps_its_secret(rig: Rig) -> None:
    rig.users_queue.down = True
    check_secret(rig, rig.put_user("alice"))
    rig.users_queue.down = False
    rig.mend()
    rig.check_up()


def between_looks(rig: Rig, action: Callable[[], object]) -> None:
    """`action` happens after the next request has looked at its user for the first time."""
    rig.wire.meanwhile("state.get", lambda: rig.wire.meanwhile("state.get", action))


# two at once


def test_a_change_of_a_description_does_not_bring_back_a_rotated_secret(rig: Rig) -> None:
    rig.put_user("alice")
    rotated: list[UserAnswer] = []
    between_looks(rig, lambda: rotated.append(rotate(rig)))
    rig.put_user("alice", description="ci")
    check_secret(rig, rotated[0])
    assert stored(rig).description == "ci"


def test_a_repeat_does_not_bring_back_a_rotated_secret(rig: Rig) -> None:
    rig.put_user("alice")
    rotated: list[UserAnswer] = []
    between_looks(rig, lambda: rotated.append(rotate(rig)))
    rig.put_user("alice")
    check_secret(rig, rotated[0])


def test_a_put_that_meets_a_deletion_makes_a_new_user_with_a_new_secret(rig: Rig) -> None:
    old = rig.put_user("alice").user.password_hash
    rig.drain()
    between_looks(rig, lambda: rig.delete_user("alice"))
    answer = rig.put_user("alice")
    check_secret(rig, answer)
    assert answer.created
    assert stored(rig).password_hash != old


def test_of_two_creates_at_once_one_gets_the_secret_that_counts(rig: Rig) -> None:
    first: list[UserAnswer] = []
    rig.wire.meanwhile("state.transact", lambda: first.append(rig.put_user("alice")))
    second = rig.put_user("alice")
    check_secret(rig, first[0])
    assert (second.password, second.created) == (None, False)
    assert len(user_operations(rig)) == 1


def test_changes_of_two_users_at_once_both_happen(rig: Rig) -> None:
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("bob", password_hash=HASH))
    rig.put_user("alice", password_hash=HASH)
    assert rig.registry().user_count == 2
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ["alice", "bob"]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often one request makes a bcrypt hash, or checks one."""
    done: Counter[str] = Counter()

    def counted(name: str) -> None:
        real = getattr(secret_module, name)

        def call(*args: object) -> object:
            done[name] += 1
            return real(*args)

        monkeypatch.setattr(secret_module, name, call)

    counted("hash_password")
    counted("matches")
    return done


@pytest.mark.parametrize(
    ("there", "fields", "hashes", "checks"),
    [
        (False, {}, 1, 0),
        (False, {"password": LONG}, 1, 0),
        (False, {"password_hash": HASH}, 0, 0),
        (True, {}, 0, 0),
        (True, {"description": "x"}, 0, 0),
        (True, {"password": LONG}, 1, 1),
        (True, {"password_hash": OTHER_HASH}, 0, 0),
    ],
)
def test_a_request_hashes_once_at_most_however_often_it_meets_others(
    rig: Rig, hashed: Counter[str], there: bool, fields: dict[str, Any], hashes: int, checks: int
) -> None:
    if there:
        rig.put_user("alice")
    hashed.clear()
    rig.wire.refuse("state.transact", *[ConflictError()] * 3)
    rig.put_user("alice", **fields)
    assert (hashed["hash_password"], hashed["matches"]) == (hashes, checks)


def test_the_same_password_again_is_checked_and_not_hashed(rig: Rig, hashed: Counter[str]) -> None:
    rig.put_user("alice", password=LONG)
    hashed.clear()
    rig.put_user("alice", password=LONG)
    assert (hashed["hash_password"], hashed["matches"]) == (0, 1)


def test_a_rotation_hashes_once(rig: Rig, hashed: Counter[str]) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.wire.refuse("state.transact", *[ConflictError()] * 3)
    rotate(rig)
    assert (hashed["hash_password"], hashed["matches"]) == (1, 0)


ACTIONS = st.sampled_from(["put", "hash", "describe", "rotate", "delete", "step", "step", "drain"])


# any sequence


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ACTIONS, st.sampled_from(["alice", "bob"])), max_size=14))
def test_after_any_sequence_exactly_the_present_users_can_log_in(actions: list[tuple[str, str]]) -> None:
    rig, expected = Rig(), dict[str, str]()
    rig.create()
    for action, name in actions:
        if action == "hash":
            expected[name] = rig.put_user(name, password_hash=HASH).user.password_hash
        elif action in {"put", "describe"}:
            fields: dict[str, Any] = {"description": "x"} if action == "describe" else {}
            answer = rig.put_user(name, **fields)
            assert answer.created is (name not in expected)
            expected[name] = expected.get(name, answer.user.password_hash)
        elif action == "rotate" and name in expected:
            expected[name] = rig.accounts.rotate(NAME, name, ALWAYS, ME).user.password_hash
        elif action == "delete":
            assert rig.delete_user(name) or name not in expected
            expected.pop(name, None)
        elif action == "step" and rig.host.waiting:
            rig.step()
        elif action == "drain":
            rig.drain()
        assert rig.registry().user_count == len(expected)
    rig.drain()
    rig.check_up()
    assert {
        each.user.username: each.user.password_hash for each in rig.accounts.list(NAME, "", 9)
    } == expected
    assert all(each.status is Status.SUCCEEDED for each in rig.all_operations())
