"""A local Azure of its own for the demo: in a temporary folder, on free ports, gone at the end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localazure.errors import LocalAzureError
from localazure.up.environment import ROOT

_START_SECONDS = 90
_STOP_SECONDS = 45
_SHIM = Path(__file__).parents[1] / "die_with_parent.py"


class LocalAzure:
    """`python -m localazure up` as a child process."""

    def __init__(self, folder: Path) -> None:
        """Work in `folder`, an empty one."""
        self.folder = folder
        self.log = folder / "up.log"
        self._ready_file = folder / "ready.json"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mapping[str, Any]:
        """Start it; returns the ready file's content. Raises LocalAzureError if it does not come up."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*(sys.executable, "-I", "-S", str(_SHIM), str(os.getpid())), *self._command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                start_new_session=True,  # Ctrl-C reaches the demo alone, which stops this in order
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise LocalAzureError("the local Azure did not start")
            time.sleep(0.05)
        ready: dict[str, Any] = json.loads(self._ready_file.read_text(encoding="utf-8"))
        return ready

    def stop(self) -> int | None:
        """Ask it to stop, kill it when that takes too long. Returns its exit code, None if it did not run."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def log_end(self) -> str:
        """The last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-25:])

    def settings(self) -> Mapping[str, str]:
        """The settings that the function app got."""
        file = self.folder / "state" / "local.settings.json"
        values: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["Values"]
        return values

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "localazure", "up", "--port", "0", "--app-dir", str(ROOT)),
            *("--state", str(self.folder / "state"), "--ready-file", str(self._ready_file)),
        ]


@contextmanager
def temporary_azure() -> Iterator[LocalAzure]:
    """A local Azure that is stopped and deleted afterwards. Its folder has mode 0700."""
    folder = Path(tempfile.mkdtemp(prefix="berthage-demo-"))
    azure = LocalAzure(folder)
    try:
        yield azure
    finally:
        azure.stop()
        shutil.rmtree(folder, ignore_errors=True)
