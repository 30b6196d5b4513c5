"""Address ranges: what is taken, in which form, and what is refused by name."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.registries.ip_ranges import IP_RANGE, MAX_RANGES, IpRanges


def _plainly(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Without IPv4 inside of IPv6."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return ":".join(f"{part:x}" for part in struct.unpack("!8H", address.packed))


RANGES: TypeAdapter[list[str] | None] = TypeAdapter(IpRanges)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        (None, None),
        ([], []),
        (["203.0.113.0/24"], ["203.0.113.0/24"]),
        (["203.0.113.7"], ["203.0.113.7/32"]),
        (["2001:DB8:0::/32"], ["2001:db8::/32"]),
        (["::1"], ["::1/128"]),
        (["203.0.113.7/24"], ["203.0.113.0/24"]),
        (["2001:db8::1/32"], ["2001:db8::/32"]),
        (["::ffff:cb00:7100/120"], ["203.0.113.0/24"]),  # IPv4, as IPv6 writes it
        (["0.0.0.0/0", "::/0"], ["0.0.0.0/0", "::/0"]),
        (["10.0.0.0/8", "203.0.113.7", "10.0.0.0/8", "203.0.113.7/32"], ["10.0.0.0/8", "203.0.113.7/32"]),
    ],
)
def test_ranges_are_kept_in_their_order_and_shortest_form(
    asked: list[str] | None, taken: list[str] | None
) -> None:
    assert RANGES.validate_python(asked) == taken


@pytest.mark.parametrize(
    "bad",
    [
        "", "payments", "203.0.113.0/33", "203.0.113", "1.2.3.4/255.255.255.0", "fe80::1%eth0",
        "010.0.0.0/8", "10.0.0.0/8 ", "10.0.0.0/-1", "10.0.0.0/٨", "AzureCloud", "::ffff:1.2.3.4", "1.2.3.4,5.6.7.8",
        "1::2::3", "::/129", "1:2:3:4:5:6:7:8:9",
    ],
)  # fmt: skip
def test_what_is_no_range_is_named(bad: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RANGES.validate_python(["203.0.113.0/24", bad, "198.51.100.0/24"])
    [problem] = refused.value.errors()
    assert problem["type"] == "InvalidIpRanges"
    assert repr(bad) in problem["msg"]
    assert "203.0.113.0/24" not in problem["msg"]
    assert "CIDR" in problem["ctx"]["fix"]


def test_all_bad_entries_are_named_at_once_and_long_ones_are_cut() -> None:
    with pytest.raises(ValidationError) as refused:
        RANGES.validate_python(["one", "10.0.0.0/8", "two", "x" * 1000])
    [problem] = refused.value.errors()
    assert "'one', 'two', 'xxx" in problem["msg"]
    assert len(problem["msg"]) < 400


def test_there_is_an_upper_limit() -> None:
    most = [f"10.0.{number}.0/24" for number in range(MAX_RANGES)]
    assert RANGES.validate_python(most) == most
    with pytest.raises(ValidationError, match="81 of them"):
        RANGES.validate_python([*most, "203.0.113.0/24"])


@given(st.lists(st.ip_addresses().map(_plainly), max_size=20))
def test_every_address_is_a_range_and_a_range_stays_what_it_is(addresses: list[str]) -> None:
    once = RANGES.validate_python(addresses)
    assert once is not None
    assert RANGES.validate_python(once) == once


@given(st.from_regex(IP_RANGE, fullmatch=True))
def test_whatever_the_schema_lets_through_is_a_range(text: str) -> None:
    [network] = RANGES.validate_python([text]) or []
    assert ipaddress.ip_network(network)
