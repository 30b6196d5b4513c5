"""Keeps a set of programs running until it is told to stop.

A program may be held: it is stopped as at the end and stays down as long as it is held. That is no failure of its own,
and the others go on.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from localazure.errors import LocalAzureError
from localazure.up.console import Console
from localazure.up.processes import Child, Program

_LOOK_SECONDS = 0.05
_REPORT_SECONDS = 5.0
_START_LIMIT_SECONDS = 120.0

Pids = Mapping[str, int]


class Supervisor:
    """Starts programs in order, starts again what ends by itself, stops them in the opposite order."""

    def __init__(
        self,
        programs: Sequence[Program],
        console: Console,
        *,
        on_start: Callable[[Pids], None],
        on_ready: Callable[[Pids], None],
        is_held: Callable[[str], bool] = lambda _name: False,
    ) -> None:
        """`on_start` gets the process ids when one changed, `on_ready` when all are ready with new ids.

        `is_held` says of a program's name whether it is to be down; `on_ready` then gets the ids of the others.
        """
        self._children = [Child(program, console) for program in programs]
        self._console = console
        self._on_start = on_start
        self._on_ready = on_ready
        self._is_held = is_held
        self._held: set[str] = set()
        self._stop_requests = 0
        self._told: Pids = {}
        self._told_ready: Pids = {}
        self._begun: set[str] = set()
        self._next_report = 0.0

    def request_stop(self) -> None:
        """Make `run` return soon; asked again, kill what still runs. Safe in a signal handler."""
        self._stop_requests += 1

    def run(self) -> None:
        """Run until `request_stop`. On the way out, also by an exception, every child process is stopped.

        Raises LocalAzureError when a program cannot be started.
        """
        self._next_report = time.monotonic() + _REPORT_SECONDS
        try:
            while not self._stop_requests:
                self._look()
                time.sleep(_LOOK_SECONDS)
        finally:
            self._stop()

    def _look(self) -> None:
        for child in self._children:
            if self._is_held(child.name):
                self._hold(child)
            elif self._may_run(child):
                self._held.discard(child.name)
                child.look()
        pids = self._pids()
        if pids != self._told:
            self._told = pids
            self._on_start(pids)
        if all(child.ready or child.name in self._held for child in self._children):
            if pids != self._told_ready:
                self._told_ready = pids
                self._on_ready(pids)
        else:
            self._report_waiting()

    def _hold(self, child: Child) -> None:
        if child.name not in self._held:
            self._console.say(f"{child.name} is held: it stays down until it is let go")
            self._held.add(child.name)
        child.hold(hurry=lambda: self._stop_requests > 1)

    def _may_run(self, child: Child) -> bool:
        if child.name not in self._begun:
            if not all(self._child(name).ready for name in child.program.after):
                return False
            self._begun.add(child.name)
            self._console.say(f"starting {child.name}, waiting for {child.program.waits_for}")
        return True

    def _child(self, name: str) -> Child:
        return next(child for child in self._children if child.name == name)

    def _pids(self) -> Pids:
        return {child.name: child.pid for child in self._children if child.pid is not None}

    def _report_waiting(self) -> None:
        for child in self._children:
            if child.waiting_seconds > _START_LIMIT_SECONDS:
                raise LocalAzureError(
                    f"{child.name} runs, but {child.program.waits_for}: not in {_START_LIMIT_SECONDS:.0f} s."
                )
        if time.monotonic() >= self._next_report:
            self._next_report = time.monotonic() + _REPORT_SECONDS
            for child in self._children:
                if child.waiting_seconds >= 1:
                    seconds = f"{child.waiting_seconds:.0f} s"
                    self._console.say(
                        f"still waiting for {child.program.waits_for} ({child.name}, {seconds})"
                    )

    def _stop(self) -> None:
        asked = self._stop_requests
        for child in reversed(self._children):
            if child.pid is not None:
                self._console.say(f"stopping {child.name}")
                child.stop(hurry=lambda: self._stop_requests > max(asked, 1))
