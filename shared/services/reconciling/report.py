"""What one run of `reconcile` did, as one line of the log that people and programs can read."""

import threading
from collections import defaultdict

from shared.telemetry.metrics import RECONCILED
from shared.telemetry.traces import telemetry

MOST_NAMES = 20


class Report:
    """Counts by kind, with names. Registries are visited side by side: it may be told from any thread."""

    def __init__(self) -> None:
        self._found: defaultdict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def note(self, kind: str, name: str) -> None:
        """`kind` is what was done or found, in snake case; `name` is a registry, an operation or a resource."""
        with self._lock:
            self._found[kind].append(name)
        telemetry.record(RECONCILED, kind=kind)

    def count(self, kind: str) -> int:
        """How often that was noted."""
        return len(self._found.get(kind, ()))

    def line(self) -> str:
        """`kind=count:name,name` for each kind, in order; of a flood of names the first `MOST_NAMES`."""
        return " ".join(f"{kind}={_shown(names)}" for kind, names in sorted(self._found.items()))


def _shown(names: list[str]) -> str:
    more = ["..."] if len(names) > MOST_NAMES else []
    return f"{len(names)}:{','.join([*sorted(names)[:MOST_NAMES], *more])}"
