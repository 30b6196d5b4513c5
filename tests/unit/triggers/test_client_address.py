"""The address in the audit is the front end's word, never the caller's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.triggers.client_address import client_address


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.7:49828", "203.0.113.7"),
        ("203.0.113.7", "203.0.113.7"),
        ("10.0.0.5, 192.168.1.20, 203.0.113.7:49828", "203.0.113.7"),
        ("10.0.0.5,203.0.113.7:49828", "203.0.113.7"),
        ("[2001:db8::7]:49828", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:0DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("[::ffff:203.0.113.7]:49828", "203.0.113.7"),
        ("[fe80::1%a zone=of anybody]:1", "fe80::1"),
    ],
)
def test_the_last_hop_is_the_address(header: str, address: str) -> None:
    assert client_address(header) == address


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "203.0.113.7,",
        "unknown",
        "localhost:80",
        "203.0.113.700:1",
        "[::1",
        "::1]:1",
        ":80",
        "1:2",
        "9" * 70,
    ],
)
def test_what_is_no_address_is_not_recorded(header: str) -> None:
    assert client_address(header) is None


@given(st.text(), st.ip_addresses(v=4), st.integers(1, 65535))
def test_nothing_that_a_caller_sends_wins_over_what_the_front_end_appends(
    sent: str, peer: object, port: int
) -> None:
    assert client_address(f"{sent}, {peer}:{port}") == str(peer)
