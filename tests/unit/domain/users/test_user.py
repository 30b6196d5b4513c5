"""A user: what the row and its etag say, and how successors are called."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.names import USERNAME
from shared.domain.records import key_range
from shared.domain.users.expiry import Expiry
from shared.domain.users.user import (
    USER_KEYS,
    User,
    UserState,
    successor_name,
    successor_stem,
    user_key,
)
from tests.unit.domain.examples import HASH, NOW, UID, usernames


def user(**fields: Any) -> User:
    given = {
        "username": "alice",
        "uid": UID,
        "password_hash": HASH,
        "revision": 3,
        "last_operation": "demo.op",
        "created_at": NOW,
        "updated_at": NOW,
        "secret_changed_at": NOW,
    }
    return User(**{**given, **fields})


def test_a_hash_does_not_show_when_printed() -> None:
    printed = f"{user()!r} {user()}"
    assert HASH not in printed
    assert "alice" in printed


def test_the_row_keeps_the_hash_because_the_file_is_made_from_it() -> None:
    assert user().to_row().values["passwordHash"] == HASH


def test_a_version_tag_changes_with_the_revision_and_with_the_incarnation() -> None:
    assert user().version_tag == '"1R5X7ABC.3"'
    assert user(revision=4).version_tag != user().version_tag
    assert user(uid="0" * 26).version_tag != user().version_tag


@pytest.mark.parametrize("name", ["alice", "0", "Zoe", "jane@example.com", "~" * 3])
def test_a_user_s_key_is_found_among_the_keys_of_users(name: str) -> None:
    first, end = key_range(USER_KEYS)
    assert first <= user_key(name) < end
    assert user(username=name).key == user_key(name)


def test_a_new_user_is_active() -> None:
    assert user().state is UserState.ACTIVE


@pytest.mark.parametrize(
    ("disabled", "end", "state"),
    [
        (False, None, UserState.ACTIVE),
        (False, NOW + timedelta(seconds=1), UserState.ACTIVE),
        (False, NOW, UserState.EXPIRED),
        (True, None, UserState.DISABLED),
        (True, NOW, UserState.DISABLED),
    ],
)
def test_disabled_wins_over_expired(disabled: bool, end: datetime | None, state: UserState) -> None:
    assert UserState.of(Expiry(end), NOW, disabled=disabled) is state


# successors


@pytest.mark.parametrize(
    ("present", "taken", "expected"),
    [
        (user(username="ci"), (), ("ci-2", 2)),
        (user(username="ci-2", stem="ci", serial=2), (), ("ci-3", 3)),
        (user(username="ci"), ("ci-2", "ci-3", "ci-5"), ("ci-4", 4)),
        (user(username="node-18"), (), ("node-18-2", 2)),
        (user(username="n" * 64), (), ("n" * 62 + "-2", 2)),
        (user(username="n" * 62 + "-2", stem="n" * 64, serial=2), (), ("n" * 62 + "-3", 3)),
        (user(username="n" * 62 + "-9", stem="n" * 64, serial=9), (), ("n" * 61 + "-10", 10)),
    ],
)
def test_a_successor_has_the_next_number_and_only_our_own_numbers_are_replaced(
    present: User, taken: tuple[str, ...], expected: tuple[str, int]
) -> None:
    assert successor_name(present, taken) == expected


@given(usernames, st.integers(1, 10**6), st.integers(0, 5))
def test_a_successor_s_name_is_a_name_that_is_free_and_is_looked_for_among_those_that_begin_alike(
    name: str, serial: int, collisions: int
) -> None:
    present, taken = user(username=name, stem=name, serial=serial), set[str]()
    for _ in range(collisions):
        taken.add(successor_name(present, taken)[0])
    found, number = successor_name(present, taken)
    assert USERNAME.fullmatch(found)
    assert found not in taken
    assert number == serial + 1 + collisions
    assert all(each.startswith(successor_stem(present)) for each in {*taken, found})
