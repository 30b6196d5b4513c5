"""Only what one of our outgoing webhooks has signed, as it has signed it."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chat_apps.signatures import BadSignatureError
from shared.chat_apps.teams_signatures import MOST_BYTES, check_signature, signature
from tests.unit.chat_apps.teams_signing import BODY, OTHER_TOKEN, SIGNATURE, TOKEN, signed


def refused(body: bytes, authorization: str, *tokens: str) -> str:
    with pytest.raises(BadSignatureError) as found:
        check_signature(tokens or (TOKEN,), body, authorization)
    return found.value.reason


def test_microsofts_own_published_example_is_good() -> None:
    check_signature([TOKEN], BODY, SIGNATURE)


def test_we_sign_as_microsofts_sample_does() -> None:
    assert signature(TOKEN, BODY) == SIGNATURE == signed(BODY)


def test_every_changed_byte_of_the_body_is_found() -> None:
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1 << place % 8
        assert refused(bytes(changed), SIGNATURE) == "signature"


def test_every_changed_bit_of_the_signature_is_found() -> None:
    for place in range(len(SIGNATURE)):
        for bit in range(8):
            changed = bytearray(SIGNATURE.encode())
            changed[place] ^= 1 << bit
            assert refused(BODY, changed.decode("latin-1")) in {"unsigned", "signature"}


def test_another_spelling_of_the_same_base64_is_another_signature() -> None:
    """The last letter holds two bits that say nothing: decoders ignore them."""
    assert SIGNATURE.endswith("U=")
    for letter in "VWX":
        assert refused(BODY, f"{SIGNATURE[:-2]}{letter}=") == "signature"


@pytest.mark.parametrize("body", [b"", BODY + b"\n", BODY[:-1], b"\xef\xbb\xbf" + BODY])
def test_a_body_of_another_length_is_another_body(body: bytes) -> None:
    assert refused(body, SIGNATURE) == "signature"


NO_SIGNATURES = [
    "",
    "HMAC",
    "HMAC ",
    SIGNATURE[5:],
    SIGNATURE.lower(),
    f" {SIGNATURE}",
    f"{SIGNATURE}\n",
    f"{SIGNATURE}, {SIGNATURE}",
    SIGNATURE.replace("HMAC ", "HMAC  "),
    SIGNATURE.replace("HMAC", "Bearer"),
    SIGNATURE.replace("+", "-"),
    SIGNATURE.removesuffix("="),
    f"HMAC {'é' * 43}=",
    f"HMAC {'\ud800' * 43}=",
    f"HMAC {'0' * 5000}",
]


@pytest.mark.parametrize("authorization", NO_SIGNATURES)
def test_what_is_no_signature_of_teams_is_refused(authorization: str) -> None:
    assert refused(BODY, authorization) == "unsigned"


def test_without_a_token_nothing_is_signed() -> None:
    with pytest.raises(BadSignatureError):
        check_signature((), BODY, SIGNATURE)


def test_each_team_has_its_own_token() -> None:
    assert refused(BODY, SIGNATURE, OTHER_TOKEN) == "signature"
    check_signature([OTHER_TOKEN, TOKEN], BODY, SIGNATURE)
    check_signature([OTHER_TOKEN, TOKEN], BODY, signed(BODY, OTHER_TOKEN))


def test_a_body_that_no_message_needs_is_not_hashed() -> None:
    longest = b"x" * MOST_BYTES
    check_signature([TOKEN], longest, signed(longest))
    assert refused(longest + b"x", signed(longest + b"x")) == "size"


def test_it_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def watched(one: str, other: str) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", watched)
    assert refused(BODY, SIGNATURE) == "signature"
    assert compared == [(SIGNATURE, SIGNATURE)]


@given(st.binary(), st.text())
def test_whatever_comes_is_refused_and_raises_nothing_else(body: bytes, authorization: str) -> None:
    assert refused(body, authorization) in {"unsigned", "signature"}
    assert refused(body, f"HMAC {authorization}") in {"unsigned", "signature"}
