"""A user: what may be sent, and what the row and its etag say. Secrets never show."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.expiry import Expiry
from shared.domain.names import USERNAME
from shared.domain.records import key_range
from shared.domain.users import (
    USER_KEYS,
    User,
    UserSpec,
    UserState,
    successor_name,
    successor_stem,
    user_key,
)
from tests.unit.domain.examples import NOW, UID, usernames

PASSWORD = "correct horse battery"
HASH = f"$2b$05${'a' * 53}"


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


@pytest.mark.parametrize(
    ("body", "has_secret"),
    [
        ({}, False),
        ({"description": "nightly builds"}, False),
        ({"description": "d" * 256}, False),
        ({"password": PASSWORD}, True),
        ({"passwordHash": HASH}, True),
        ({"password": None, "passwordHash": None, "description": None}, False),
        ({"password": None, "passwordHash": HASH}, True),
    ],
)
def test_a_body_is_read_and_tells_whether_it_brings_a_secret(body: dict[str, Any], has_secret: bool) -> None:
    assert UserSpec.model_validate(body).has_secret is has_secret


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"password": "short"}, {"password"}),
        ({"password": 123456789012}, {"password"}),
        ({"passwordHash": "plain"}, {"passwordHash"}),
        ({"passwordHash": ["a"]}, {"passwordHash"}),
        ({"description": "d" * 257}, {"description"}),
        ({"pasword": PASSWORD}, {"pasword"}),
        (
            {"password": "short", "passwordHash": "plain", "description": 1, "role": "admin"},
            {"password", "passwordHash", "description", "role"},
        ),
    ],
)
def test_every_bad_field_is_named_and_no_value_is_quoted(body: dict[str, Any], places: set[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        UserSpec.model_validate(body)
    problems = refused.value.errors(include_input=False, include_url=False)
    assert {problem["loc"][0] for problem in problems} == places
    said = str(refused.value) + str(problems)
    assert not any(str(value) in said for value in body.values() if isinstance(value, str))


def test_a_password_and_a_hash_together_are_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        UserSpec.model_validate({"password": PASSWORD, "passwordHash": HASH})
    [problem] = refused.value.errors()
    assert problem["type"] == "TwoSecrets"
    assert problem["ctx"]["fix"]
    assert PASSWORD not in str(refused.value)
    assert HASH not in str(refused.value)


def test_neither_a_password_nor_a_hash_shows_when_printed() -> None:
    printed = f"{UserSpec(password=PASSWORD)!r} {UserSpec(password_hash=HASH)!r} {user()!r} {user()}"
    assert PASSWORD not in printed
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
