"""Where a request comes from, by the one header that its sender can't write.

App Service's front end appends the address and port of whoever connected to it to `X-Forwarded-For`: the last hop is
its own word, and everything before that is the caller's (`CLIENT-IP`, which it overwrites, says the same:
https://github.com/Azure/app-service-linux-docs, Things_You_Should_Know/headers.md). `X-Azure-ClientIP` is Front Door's;
whoever can reach the app past Front Door can send it. Behind a proxy the address is therefore the proxy's.
"""

import re
from ipaddress import IPv6Address, ip_address

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")
MAX_HOP = 64
"""Characters: an IPv6 address in brackets with its port has 47 at most."""


def client_address(forwarded_for: str) -> str | None:
    """The last hop without its port, in its shortest spelling; `None` if it is no address."""
    hop = forwarded_for.rpartition(",")[2].strip()
    if len(hop) > MAX_HOP:
        return None
    found = _WITH_PORT.fullmatch(hop)
    try:
        address = ip_address((found[1] or found[2] or "") if found else hop)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address)))  # a zone is text that somebody chose
    return str(address)
