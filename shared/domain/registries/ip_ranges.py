"""Address ranges that may reach a registry, as App Service's access restrictions take them."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

MAX_RANGES = 80
"""App Service takes 512 rules; a column of the operation's row, which has the ranges twice, has room for fewer."""

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = rf"{_OCTET}(\.{_OCTET}){{3}}(/(3[0-2]|[12]?[0-9]))?"
_H = "[0-9A-Fa-f]{1,4}"
_V6 = (
    "("
    + "|".join(
        [
            f"({_H}:){{7}}{_H}",
            f"({_H}:){{1,7}}:",
            *(f"({_H}:){{1,{7 - after}}}(:{_H}){{1,{after}}}" for after in range(1, 7)),
            f":(:{_H}){{1,7}}",
            "::",
        ]
    )
    + ")(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"
)
IP_RANGE = f"({_V4}|{_V6})"
"""No netmasks, scope ids or IPv4 inside of IPv6: not every reader takes them as meant."""


def _canonical(text: str) -> str | None:
    """The range in its shortest form, without bits behind its prefix; a single address is a range of one."""
    if not re.fullmatch(IP_RANGE, text):
        return None
    network = ipaddress.ip_network(text, strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    # ::ffff:0:0/96 is how IPv6 writes IPv4
    return f"{mapped}/{network.prefixlen - 96}" if mapped else str(network)


def _check(ranges: list[str] | None) -> list[str] | None:
    if ranges is None:
        return None
    found = [_canonical(text) for text in ranges]
    bad = [text for text, network in zip(ranges, found, strict=True) if network is None]
    if bad or len(ranges) > MAX_RANGES:
        raise PydanticCustomError(
            "InvalidIpRanges",
            "Not usable as address ranges: {names}",
            {
                "names": ", ".join(repr(text[:48]) for text in bad)[:300] or f"{len(ranges)} of them",
                "fix": f"At most {MAX_RANGES} ranges in CIDR notation: 203.0.113.0/24, 203.0.113.7, 2001:db8::/32. "
                "[] lets nobody in; null lets everybody in.",
            },
        )
    return list(dict.fromkeys(network for network in found if network))


IpRanges = Annotated[
    list[str] | None,
    AfterValidator(_check),
    Field(
        json_schema_extra={
            "maxItems": MAX_RANGES,
            "items": {"type": "string", "pattern": f"^(?:{IP_RANGE})$"},
            "examples": [["203.0.113.0/24", "2001:db8::/32"]],
        }
    ),
]
"""`None` = open to everybody; an empty list = closed to everybody. Canonical, in the order given, each once."""
