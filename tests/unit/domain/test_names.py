"""Names: what is accepted, and which Azure names follow."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.domain.names import (
    OPERATION_KEY,
    AzureNames,
    RegistryName,
    Username,
    azure_names,
    operation_id,
    split_operation_id,
)
from tests.unit.domain.examples import registry_names, usernames

STORAGE_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]")
PLAN = re.compile(r"[A-Za-z0-9-]{1,40}")


class Named(BaseModel):
    registry: RegistryName = "demo"
    user: Username = "ci"


GOOD_REGISTRIES = ["abc", "a" * 24, "a-1", "a--b", "team-payments", "x00"]
BAD_REGISTRIES = [
    "", "a", "ab", "a" * 25, "1ab", "-ab", "ab-", "Abc", "aBc", "a_b", "a.b", "a b", "abc\n", "\nabc", "ab\u0663",
    "äbc", "a/b", "a:b", "abc\0",
]  # fmt: skip
GOOD_USERS = ["a", "0", "A" * 64, "jane@example.com", "ci-2", "a..", "a_b"]
BAD_USERS = [
    "", "a" * 65, "_probe", "-a", ".a", "@a", "a:b", "a\n", "a\r", "a b", "a/b", "a\0", "jané", "a\u0663",
    "#a", "a,b", "a\u2028",
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD_REGISTRIES)
def test_a_registry_name_of_the_grammar_is_taken_as_it_is(name: str) -> None:
    assert Named(registry=name).registry == name


@pytest.mark.parametrize("name", BAD_REGISTRIES)
def test_any_other_registry_name_is_refused_with_the_grammar(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Named(registry=name)
    [problem] = refused.value.errors()
    assert problem["type"] == "InvalidRegistryName"
    assert "3 to 24" in problem["msg"]
    assert problem["ctx"]["fix"]


@pytest.mark.parametrize("name", GOOD_USERS)
def test_a_username_of_the_grammar_is_taken_as_it_is(name: str) -> None:
    assert Named(user=name).user == name


@pytest.mark.parametrize("name", BAD_USERS)
def test_any_other_username_is_refused_with_the_grammar(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Named(user=name)
    [problem] = refused.value.errors()
    assert problem["type"] == "InvalidUsername"
    assert "1 to 64" in problem["msg"]
    assert problem["ctx"]["fix"]


LOWER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
LETTERS = LOWER + LOWER.upper()
ALMOST = st.text(
    st.sampled_from(LETTERS + DIGITS + "-._@:#/\\ \t\r\n\0éß\u0131\u0663\u2028\u202e"), max_size=66
)
"""Names, and what is one character away from a name."""


def accepts(**name: str) -> bool:
    try:
        Named(**name)
    except ValidationError:
        return False
    return True


@given(ALMOST | registry_names | st.text(max_size=30))
@example("a" * 24)
@example("a" * 25)
def test_a_registry_name_is_what_the_grammar_says_in_words(name: str) -> None:
    """3 to 24 of a-z, 0-9 and hyphen; a letter first, no hyphen last."""
    fits = 3 <= len(name) <= 24 and set(name) <= set(LOWER + DIGITS + "-")
    assert accepts(registry=name) == (fits and name[0] in LOWER and name[-1] != "-")


@given(ALMOST | usernames | st.text(max_size=30))
@example("a" * 64)
@example("a" * 65)
def test_a_username_is_what_the_grammar_says_in_words(name: str) -> None:
    """1 to 64 of letters, digits and . _ @ -; a letter or digit first."""
    fits = 1 <= len(name) <= 64 and set(name) <= set(LETTERS + DIGITS + "._@-")
    assert accepts(user=name) == (fits and name[0] in LETTERS + DIGITS)


@given(st.text(max_size=30))
def test_no_accepted_username_can_break_a_line_of_the_file(name: str) -> None:
    try:
        accepted = Named(user=name).user
    except ValidationError:
        return
    assert accepted.isascii()
    assert not set(accepted) & set(":#\r\n\0 \t/\\")


@given(registry_names, st.uuids().map(str), st.from_regex(r"[A-Za-z0-9._()-]{1,90}", fullmatch=True))
def test_azure_accepts_the_names(registry: str, subscription: str, group: str) -> None:
    for attempt in (0, 1, 9):
        names = azure_names(subscription, group, registry, attempt, attempt)
        assert STORAGE_ACCOUNT.fullmatch(names.storage_account)
        assert SITE.fullmatch(names.site)
        assert PLAN.fullmatch(names.plan)


def test_the_same_registry_always_gets_the_same_names() -> None:
    """Written out: another derivation would make every repeated create miss its own resources."""
    assert azure_names("00000000-0000-0000-0000-000000000000", "berthage", "demo") == AzureNames(
        storage_account="demoj6qr3ate", plan="demo-j6qr3ate-plan", site="demo-j6qr3ate"
    )


def test_case_of_subscription_and_group_does_not_matter_as_it_does_not_to_azure() -> None:
    assert azure_names("ABC", "Group", "demo") == azure_names("abc", "gROUP", "demo")


BASE = {"subscription": "s", "group": "g", "registry": "demo", "storage_attempt": 0, "site_attempt": 0}


@pytest.mark.parametrize(
    ("change", "storage_differs", "site_differs", "plan_differs"),
    [
        ({"subscription": "t"}, True, True, True),
        ({"group": "h"}, True, True, True),
        ({"registry": "demo2"}, True, True, True),
        ({"registry": "d-emo"}, True, True, True),  # the same letters once the hyphen is gone
        ({"storage_attempt": 1}, True, False, False),
        ({"site_attempt": 1}, False, True, False),
        ({}, False, False, False),
    ],
)
def test_names_differ_by_what_they_derive_from(
    change: dict[str, object], storage_differs: bool, site_differs: bool, plan_differs: bool
) -> None:
    one, other = azure_names(**BASE), azure_names(**{**BASE, **change})  # type: ignore[arg-type] # a table of arguments
    assert (one.storage_account != other.storage_account) is storage_differs
    assert (one.site != other.site) is site_differs
    assert (one.plan != other.plan) is plan_differs


def test_many_candidates_are_all_different() -> None:
    candidates = [azure_names("s", "g", "demo", attempt, attempt) for attempt in range(50)]
    assert len({names.storage_account for names in candidates}) == 50
    assert len({names.site for names in candidates}) == 50


def test_registries_that_share_their_first_sixteen_letters_do_not_share_an_account() -> None:
    one, other = (
        azure_names("s", "g", "payments-production-a"),
        azure_names("s", "g", "payments-production-b"),
    )
    assert one.storage_account != other.storage_account


@given(registry_names, st.from_regex(OPERATION_KEY, fullmatch=True))
def test_an_operation_id_tells_its_partition(registry: str, key: str) -> None:
    assert split_operation_id(operation_id(registry, key)) == (registry, key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "demo",
        "demo.",
        ".key",
        "Demo.key",
        "demo.a.b",
        "demo.a/b",
        "demo." + "a" * 65,
        "demo.a\n",
        "de.k",
    ],
)
def test_what_cannot_be_an_operation_id_is_none(text: str) -> None:
    assert split_operation_id(text) is None
