"""Grants: how principals are written, and who finds which grant. test_settings.py has those that are wrong."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.grants import ANONYMOUS, Grant, Identity, check_names, principal, recognise
from shared.domain.roles import EVERYTHING, NOTHING, Right, Role

OBJECT_ID = "11111111-2222-4333-8444-555555555555"
PRINTS = st.text().map(lambda key: hashlib.sha256(key.encode()).hexdigest())

GOOD = [
    "key:0123456789ab",
    f"key:{'f' * 64}",
    f"user:{OBJECT_ID}",
    "user:jane@example.com",
    "user:jane_other.example#EXT#@contoso.onmicrosoft.com",
    f"group:{OBJECT_ID}",
    "slack:T0123/U0456",
    "slack:T0123/C0789",
    f"teams:{OBJECT_ID}/19:abc_def@thread.tacv2",
]
BAD = [
    "",
    "key:",
    "key:0123456789a",
    f"key:{'f' * 65}",
    "key:0123456789xy",
    "user:jane",
    "user:*@example.com\n",
    "user:",
    "group:admins",
    "group:jane@example.com",
    "slack:U0456",
    "slack:T0123/*!",
    "teams:contoso/jane",
    "app:0123456789ab",
    "KEY:0123456789ab",
    "0123456789ab",
    "user:ján@example.com",
]


def grant(who: str, role: Role = Role.READER, **fields: str) -> Grant:
    return Grant.model_validate({"principal": who, "role": role.value, **fields})


def key(fingerprint: str) -> Identity:
    return Identity("key", f"key:{fingerprint[:12]}", frozenset({principal("key", fingerprint)}))


@pytest.mark.parametrize("who", GOOD)
def test_such_principals_can_be_granted_something(who: str) -> None:
    kind, _, name = who.partition(":")
    assert grant(who).is_for({principal(kind, name)})
    assert not grant(who).is_for({principal(kind, f"x{name}")})


@pytest.mark.parametrize("who", BAD)
def test_such_principals_can_not(who: str) -> None:
    with pytest.raises(ValidationError):
        grant(who)


@given(PRINTS, PRINTS, st.integers(12, 64))
def test_a_key_is_found_by_the_beginning_of_its_fingerprint(mine: str, other: str, digits: int) -> None:
    found = recognise(key(mine), [grant(f"key:{mine[:digits]}", name="ci")])
    assert (found.actor, found.name, found.access.rights) == ("key:ci", "ci", (Right(Role.READER),))
    if other != mine:
        assert recognise(key(other), [grant(f"key:{mine}")]).access == EVERYTHING


@given(PRINTS, st.sets(st.sampled_from(GOOD)))
def test_a_key_s_fingerprint_makes_it_no_user(fingerprint: str, granted: set[str]) -> None:
    grants = [grant(who, Role.READER) for who in sorted(granted)]
    assert recognise(key(fingerprint), grants).access == EVERYTHING
    assert recognise(ANONYMOUS, grants).access == NOTHING


@pytest.mark.parametrize("kind", ["entra", "slack", "teams", "anonymous", "system"])
def test_without_a_grant_only_a_key_may_anything(kind: str) -> None:
    somebody = Identity(kind, "somebody", frozenset({"user:jane@example.com"}))  # type: ignore[arg-type]
    assert recognise(somebody, []).access == NOTHING


def test_a_chat_s_user_has_what_its_channel_has_too() -> None:
    grants = [
        grant("slack:T1/C1", Role.READER, registry="payments"),
        grant("slack:T1/U1", Role.MEMBER, registry="payments", username="dev"),
    ]
    dev = Identity("slack", "slack:T1/U1", frozenset({"slack:T1/U1", "slack:T1/C1"}))
    found = recognise(dev, grants)
    assert found.actor == "slack:T1/U1"
    assert found.access.may_read("payments")
    assert found.access.allows(Role.OPERATOR, "payments", "dev")
    assert not found.access.allows(Role.OPERATOR, "payments", "ci")
    stranger = Identity("slack", "slack:T2/U1", frozenset({"slack:T2/U1", "slack:T2/C1"}))
    assert recognise(stranger, grants).access == NOTHING


def test_several_grants_of_one_key_may_have_one_name_between_them() -> None:
    mine = "0123456789ab"
    pair = (grant(f"key:{mine}", name="ci"), grant(f"key:{mine}cd", Role.OPERATOR, registry="a*"))
    assert check_names(pair) == pair
    found = recognise(key(f"{mine}cd" + "0" * 50), pair)
    assert found.actor == "key:ci"
    assert found.access.allows(Role.OPERATOR, "abc")


def test_only_a_key_is_called_by_its_grant_s_name() -> None:
    """The directory's own name is the better one for a person."""
    jane = Identity("entra", "entra:jane@example.com", frozenset({"user:jane@example.com"}))
    found = recognise(jane, [grant("user:jane@example.com", name="boss")])
    assert (found.actor, found.name) == ("entra:jane@example.com", "boss")
