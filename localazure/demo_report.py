"""What the demo shows: one line for each thing done, with its duration, and a table at the end."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from localazure.errors import LocalAzureError


class CheckFailedError(LocalAzureError):
    """Something that had to hold did not; the message says what was expected and what came."""


def check(what: str, *, expected: object, got: object) -> None:
    """Raise CheckFailedError unless both are equal."""
    if expected != got:
        raise CheckFailedError(f"{what}: expected {expected}, got {got}")


class Report:
    """Prints steps as they end, and remembers how long each took."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, float]] = []
        self._begun = time.monotonic()
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._green, self._red, self._dim, self._end = (
            ("\033[32m", "\033[31m", "\033[2m", "\033[0m") if coloured else ("", "", "", "")
        )

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Time the block and print a check mark, or a cross if it raises."""
        started = time.monotonic()
        try:
            yield
        except BaseException:
            print(f"{self._red}✗{self._end} {title}", flush=True)
            raise
        seconds = time.monotonic() - started
        self._rows.append((title, seconds))
        print(f"{self._green}✓{self._end} {title:<58} {self._dim}{seconds:5.1f} s{self._end}", flush=True)

    def note(self, text: str) -> None:
        """A detail of the step that is going on."""
        print(f"    {self._dim}{text}{self._end}", flush=True)

    def heading(self, text: str) -> None:
        """A line of its own."""
        print(f"\n{text}\n", flush=True)

    def table(self) -> None:
        """Everything done and how long it took."""
        width = max(len(title) for title, _ in self._rows)
        self.heading("What was done")
        for title, seconds in [*self._rows, ("in all", time.monotonic() - self._begun)]:
            print(f"  {title:<{width}}  {seconds:6.1f} s", flush=True)
