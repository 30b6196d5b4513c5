"""The ports of the local Azure: a row of them, or free ones that a folder keeps."""

import errno
import os
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Self

from localazure.errors import LocalAzureError

DEFAULT_PORT = 7071
"""The port that `func start` takes, too."""

_FREE_PORTS = range(15000, 20000)
"""Below the range from which systems take the ports of outgoing connections (Linux: 32768, others: 49152),
because a port from there may be taken in the second in which a process is being restarted; and below those of
the sites, which belong to a site for ever."""

SHARE_SETTING = "LOCALAZURE_PORT_SHARE"
"""`2/3`: of all ports to choose from, the second third is ours. Who starts at the same moment chooses other ones."""


@dataclass(frozen=True)
class Ports:
    """Who listens where on the loopback interface."""

    functions: int
    emulator: int
    blob: int
    queue: int
    table: int
    slack: int
    """The double of Slack."""
    queue_proxy: int | None = None
    """In front of Azurite's queues; there is one only if storage is to misbehave on demand."""
    table_proxy: int | None = None

    @classmethod
    def starting_at(cls, first: int, *, proxies: bool = False) -> Self:
        """Six ports in a row, eight with `proxies`. Raises LocalAzureError where they would not fit."""
        names = _names(proxies)
        highest = 65536 - len(names)
        if not 1 <= first <= highest:
            raise LocalAzureError(
                f"--port {first}: {len(names)} ports are needed from there on; give 1 to {highest}, or 0"
            )
        return cls(**{name: first + offset for offset, name in enumerate(names)})

    @classmethod
    def free(cls, earlier: Mapping[str, object], *, proxies: bool = False) -> Self:
        """Free ports; those of `earlier` (what `as_dict` gave) again where they are still free."""
        chosen: dict[str, int] = {}
        for name in _names(proxies):
            before = earlier.get(name)
            candidates = [before] if isinstance(before, int) else []
            chosen[name] = next(
                port for port in _chain(candidates) if port not in chosen.values() and is_free(port)
            )
        return cls(**chosen)

    def as_dict(self) -> dict[str, int]:
        """Name and port, to be kept and given to `free` later."""
        return {name: port for name, port in asdict(self).items() if port is not None}

    def check_free(self, setting: str) -> None:
        """Raise LocalAzureError that names every port in use, who wanted it, and the setting to change."""
        used = [
            f"port {port} (for {_PURPOSE[name]})"
            for name, port in self.as_dict().items()
            if not is_free(port)
        ]
        if used:
            verb = "is" if len(used) == 1 else "are"
            raise LocalAzureError(
                f"{', '.join(used)} {verb} in use. Nothing was started. "
                f"Stop who uses it, or choose other ports: {setting} N takes N to N+{len(self.as_dict()) - 1}, "
                f"{setting} 0 any."
            )


_PURPOSE = {
    "functions": "the Functions host",
    "emulator": "the Azure emulator",
    "blob": "Azurite's blobs",
    "queue": "Azurite's queues",
    "table": "Azurite's tables",
    "slack": "the double of Slack",
    "queue_proxy": "the proxy of Azurite's queues",
    "table_proxy": "the proxy of Azurite's tables",
}


def _names(proxies: bool) -> list[str]:
    return [name for name in _PURPOSE if proxies or not name.endswith("_proxy")]


def ours(ports: range) -> range:
    """Those of `ports` that are in our share: all of them, unless the environment says otherwise."""
    number, _, shares = os.environ.get(SHARE_SETTING, "1/1").partition("/")
    return ports[int(number) - 1 :: int(shares)]


def is_free(port: int) -> bool:
    """Can a server listen on this port of the loopback interface, IPv4 and (where there is one) IPv6?"""
    return _can_listen(socket.AF_INET, "127.0.0.1", port) and _can_listen(socket.AF_INET6, "::1", port)


def _can_listen(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as server:
            # As every server here does; without it a port just closed counts as used for a minute.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((address, port))
            server.listen(1)
    except PermissionError:
        return False
    except OSError as error:
        return error.errno != errno.EADDRINUSE  # no IPv6 on this machine: nobody can be in the way there
    return True


def _chain(first: list[int]) -> Iterator[int]:
    yield from first
    candidates = ours(_FREE_PORTS)
    yield from random.sample(candidates, len(candidates))
