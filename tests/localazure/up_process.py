"""`python -m localazure up` as a child process of a test."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from localazure.up.environment import ROOT

START_SECONDS = 45


class Up:
    """One run on free ports, with its state, log and ready file in `folder`."""

    def __init__(self, folder: Path, app_dir: Path, *options: str) -> None:
        self.ready_file = folder / "ready.json"
        self.log = folder / "up.log"
        self._command = [
            *(sys.executable, "-m", "localazure", "up", "--app-dir", str(app_dir), "--port", "0"),
            *("--state", str(folder / "state"), "--ready-file", str(self.ready_file)),
            *options,
        ]

    def start(self) -> Self:
        self.ready_file.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True
            )
        try:
            self.wait_until(self.ready_file.exists)
        except BaseException:
            self.process.terminate()
            raise
        return self

    def wait_until(self, condition: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def ready(self) -> dict[str, Any]:
        ready: dict[str, Any] = json.loads(self.ready_file.read_text())
        return ready

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(45)
