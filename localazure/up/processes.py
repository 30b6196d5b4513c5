"""One child process of the supervisor: started, watched, started again, stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from localazure.errors import LocalAzureError
from localazure.up.console import Console

_SHIM = Path(__file__).parents[1] / "die_with_parent.py"
_STEADY_SECONDS = 10
"""Who lives that long has started well: an end after that is not a failed start."""
_MOST_FAILURES = 5


@dataclass(frozen=True)
class Program:
    """What a child process runs, and how one sees that it is up."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    waits_for: str
    """What makes it ready, in words for the log."""
    is_ready: Callable[[], bool]
    stop_seconds: float
    """How long it gets between SIGTERM and SIGKILL."""
    after: tuple[str, ...] = ()
    """Names of the programs that must have answered before its first start."""


class Child:
    """A program that is kept running: an end that nobody asked for is followed by a new start."""

    def __init__(self, program: Program, console: Console) -> None:
        self.program = program
        self.ready = False
        self._console = console
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_not_before = 0.0
        self._failures = 0

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """Its process id; None while it does not run."""
        return self._process.pid if self._process else None

    @property
    def waiting_seconds(self) -> float:
        """How long it has been running without being ready."""
        return time.monotonic() - self._started_at if self._process and not self.ready else 0.0

    def look(self) -> None:
        """Do what is due: start it, notice that it is ready, notice that it ended.

        Called again and again, always from the main thread: on Linux a child is told to stop when the
        *thread* that started it ends, see prctl(2). Raises LocalAzureError when it ended too often after its
        start.
        """
        if self._process is None:
            if time.monotonic() >= self._start_not_before:
                self._start()
        elif self._process.poll() is not None:
            self._ended(self._process.returncode)
        elif not self.ready and self.program.is_ready():
            self.ready = True

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        """SIGTERM, then SIGKILL when its time is over or `hurry()` says so. Its group ends with it."""
        process, self._process, self.ready = self._process, None, False
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            deadline = time.monotonic() + self.program.stop_seconds
            while process.poll() is None and time.monotonic() < deadline and not hurry():
                time.sleep(0.02)
            if process.poll() is None:
                self._console.say(f"{self.name} did not stop in time: SIGKILL")
        _kill_group(process.pid)
        process.wait()

    def hold(self, *, hurry: Callable[[], bool]) -> None:
        """Stop it as `stop` does, if it runs; the next `look` starts it at once. Failed starts stay counted."""
        self.stop(hurry=hurry)
        self._start_not_before = 0.0

    def _start(self) -> None:
        environment = {**self.program.environment, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), *self.program.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
        )
        assert self._process.stdout is not None  # noqa: S101 - for the type checker: PIPE was asked for
        self._console.follow(self._process.stdout, self.name)
        self._started_at = time.monotonic()

    def _ended(self, code: int) -> None:
        started_well = self.ready and (
            code == -signal.SIGKILL or time.monotonic() - self._started_at >= _STEADY_SECONDS
        )
        self._failures = 0 if started_well else self._failures + 1
        self._process, self.ready = None, False
        if self._failures >= _MOST_FAILURES:
            raise LocalAzureError(
                f"{self.name} ended {self._failures} times within seconds of its start (the last time: "
                f"{describe_exit(code)}). Its lines above say why."
            )
        pause = 2 ** max(self._failures - 1, 0)
        self._start_not_before = time.monotonic() + pause
        self._console.say(
            f"{self.name} ended by itself ({describe_exit(code)}): starting it again in {pause} s"
        )


def describe_exit(code: int) -> str:
    """A return code in words, as subprocess gives it: negative for a signal."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def end_leftovers(pids: Mapping[str, object], sign: str, console: Console) -> None:
    """Stop processes that a killed supervisor left: those of `pids` whose command line holds `sign`.

    The sign (the state folder's path) tells them from strangers to whom the system gave the number since.
    """
    left = [
        process for pid in pids.values() if isinstance(pid, int) and (process := _process_with(pid, sign))
    ]
    if left:
        console.say(
            f"stopping what an earlier run left behind: {', '.join(str(process.pid) for process in left)}"
        )
    for process in left:
        process.terminate()
    _, alive = psutil.wait_procs(left, timeout=10)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=5)


def _process_with(pid: int, sign: str) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if any(sign in argument for argument in process.cmdline()) else None
    except psutil.Error:
        return None


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:  # macOS says so about a group that holds only a zombie
        pass
