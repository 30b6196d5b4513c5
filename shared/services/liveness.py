"""Is the control plane itself alive? It is when it can read its own state."""

import time

from shared.ports import Table

REMEMBER_SECONDS = 10


class Liveness:
    """Looks at most once in ten seconds, so that a probe from everywhere costs nothing."""

    def __init__(self, table: Table) -> None:
        self._table, self._good_until = table, 0.0

    def check(self) -> None:
        """Raises `DependencyError`."""
        if time.monotonic() >= self._good_until:
            self._table.get("liveness", "look")
            self._good_until = time.monotonic() + REMEMBER_SECONDS
