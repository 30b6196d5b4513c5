"""What may be asked of a user: bodies are read, every bad field is named, and no secret shows."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.users.user_spec import UserSpec
from tests.unit.domain.examples import HASH

PASSWORD = "correct horse battery"


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
    printed = f"{UserSpec(password=PASSWORD)!r} {UserSpec(password_hash=HASH)!r}"
    assert PASSWORD not in printed
    assert HASH not in printed
