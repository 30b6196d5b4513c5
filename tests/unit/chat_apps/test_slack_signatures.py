"""Only what Slack has signed, as it has signed it, and only while it is fresh."""

import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chat_apps.signatures import BadSignatureError
from shared.chat_apps.slack_signatures import MOST_BYTES, signed_at
from tests.unit.chat_apps.signing import BODY, SECRET, SIGNATURE, THEN, TIMESTAMP, headers, signature


def given_headers(timestamp: str = TIMESTAMP, signed: str = SIGNATURE) -> dict[str, str]:
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signed}


def refused(body: bytes, given: dict[str, str], secret: str = SECRET) -> str:
    with pytest.raises(BadSignatureError) as found:
        signed_at(secret, body, given, THEN)
    return found.value.reason


def test_slacks_own_published_example_is_good() -> None:
    assert signed_at(SECRET, BODY, given_headers(), THEN) == THEN


def test_names_of_headers_have_no_case() -> None:
    lower = {name.lower(): value for name, value in given_headers().items()}
    assert signed_at(SECRET, BODY, lower, THEN) == THEN


def test_every_changed_byte_of_the_body_is_found() -> None:
    for place in range(len(BODY)):
        for flipped in (1, 0x20, 0x80):
            changed = bytearray(BODY)
            changed[place] ^= flipped
            assert refused(bytes(changed), given_headers()) == "signature"


def test_every_changed_byte_of_the_timestamp_is_found() -> None:
    for place in range(len(TIMESTAMP)):
        for bit in range(7):
            changed = bytearray(TIMESTAMP.encode())
            changed[place] ^= 1 << bit
            assert refused(BODY, given_headers(changed.decode())) in {"unsigned", "time", "signature"}


def test_every_changed_byte_of_the_signature_is_found() -> None:
    for place in range(len(SIGNATURE)):
        for bit in range(7):
            changed = bytearray(SIGNATURE.encode())
            changed[place] ^= 1 << bit
            assert refused(BODY, given_headers(signed=changed.decode())) in {"unsigned", "signature"}


@pytest.mark.parametrize("body", [b"", BODY + b"&", BODY[:-1], b"\n" + BODY])
def test_a_body_of_another_length_is_another_body(body: bytes) -> None:
    assert refused(body, given_headers()) == "signature"


def test_another_secret_signs_otherwise() -> None:
    assert refused(BODY, given_headers(), "9" + SECRET[1:]) == "signature"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_within_five_minutes_it_is_good(seconds: int) -> None:
    assert signed_at(SECRET, BODY, given_headers(), THEN + timedelta(seconds=seconds)) == THEN


@pytest.mark.parametrize("seconds", [-86400, -301, 301, 86400])
def test_after_five_minutes_or_before_it_is_not(seconds: int) -> None:
    with pytest.raises(BadSignatureError) as found:
        signed_at(SECRET, BODY, given_headers(), THEN + timedelta(seconds=seconds))
    assert found.value.reason == "time"


NO_TIMESTAMPS = [
    "",
    " ",
    "x",
    " 1531420618",
    "1531420618\n",
    "-1531420618",
    "+1531420618",
    "1_531_420_618",
    "1531420618.0",
    "0x5b4792aa",
    "١٥٣١٤٢٠٦١٨",
    "NaN",
    "9" * 12,
    "9" * 5000,
]


@pytest.mark.parametrize("timestamp", NO_TIMESTAMPS)
def test_what_is_no_timestamp_of_slacks_is_refused(timestamp: str) -> None:
    signed = signature(BODY, timestamp)
    assert refused(BODY, given_headers(timestamp, signed)) == "unsigned"


HEX = SIGNATURE.removeprefix("v0=")


@pytest.mark.parametrize(
    "signed",
    [
        "",
        "v0=",
        HEX,
        f"v1={HEX}",
        f"v0={HEX.upper()}",
        f"{SIGNATURE} ",
        f"{SIGNATURE},{SIGNATURE}",
        "v0=" + "é" * 64,
        "v0=" + "\ud800" * 64,
        "v0=" + "f" * 100_000,
    ],
)
def test_what_is_no_signature_is_refused(signed: str) -> None:
    assert refused(BODY, given_headers(signed=signed)) == "unsigned"


@pytest.mark.parametrize("missing", ["X-Slack-Request-Timestamp", "X-Slack-Signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    given = given_headers()
    del given[missing]
    assert refused(BODY, given) == "unsigned"


def test_a_body_that_is_no_text_is_refused_though_it_is_signed() -> None:
    body = b"text=\xff\xfe"
    assert refused(body, headers(body, TIMESTAMP)) == "signature"


def test_a_huge_body_is_refused_without_a_look() -> None:
    body = b"a" * (MOST_BYTES + 1)
    assert refused(body, headers(body, TIMESTAMP)) == "size"
    assert signed_at(SECRET, body[1:], headers(body[1:], TIMESTAMP), THEN) == THEN


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=80))
def test_nothing_that_anybody_sends_is_good_or_an_error(body: bytes, timestamp: str, signed: str) -> None:
    assert refused(body, given_headers(timestamp, signed))


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the one function of the standard library that promises it, and by nothing else."""
    compared: list[tuple[str, str]] = []

    def watched(mine: str, theirs: str) -> bool:
        compared.append((mine, theirs))
        return True

    monkeypatch.setattr(hmac, "compare_digest", watched)
    wrong = f"v0={'0' * 64}"
    signed_at(SECRET, BODY, given_headers(signed=wrong), THEN)
    assert compared == [(SIGNATURE, wrong)]
