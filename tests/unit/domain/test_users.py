"""A user: what may be sent, and what the row and its etag say. Secrets never show."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.records import key_range
from shared.domain.users import USER_KEYS, User, UserSpec, UserState, user_key
from tests.unit.domain.examples import NOW, UID

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
