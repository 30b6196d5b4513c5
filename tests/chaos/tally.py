"""What was done in a run, and what went wrong: the numbers that it prints at the end."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counters of one run. Only `count` and `violate` are called by several threads."""

    cells: int = 0
    missed: list[str] = field(default_factory=list)
    """Cells whose step did not come up although they were run again: nothing was tested."""
    faults: Counter[str] = field(default_factory=Counter)
    """Faults that hit a request, by their class."""
    kills: int = 0
    registry_kills: int = 0
    restarts: int = 0
    messages: int = 0
    acknowledged: int = 0
    repeated: int = 0
    """Requests that were sent again because nobody had acknowledged them."""
    operations: Counter[str] = field(default_factory=Counter)
    """Operations that ended, by their status."""
    violations: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, more: int = 1) -> None:
        """Raise one of the numbers."""
        with self._lock:
            setattr(self, name, getattr(self, name) + more)

    def ended(self, status: str) -> None:
        """An operation has ended."""
        with self._lock:
            self.operations[status] += 1

    def violate(self, text: str) -> None:
        """Something that must not happen has happened."""
        with self._lock:
            self.violations.append(text)
        print(f"  VIOLATION {text}", flush=True)

    def lines(self) -> list[str]:
        """The numbers, for a person."""
        faults = ", ".join(f"{name} {number:,}" for name, number in sorted(self.faults.items())) or "none"
        ends = ", ".join(f"{number:,} {status}" for status, number in sorted(self.operations.items()))
        return [
            f"cells                    {self.cells:,}",
            f"faults that hit          {sum(self.faults.values()):,}: {faults}",
            f"host kills               {self.kills:,}",
            f"registry kills           {self.registry_kills:,}",
            f"orderly restarts         {self.restarts:,}",
            f"messages put in          {self.messages:,}",
            f"requests acknowledged    {self.acknowledged:,}, sent again until then {self.repeated:,}",
            f"operations               {sum(self.operations.values()):,}: {ends or 'none'}",
            f"steps not met            {len(self.missed):,}",
            f"violations               {len(self.violations):,}",
        ]
