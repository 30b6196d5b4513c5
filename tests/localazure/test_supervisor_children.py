"""The supervisor with real child processes: started in order, started again, stopped, never left behind."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import psutil
import pytest

from localazure.errors import LocalAzureError
from localazure.up import processes
from localazure.up.console import Console
from localazure.up.processes import Program, end_leftovers
from localazure.up.supervisor import Pids, Supervisor

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deaf', flush=True)
time.sleep(60)
"""


def program(
    name: str,
    *command: str,
    is_ready: Callable[[], bool] = lambda: True,
    stop_seconds: float = 5,
    after: tuple[str, ...] = (),
) -> Program:
    return Program(
        name=name,
        command=list(command or ("sleep", "60")),
        environment=os.environ,
        waits_for="nothing",
        is_ready=is_ready,
        stop_seconds=stop_seconds,
        after=after,
    )


class Run:
    """Runs a supervisor, keeps what it told, and stops it when all was ready `ready_times` times."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        at_ready: Callable[["Run", Pids], object] = lambda _run, _pids: None,
        ready_times: int = 1,
    ) -> None:
        self.starts: list[Pids] = []
        self.ready: list[Pids] = []
        self._log = io.StringIO()
        self._at_ready = at_ready
        self._ready_times = ready_times
        self.supervisor = Supervisor(
            programs, Console(self._log), on_start=self.starts.append, on_ready=self._on_ready
        )

    @property
    def log(self) -> str:
        return self._log.getvalue()

    def wait_for_log(self, text: str) -> None:
        assert wait_until(lambda: text in self.log)

    def _on_ready(self, pids: Pids) -> None:
        self.ready.append(pids)
        self._at_ready(self, pids)
        if len(self.ready) == self._ready_times:
            self.supervisor.request_stop()

    def run(self) -> Self:
        self.supervisor.run()
        return self


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_every_child_runs_in_a_session_of_its_own_and_ends_at_stop() -> None:
    sessions: list[int] = []
    run = Run(
        [program("a"), program("b")],
        at_ready=lambda _, pids: sessions.extend(os.getsid(pid) for pid in pids.values()),
    ).run()
    pids = list(run.ready[0].values())
    assert sessions == pids
    assert not any(map(lives, pids))


def test_they_are_stopped_in_the_opposite_order() -> None:
    log = Run([program("azurite"), program("emulator"), program("functions-host")]).run().log
    stops = [line.rpartition(" ")[2] for line in log.splitlines() if "stopping" in line]
    assert stops == ["functions-host", "emulator", "azurite"]


def test_one_that_needs_another_starts_when_that_is_ready(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    first = program("first", "sh", "-c", f"sleep 0.3; touch {sign}; exec sleep 60", is_ready=sign.exists)
    run = Run([first, program("second", after=("first",))]).run()
    assert [sorted(pids) for pids in run.starts] == [["first"], ["first", "second"]]


def test_a_killed_child_comes_back_alone_and_the_new_pid_is_told() -> None:
    def kill_the_first(run: Run, pids: Pids) -> None:
        if len(run.ready) == 1:
            os.kill(pids["a"], signal.SIGKILL)

    run = Run([program("a"), program("b")], at_ready=kill_the_first, ready_times=2).run()
    before, after = run.ready
    assert after["b"] == before["b"]
    assert after["a"] != before["a"]
    assert "a ended by itself (killed by SIGKILL): starting it again in 1 s" in run.log
    assert not any(map(lives, after.values()))


def test_a_child_that_ends_at_each_start_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_MOST_FAILURES", 2)
    broken = program("b", "sh", "-c", "echo no such module; exit 3", is_ready=lambda: False)
    run = Run([program("a"), broken])
    with pytest.raises(LocalAzureError, match=r"b ended 2 times .* exit code 3"):
        run.run()
    assert "no such module" in run.log
    assert not lives(run.starts[0]["a"])


def test_who_ignores_sigterm_is_killed_with_its_whole_group() -> None:
    grandchildren: list[int] = []

    def look(run: Run, pids: Pids) -> None:
        run.wait_for_log("deaf")
        grandchildren.extend(child.pid for child in psutil.Process(pids["a"]).children())

    family = program("a", "sh", "-c", f'"{sys.executable}" -c "{DEAF}" & wait', stop_seconds=0.3)
    Run([family], at_ready=look).run()
    assert grandchildren
    assert wait_until(lambda: not any(map(lives, grandchildren)))


def test_a_second_request_to_stop_does_not_wait() -> None:
    def ask_again_soon(run: Run, _pids: Pids) -> None:
        run.wait_for_log("deaf")
        signal.signal(signal.SIGALRM, lambda *_: run.supervisor.request_stop())
        signal.setitimer(signal.ITIMER_REAL, 0.3)

    began = time.monotonic()
    run = Run([program("a", sys.executable, "-c", DEAF, stop_seconds=60)], at_ready=ask_again_soon).run()
    assert time.monotonic() - began < 10
    assert "did not stop in time: SIGKILL" in run.log


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel tells children of their parent's end on Linux alone"
)
def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"""
import os
from pathlib import Path
from localazure.up.console import Console
from localazure.up.processes import Program
from localazure.up.supervisor import Supervisor
write = lambda pids: Path({str(pid_file)!r}).write_text(str(pids["a"]))
Supervisor(
    [Program("a", ["sleep", "60"], os.environ, "nothing", lambda: True, 5)],
    Console(), on_start=lambda pids: None, on_ready=write,
).run()
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text() != "")
    child = int(pid_file.read_text())
    # The same process id, from before to after the exec that makes it `sleep`.
    assert wait_until(lambda: psutil.Process(child).name() == "sleep")
    supervisor.kill()
    supervisor.wait()
    assert wait_until(lambda: not lives(child))


def test_leftovers_are_known_by_the_folder_in_their_command_line(tmp_path: Path) -> None:
    ours = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)])
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        end_leftovers(
            {"a": ours.pid, "b": stranger.pid, "c": 2**22 + 1, "d": None},
            str(tmp_path),
            Console(io.StringIO()),
        )
        assert not lives(ours.pid)
        assert lives(stranger.pid)
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()


def test_the_log_names_who_spoke_and_has_no_colours_without_a_terminal() -> None:
    speaker = program("a", "sh", "-c", "echo hello; exec sleep 60")
    lines = Run([speaker], at_ready=lambda run, _: run.wait_for_log("hello")).run().log.splitlines()
    assert "a              | hello" in lines
    assert not any("\033" in line for line in lines)
