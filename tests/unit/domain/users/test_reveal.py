"""Tokens of one-time links, and how long a link is good for what."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.users.reveal import LIFE, STATUS_LIFE, Purpose, Reveal, Token
from tests.unit.domain.examples import NOW, UID, registry_names

SECOND = timedelta(seconds=1)


def row(**fields: object) -> Reveal:
    given = {
        "digest": "d",
        "username": "ci",
        "uid": UID,
        "purpose": Purpose.ROTATE,
        "offered_by": "slack:T1/U1",
        "kind": "slack",
        "principals": ["slack:T1/U1"],
        "offered_at": NOW,
        "until": NOW + LIFE,
        **fields,
    }
    return Reveal.model_validate(given)


@given(registry_names)
def test_a_token_is_read_as_it_was_written_and_says_its_registry(name: str) -> None:
    token = Token.new(name)
    assert Token.read(token.text) == token
    assert token.registry == name


def test_a_token_has_128_random_bits_that_need_no_escape() -> None:
    tokens = {Token.new("demo").text for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"demo\.[A-Za-z0-9_-]{22}", text) for text in tokens)


@pytest.mark.parametrize(
    "text",
    ["", "demo", "demo.", "demo." + "a" * 21, "demo." + "a" * 23, "Demo." + "a" * 22, "_users." + "a" * 22],
)
def test_what_can_not_be_a_token_is_none(text: str) -> None:
    assert Token.read(text) is None


@given(st.text(max_size=200))
def test_whatever_is_sent_it_is_read_or_refused(text: str) -> None:
    token = Token.read(text)
    assert token is None or token.text == text


def test_neither_a_token_nor_its_digest_leads_back_to_it() -> None:
    token = Token.new("demo")
    assert token.text not in repr(token)
    assert re.fullmatch("[0-9a-f]{64}", token.digest)
    assert replace(token, text=token.text[:-1] + "-").digest != token.digest


def test_a_link_is_open_until_it_is_used_or_fifteen_minutes_old() -> None:
    link = row()
    assert link.is_open(NOW)
    assert link.is_open(NOW + LIFE - SECOND)
    assert not link.is_open(NOW + LIFE)
    assert not link.change(used_at=NOW + SECOND).is_open(NOW + 2 * SECOND)


def test_only_a_used_link_tells_how_far_its_work_is_and_for_an_hour() -> None:
    assert not row().tells(NOW)
    used = row(used_at=NOW)
    assert used.tells(NOW)
    assert used.tells(NOW + STATUS_LIFE - SECOND)
    assert not used.tells(NOW + STATUS_LIFE)
