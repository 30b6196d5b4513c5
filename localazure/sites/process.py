"""One process of a site: start, poll, stop; and the end of those that a killed predecessor left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import psutil

from localazure.private_files import read_json, write_private_json
from localazure.sites.config import SiteStartError

KILL_SECONDS = 5.0
"""How long a process may take to be gone after SIGKILL. Longer than that it hangs in the kernel."""

_LOG_BYTES = 10 * 1024 * 1024
"""A log that has grown beyond this is put aside at the next start; one old log is kept."""

_SHIM = Path(__file__).parents[1] / "die_with_parent.py"


@dataclass(frozen=True)
class Launch:
    """What to start, and where its traces go."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log_file: Path
    pid_file: Path


class SiteProcess:
    """A process that runs, or has run. Not for use by several threads."""

    def __init__(self, process: subprocess.Popen[bytes], pid_file: Path) -> None:
        """Use `start`."""
        self._process = process
        self._pid_file = pid_file

    @classmethod
    def start(cls, launch: Launch) -> Self:
        """Start it in a session of its own, so that a Ctrl-C in the terminal is for its owner alone.

        The calling thread has to live as long as the process: on Linux its end ends the process (prctl(2)).
        Raises SiteStartError when there is nothing that can be started.
        """
        program = Path(launch.command[0])
        if program.is_absolute() and not os.access(program, os.X_OK):
            raise SiteStartError(f"{program.resolve()} is no program that can be run")
        try:
            with _open_log(launch.log_file) as log:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), *launch.command],
                    cwd=launch.folder,
                    env=dict(launch.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:  # ValueError: a setting with a NUL in it
            raise SiteStartError(f"{program.name} cannot be started: {error}") from error
        started = cls(process, launch.pid_file)
        try:
            _write_pid_file(launch.pid_file, process.pid)
        except OSError:
            started.stop(0)  # a process that nobody would find again
            raise
        return started

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its session and group."""
        return self._process.pid

    def poll(self) -> int | None:
        """None while it runs; else its exit code, negative for the signal that ended it.

        Does not reap it: its number cannot become a stranger's before `stop` was called.
        """
        if self._process.returncode is not None:
            return self._process.returncode
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def stop(self, seconds: float) -> int | None:
        """SIGTERM to its group, SIGKILL after `seconds` to what is left of it.

        As App Service stops a container. No SIGINT before that: the registry drains its connections on
        SIGTERM, and version 2 dies of SIGINT at once. Gives the exit code; None if even SIGKILL did not help.
        """
        if self.poll() is None:
            self._signal(signal.SIGTERM)
            self._wait(seconds)
        self._signal(signal.SIGKILL)  # also for children that outlived it
        try:
            code = self._process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        self._pid_file.unlink(missing_ok=True)
        return code

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            _signal_group(self.pid, number)


def end_leftover(pid_file: Path, seconds: float) -> int | None:
    """End the process that a killed predecessor wrote to this file; its id, or None if there is none.

    The time of its creation tells it from a stranger who was given the same number since.
    """
    process = _recorded(pid_file)
    if process is not None:
        _signal_group(process.pid, signal.SIGTERM)
        psutil.wait_procs([process], timeout=seconds)
        _signal_group(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=KILL_SECONDS)
    pid_file.unlink(missing_ok=True)
    return process.pid if process else None


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS: PermissionError for a group that is all zombies
        return


def _recorded(pid_file: Path) -> psutil.Process | None:
    record = read_json(pid_file)
    pid, created = record.get("pid"), record.get("created")
    if not isinstance(pid, int) or not isinstance(created, float):
        return None
    try:
        process = psutil.Process(pid)
        # Not to the last digit: it is computed from the clock, which may have been set a little since.
        return process if abs(process.create_time() - created) < 1 else None
    except psutil.Error:
        return None


def _write_pid_file(pid_file: Path, pid: int) -> None:
    created = psutil.Process(pid).create_time()
    write_private_json(pid_file, {"pid": pid, "created": created})


def _open_log(log_file: Path) -> BinaryIO:
    if log_file.exists() and log_file.stat().st_size > _LOG_BYTES:
        log_file.replace(log_file.with_suffix(".log.1"))
    return log_file.open("ab")
