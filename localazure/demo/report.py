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
        self._notes: list[str] = []
        self._begun = time.monotonic()
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._green, self._red, self._dim, self._end = (
            ("\033[32m", "\033[31m", "\033[2m", "\033[0m") if coloured else ("", "", "", "")
        )

    @contextmanager
    def step(self, title: str, *, doing: str = "") -> Iterator[None]:
        """Time the block and print a check mark, or a cross if it raises; `doing` is said at its begin."""
        started = time.monotonic()
        if doing:
            self._print(f"… {doing}")
        try:
            yield
        except BaseException:
            self._print(f"{self._red}✗{self._end} {title}")
            raise
        finally:
            notes, self._notes = self._notes, []
        seconds = time.monotonic() - started
        self._rows.append((title, seconds))
        self._print(f"{self._green}✓{self._end} {title:<56} {self._dim}{seconds:6.1f} s{self._end}")
        for note in notes:
            self._print(f"    {self._dim}{note}{self._end}")

    def progress(self, part: str, *, seconds: float | None = None) -> None:
        """A part of the step that is going on has begun, or has ended after some seconds. Printed at once."""
        if seconds is None:
            self._print(f"    {self._dim}… {part}{self._end}")
        else:
            self._print(f"    {self._green}✓{self._end} {part:<52} {self._dim}{seconds:6.1f} s{self._end}")

    def note(self, text: str) -> None:
        """A detail, printed below the step's own line."""
        self._notes.append(text)

    def heading(self, text: str) -> None:
        """A line of its own."""
        self._print(f"\n{text}\n")

    def table(self) -> None:
        """Everything done and how long it took."""
        total = ("in all", time.monotonic() - self._begun)
        width = max(len(title) for title, _ in self._rows)
        self.heading("What was done, and how long it took")
        for title, seconds in self._rows:
            self._print(f"  {title:<{width}}  {seconds:6.1f} s")
        self._print(f"  {'─' * (width + 10)}\n  {total[0]:<{width}}  {total[1]:6.1f} s")

    def _print(self, text: str) -> None:
        print(text, flush=True)
