"""Which port belongs to which site: for ever, because the port is part of the site's host name."""

import random
import threading
from pathlib import Path

from localazure.ports import is_free, ours
from localazure.private_files import read_json, write_private_json

_RANGE = range(20000, 32000)
"""Below the ports that systems give to outgoing connections, which may be taken at any time."""


class SitePorts:
    """Reservations, kept in a file. A site that was deleted and comes back has the port it had."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._ports: dict[str, int] = {
            name: port for name, port in read_json(file).items() if isinstance(port, int)
        }

    def reserve(self, name: str) -> int:
        """The port of this site: the one it has, else a free one from now on. Raises OSError."""
        with self._lock:
            if name not in self._ports:
                reserved = {**self._ports, name: self._free_port()}
                write_private_json(self._file, reserved)
                self._ports = reserved
            return self._ports[name]

    def _free_port(self) -> int:
        taken, candidates = set(self._ports.values()), ours(_RANGE)
        return next(
            port for port in random.sample(candidates, len(candidates)) if port not in taken and is_free(port)
        )
