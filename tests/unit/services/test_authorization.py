"""Refusals: what they say, and what they must not say."""

import pytest

from shared.domain.errors import ApiError, not_found
from shared.domain.roles import EVERYTHING, NOTHING, Access, Need, Right, Role
from shared.services.authorization import authorize, veiled
from shared.services.requests import Caller

TEAM = Access((Right(Role.READER, "team-*"), Right(Role.MEMBER, "shared", "ci")))


def caller(access: Access) -> Caller:
    return Caller("key:ci", "r1", access=access)


def refusal(need: Need, access: Access, registry: str | None, username: str | None = None) -> ApiError:
    with pytest.raises(ApiError) as refused:
        authorize(need, caller(access), "do_it", registry, username)
    return refused.value


def test_a_refusal_says_what_is_needed_where_and_who_asks() -> None:
    error = refusal(Need(Role.OPERATOR), TEAM, "team-a")
    assert (error.status, error.code, error.target) == (403, "Forbidden", "team-a")
    assert error.message.startswith("do_it needs the role Operator on registry 'team-a'. ")
    assert "You are taken for key:ci, who is Reader on team-*, Member on shared. " in error.message
    assert "ROLE_GRANTS" in error.fix
    assert "/api/whoami" in error.fix


@pytest.mark.parametrize(
    ("need", "registry", "words"),
    [
        (Need(Role.ADMIN, everywhere=True), None, "the role Admin on all registries. "),
        (Need(Role.ADMIN), None, "the role Admin on at least one registry. "),
        (Need(Role.MEMBER), "other", "a role on registry 'other'. "),
        (
            Need(Role.OPERATOR, own=True),
            "team-a",
            "Operator on registry 'team-a', or Member if it is about the user of your own name. ",
        ),
    ],
)
def test_it_says_where_the_role_must_be_held(need: Need, registry: str | None, words: str) -> None:
    assert words in refusal(need, TEAM, registry, "jane").message


def test_whoever_has_no_role_is_told_so() -> None:
    assert "key:ci, who is nobody here. " in refusal(Need(Role.READER), NOTHING, "demo").message


def test_a_long_list_of_rights_is_cut() -> None:
    many = Access(tuple(Right(Role.READER, f"team-{number}") for number in range(100)))
    assert len(refusal(Need(Role.ADMIN), many, "x" * 1000).message) < 500


def test_what_is_allowed_is_let_through() -> None:
    authorize(Need(Role.READER), caller(TEAM), "do_it", "team-a", None)
    authorize(Need(Role.OPERATOR, own=True), caller(TEAM), "do_it", "shared", "ci")


@pytest.mark.parametrize(
    ("access", "shown"), [(EVERYTHING, True), (TEAM, True), (Access((Right(Role.READER, "team-b"),)), False)]
)
def test_a_404_names_no_registry_that_its_reader_may_not_see(access: Access, shown: bool) -> None:
    error = not_found("Registry", "team-b", "team-a", "Create it")
    found = veiled(error, caller(access), "team-b")
    assert ("team-a" in found.fix) is shown
    assert ("Create it" in found.fix) is not shown
    assert (found.status, found.code, found.message) == (error.status, error.code, error.message)


@pytest.mark.parametrize(
    ("registry", "shown"),
    [("team-a", True), ("shared", False), (None, False)],
    ids=["Reader", "Member", "all"],
)
def test_a_404_names_no_user_to_whom_may_not_list_them(registry: str | None, shown: bool) -> None:
    found = veiled(not_found("User", "c", "bob", "Create it"), caller(TEAM), registry)
    assert ("bob" in found.fix) is shown


def test_other_errors_are_what_they_were() -> None:
    error = ApiError(409, "Conflict", "message", "fix")
    assert veiled(error, caller(NOTHING), "demo") is error
    plain = not_found("User", "c", None, "Create it")
    assert veiled(plain, caller(NOTHING), "demo") is plain
