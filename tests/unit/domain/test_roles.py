"""Roles: who may do what, as a table, and what must hold for any rights."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.roles import EVERYTHING, NOTHING, Access, Need, Right, Role
from tests.unit.domain.examples import registry_names

NO, YES = False, True
TABLE = {  # what is needed: Reader, Member, Operator, Admin
    Role.MEMBER: (YES, YES, YES, YES),
    Role.READER: (YES, NO, YES, YES),
    Role.OPERATOR: (NO, NO, YES, YES),
    Role.ADMIN: (NO, NO, NO, YES),
}
CELLS = [
    (needs, role, enough) for needs, row in TABLE.items() for role, enough in zip(Role, row, strict=True)
]
PATTERNS = st.text("ab*?-", min_size=1, max_size=6)
RIGHTS = st.builds(
    Right, st.sampled_from(Role), PATTERNS | registry_names, st.none() | st.sampled_from(["ci", "jane"])
)
ACCESSES = st.builds(Access, st.lists(RIGHTS, max_size=4).map(tuple), st.sampled_from(["", "jane"]))
USERS = st.none() | st.sampled_from(["ci", "jane", "JANE", "bob", ""])


@pytest.mark.parametrize(("needs", "role", "enough"), CELLS)
def test_a_role_is_enough_for_these_and_not_for_those(needs: Role, role: Role, enough: bool) -> None:
    access = Access((Right(role, "team-*"),))
    assert access.allows(needs, "team-a") is enough
    assert access.allows(needs) is enough
    assert not access.allows(needs, "other")
    assert not access.everywhere(needs)
    assert Access((Right(role),)).everywhere(needs) is enough


@pytest.mark.parametrize("role", Role)
def test_the_user_of_its_own_name_helps_a_member_alone(role: Role) -> None:
    access = Access((Right(role, username="ci"),))
    assert access.allows(Role.ADMIN, "demo", "ci") is (role in {Role.MEMBER, Role.ADMIN})
    assert access.allows(Role.ADMIN, "demo", "other") is (role is Role.ADMIN)
    assert access.allows(Role.ADMIN, "demo", "CI") is (role is Role.ADMIN), "these are two users"


@pytest.mark.parametrize(
    ("login", "username", "own"),
    [
        ("jane@example.com", "jane@example.com", True),
        ("Jane@Example.com", "jane@example.com", True),
        ("jane@example.com", "JANE@example.com", True),
        ("jane@example.com", "jane", False),
        ("jane@example.com", "jane@example.com.evil.example", False),
        ("jane@other.example", "jane@example.com", False),
        ("jane@example.com", "", False),
        ("", "", False),
        ("", "jane", False),
        ("\u212aim@example.com", "kim@example.com", False),
    ],
)
def test_an_entra_member_s_user_is_called_like_its_whole_upn(login: str, username: str, own: bool) -> None:
    """Two tenants, and two domains of one, each have their own `jane`."""
    access = Access((Right(Role.MEMBER),), login)
    assert access.allows(Role.OPERATOR, "demo", username) is own


def test_a_named_user_takes_the_place_of_the_upn() -> None:
    access = Access((Right(Role.MEMBER, username="jane"),), "jane@example.com")
    assert access.allows(Role.OPERATOR, "demo", "jane")
    assert not access.allows(Role.OPERATOR, "demo", "jane@example.com")


@pytest.mark.parametrize(
    ("pattern", "registry", "covered"),
    [
        ("*", "demo", True),
        ("*", "_users", True),
        ("**", "_users", True),
        ("?*", "_users", False),
        ("?users", "_users", False),
        ("team-*", "team-a", True),
        ("team-*", "team-", True),
        ("team-*", "my-team-a", False),
        ("team-?", "team-ab", False),
        ("demo", "demo", True),
        ("demo", "demo2", False),
        ("demo", "Demo", False),
    ],
)
def test_a_pattern_covers_whole_names(pattern: str, registry: str, covered: bool) -> None:
    assert Right(Role.READER, pattern).covers(registry) is covered


@given(ACCESSES, RIGHTS, st.sampled_from(Role), st.none() | registry_names, USERS)
def test_one_more_right_takes_nothing_away(
    access: Access, more: Right, needs: Role, registry: str | None, username: str | None
) -> None:
    if access.allows(needs, registry, username):
        assert Access((*access.rights, more), access.login).allows(needs, registry, username)


@given(ACCESSES, st.sampled_from(Role), registry_names, USERS)
def test_what_is_allowed_follows_from_one_right_that_covers_the_registry(
    access: Access, needs: Role, registry: str, username: str | None
) -> None:
    alone = [Access((right,), access.login).allows(needs, registry, username) for right in access.rights]
    assert access.allows(needs, registry, username) is any(alone)
    matching = [right for right in access.rights if fnmatchcase(registry, right.registry)]
    assert access.allows(needs, registry, username) <= bool(matching)


@given(ACCESSES, registry_names, USERS)
def test_whoever_may_more_may_less(access: Access, registry: str, username: str | None) -> None:
    order = [Role.ADMIN, Role.OPERATOR, Role.READER, Role.MEMBER]
    held = [access.allows(needs, registry, username) for needs in order]
    assert held == sorted(held)
    assert [access.everywhere(needs) for needs in order] == sorted(access.everywhere(n) for n in order)


@given(ACCESSES, st.sampled_from(Role), registry_names, st.sampled_from(["bob", "eve"]))
def test_nobody_s_name_helps_nobody(access: Access, needs: Role, registry: str, stranger: str) -> None:
    assert access.allows(needs, registry, stranger) is access.allows(needs, registry)


@given(st.sampled_from(Role), registry_names)
def test_everything_and_nothing(needs: Role, registry: str) -> None:
    assert EVERYTHING.allows(needs, registry)
    assert EVERYTHING.everywhere(needs)
    assert not NOTHING.allows(needs, registry)
    assert not NOTHING.allows(needs)


def test_a_query_may_ask_for_more() -> None:
    need = Need(Role.OPERATOR, own=True, unless={("purge", "true"): Role.ADMIN})
    assert need.with_query({}) == need
    assert need.with_query({"purge": "false"}) == need
    assert need.with_query({"purge": "true", "confirm": "demo"}) == Need(Role.ADMIN)


def test_any_caller_is_enough_where_no_role_is_needed() -> None:
    assert Need().met_by(NOTHING, None, None)
    assert not Need(Role.MEMBER).met_by(NOTHING, None, None)


def test_all_registries_at_once_need_a_right_on_all() -> None:
    need = Need(Role.ADMIN, everywhere=True)
    assert need.met_by(EVERYTHING, None, None)
    assert not need.met_by(Access((Right(Role.ADMIN, "team-*"),)), None, None)


def test_where_only_the_row_says_whose_it_is_a_member_gets_as_far_as_the_row() -> None:
    member, need = Access((Right(Role.MEMBER, username="ci"),)), Need(Role.READER, own=True, by_row=True)
    assert need.met_by(member, "demo", None)
    assert need.met_by(member, "demo", "ci")
    assert not need.met_by(member, "demo", "other")
    assert not need.met_by(member, "demo", ""), "an operation of no user is nobody's own"
    assert not Need(Role.READER, own=True).met_by(member, "demo", None)


@given(registry_names)
def test_a_grant_for_a_registry_that_can_not_be_shows_none(registry: str) -> None:
    access = Access((Right(Role.READER, "-"),))
    assert not access.may_see(registry)
    assert not access.everywhere(Role.READER)
