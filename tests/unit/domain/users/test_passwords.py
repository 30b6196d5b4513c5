"""Passwords: how strong, at which cost, and never quoted."""

import itertools
import math
import string
from collections.abc import Callable

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from shared.domain.users.passwords import (
    ALPHABET,
    CHOSEN_COST,
    GENERATED_LENGTH,
    RANDOM_COST,
    check_hash,
    check_password,
    cost_of,
    generate_password,
    hash_cost,
    hash_password,
    matches,
    slow_hash_warning,
)
from tests.unit.domain.examples import hashes


def test_a_generated_password_holds_160_bits_or_more() -> None:
    bits = math.log2(len(string.ascii_letters)) + (GENERATED_LENGTH - 1) * math.log2(len(set(ALPHABET)))
    assert bits >= 160
    assert {len(generate_password()) for _ in range(100)} == {GENERATED_LENGTH}


def test_generated_passwords_use_the_whole_alphabet_evenly() -> None:
    letters = "".join(generate_password()[1:] for _ in range(2000))
    assert set(letters) == set(ALPHABET)
    expected = len(letters) / len(ALPHABET)
    assert all(0.8 * expected < letters.count(letter) < 1.2 * expected for letter in ALPHABET)  # 6 sigma


def test_a_generated_password_is_safe_in_shells_urls_and_yaml() -> None:
    for _ in range(500):
        password = generate_password()
        assert password.isascii()
        assert password.isalnum()
        assert password[0].isalpha()


def test_no_password_is_generated_twice() -> None:
    assert len({generate_password() for _ in range(1000)}) == 1000


def test_what_is_generated_would_be_accepted_if_it_were_sent() -> None:
    password = generate_password()
    assert check_password(password) == password
    assert cost_of(password) == RANDOM_COST == 5


@pytest.mark.parametrize(
    ("password", "cost"),
    [("a" * 12, 10), ("a" * 31, 10), ("a" * 32, 5), ("a" * 72, 5), ("ä" * 31, 10), ("ä" * 32, 5)],
)
def test_thirty_two_characters_are_taken_as_random(password: str, cost: int) -> None:
    assert cost_of(password) == cost


@pytest.mark.parametrize(
    "password",
    ["a" * 12, "a" * 72, "with a space and: a colon", "'\"`$\\{}#%&?!:"],
)
def test_twelve_to_seventy_two_characters_of_ascii_are_accepted(password: str) -> None:
    assert check_password(password) == password


def test_no_password_stays_no_password() -> None:
    assert check_password(None) is None
    assert check_hash(None) is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "12 to 72 printable ASCII characters, this one has 0"),
        ("a" * 11, "this one has 11"),
        ("a" * 73, "this one has 73"),
        ("ä" * 12, "ASCII"),
        ("𝄞" * 18, "ASCII"),
        ("\ud800" * 12, "ASCII"),
        ("correct horse\nbattery", "printable"),
        ("correct horse\0battery", "printable"),
        ("correct horse\x7fbattery", "printable"),
        ("correct horse\u2028battery", "printable"),
    ],
)
def test_a_refused_password_is_described_but_never_quoted(password: str, reason: str) -> None:
    _assert_refused_unquoted(check_password, password, "InvalidPassword", reason)


@given(hashes)
def test_every_bcrypt_hash_that_distribution_reads_is_accepted(password_hash: str) -> None:
    assert check_hash(password_hash) == password_hash


TAIL = "a" * 53


@pytest.mark.parametrize(
    "password_hash",
    [
        "",
        "plain text password",
        f"$2x$05${TAIL}",
        f"$2$05${TAIL}",
        f"$1$05${TAIL}",
        f"$2b$5${TAIL}",
        f"$2b$03${TAIL}",
        f"$2b$32${TAIL}",
        f"$2b$99${TAIL}",
        f"$2b$\u0660\u0665${TAIL}",  # Arabic digits: digits to Python, not to Distribution
        f"$2b$05${TAIL[1:]}",
        f"$2b$05${TAIL}a",
        f"$2b$05${TAIL}\n",
        f"$2b$05${TAIL[1:]}:",
        f"$2b$05${TAIL[1:]}=",
        f"user:$2b$05${TAIL}",
        "$apr1$abcdefgh$0123456789012345678901",
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    ],
)
def test_any_other_hash_is_refused_unquoted(password_hash: str) -> None:
    _assert_refused_unquoted(check_hash, password_hash, "InvalidPasswordHash", "bcrypt")


def _assert_refused_unquoted(
    check: Callable[[str | None], str | None], value: str, code: str, reason: str
) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        check(value)
    assert refused.value.type == code
    assert reason in refused.value.message()
    assert refused.value.context
    assert refused.value.context["fix"]
    if value:
        assert value not in f"{refused.value.message()} {refused.value.context}"


@pytest.mark.parametrize("version", ["2a", "2b", "2y"])
def test_hashes_of_every_version_match_their_password(version: str) -> None:
    password_hash = hash_password("correct horse", 4).replace("$2b$", f"${version}$")
    assert check_hash(password_hash)
    assert matches("correct horse", password_hash)
    assert not matches("wrong horse", password_hash)


def test_a_hash_that_only_distribution_reads_matches_nothing_and_is_no_error() -> None:
    """The last character of a salt carries two bits; this library refuses the stray ones of '9'."""
    stray = hash_password("correct horse", 4)[:28] + "9" + "a" * 31
    assert check_hash(stray)
    assert not matches("correct horse", stray)


@pytest.mark.parametrize("password", ["a" * 72, "ä" * 36, "correct horse battery"])
def test_a_hash_is_one_that_distribution_reads_at_the_cost_asked_for(password: str) -> None:
    password_hash = hash_password(password, RANDOM_COST)
    assert password_hash.startswith("$2b$05$")
    assert check_hash(password_hash) == password_hash
    assert hash_cost(password_hash) == RANDOM_COST
    assert bcrypt.checkpw(password.encode(), password_hash.encode())


def test_the_same_password_never_has_the_same_hash() -> None:
    assert hash_password("correct horse", 4) != hash_password("correct horse", 4)


@given(hashes)
def test_the_cost_stands_in_the_hash(password_hash: str) -> None:
    assert f"${hash_cost(password_hash):02}$" in password_hash


@pytest.mark.parametrize("cost", range(4, 9))
def test_up_to_cost_eight_there_is_no_warning(cost: int) -> None:
    assert slow_hash_warning(cost) is None


@pytest.mark.parametrize(
    ("cost", "milliseconds"),
    [(9, "40 ms"), (CHOSEN_COST, "80 ms"), (12, "320 ms"), (13, "640 ms"), (14, "1280 ms")],
)
def test_above_cost_eight_the_warning_says_what_every_request_pays(cost: int, milliseconds: str) -> None:
    warning = slow_hash_warning(cost)
    assert warning
    assert f"cost {cost}" in warning
    assert milliseconds in warning
    assert "every request" in warning


def test_every_cost_doubles_the_one_before() -> None:
    found = [slow_hash_warning(cost) or "" for cost in range(9, 32)]
    milliseconds = [int(text.partition("about ")[2].partition(" ms")[0]) for text in found]
    assert all(after == 2 * before for before, after in itertools.pairwise(milliseconds))


@given(st.text(max_size=100))
def test_no_password_that_is_accepted_is_cut_or_refused_by_bcrypt(password: str) -> None:
    try:
        accepted = check_password(password)
    except PydanticCustomError:
        return
    assert accepted == password
    assert matches(password, hash_password(password, 4))
    assert not matches(password[:-1], hash_password(password, 4))
