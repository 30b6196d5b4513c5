"""The ports of the local Azure: five in a row, or free ones that a folder keeps."""

import errno
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from typing import Self

from localazure.errors import LocalAzureError

DEFAULT_PORT = 7071
"""The port that `func start` takes, too."""

_FREE_PORTS = range(15000, 20000)
"""Below the range from which systems take the ports of outgoing connections (Linux: 32768, others: 49152),
because a port from there may be taken in the second in which a process is being restarted; and below those of
the sites, which belong to a site for ever."""


@dataclass(frozen=True)
class Ports:
    """Who listens where on the loopback interface."""

    functions: int
    emulator: int
    blob: int
    queue: int
    table: int

    @classmethod
    def starting_at(cls, first: int) -> Self:
        """Five ports in a row. Raises LocalAzureError where they would not fit."""
        if not 1 <= first <= 65531:
            raise LocalAzureError(
                f"--port {first}: five ports are needed from there on; give 1 to 65531, or 0"
            )
        return cls(*range(first, first + 5))

    @classmethod
    def free(cls, earlier: Mapping[str, object]) -> Self:
        """Free ports; those of `earlier` (what `as_dict` gave) again where they are still free."""
        taken: set[int] = set()

        def choose(name: str) -> int:
            before = earlier.get(name)
            candidates = [before] if isinstance(before, int) else []
            port = next(port for port in _chain(candidates) if port not in taken and is_free(port))
            taken.add(port)
            return port

        return cls(**{field.name: choose(field.name) for field in fields(cls)})

    def as_dict(self) -> dict[str, int]:
        """Name and port, to be kept and given to `free` later."""
        return asdict(self)

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
                f"Stop who uses it, or choose other ports: {setting} N takes N to N+4, {setting} 0 any."
            )


_PURPOSE = {
    "functions": "the Functions host",
    "emulator": "the Azure emulator",
    "blob": "Azurite's blobs",
    "queue": "Azurite's queues",
    "table": "Azurite's tables",
}


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
    yield from random.sample(_FREE_PORTS, len(_FREE_PORTS))
