"""Real parts for the host's tests: Azurite's queue service, and the host in a process of its own."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Self

from azure.storage.queue import QueueClient, TextBase64EncodePolicy

ROOT = Path(__file__).parents[3]
SAMPLE_APP = Path(__file__).parent / "sample_app"
MASTER_KEY, FUNCTION_KEY = "master-key-of-the-tests", "function-key-of-the-tests"
_ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def wait_for[T](found: Callable[[], T], seconds: float = 10.0) -> T:
    """What `found` answers as soon as it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.03)
    return result


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Whether something listens on a port."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def azurite_queues(folder: Path) -> Generator[str]:
    """Azurite's queue service; gives its connection string."""
    port = free_port()
    program = ROOT / "node_modules/.bin/azurite-queue"
    arguments = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--queueHost", "127.0.0.1"]
    arguments += ["--location", str(folder), "--queuePort", str(port)]
    with subprocess.Popen([program, *arguments]) as process:
        try:
            wait_for(lambda: accepts(port), 20)
            yield (
                f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={_ACCOUNT_KEY};"
                f"QueueEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"
            )
        finally:
            process.terminate()


def queue(storage: str, name: str) -> QueueClient:
    """A client that sends as Functions expect it."""
    return QueueClient.from_connection_string(storage, name, message_encode_policy=TextBase64EncodePolicy())


def sample_app(folder: Path, script: str | None = None, host_json: str | None = None) -> Path:
    """A copy of the sample app, or an app of the given script, in `folder`."""
    folder.mkdir(parents=True)
    (folder / "host.json").write_text(host_json or (SAMPLE_APP / "host.json").read_text())
    if script is not None:
        (folder / "function_app.py").write_text(script)
        return folder
    shutil.copy(SAMPLE_APP / "sample_blueprint.py", folder)
    # Its name in the repository is another one: the repository has a function_app of its own.
    shutil.copy(SAMPLE_APP / "sample_functions.py", folder / "function_app.py")
    return folder


class HostProcess:
    """`python -m localazure.functions_host` on a free port; its log is read while it runs."""

    def __init__(
        self,
        app: Path,
        state: Path,
        environ: dict[str, str] | None = None,
        *,
        port: int = 0,
        stop_seconds: int = 10,
    ) -> None:
        state.mkdir(exist_ok=True)
        keys = state / "keys.json"
        keys.write_text(json.dumps({"masterKey": MASTER_KEY, "functionKeys": {"default": FUNCTION_KEY}}))
        self._events = state / "events.jsonl"
        arguments = ["--app-dir", str(app), "--state", str(state), "--port", str(port), "--keys", str(keys)]
        arguments += ["--stop-seconds", str(stop_seconds)]
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "localazure.functions_host", *arguments],
            cwd=ROOT,
            env={**os.environ, "SAMPLE_EVENTS": str(self._events), **(environ or {})},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.wait()

    def ready(self) -> str:
        """Wait until it is ready; gives its URL."""

        def url() -> str | None:
            assert self._process.poll() is None, "\n".join(self.log)
            return next(
                (found[1] for line in self.log if (found := re.search(r"ready on (\S+)", line))), None
            )

        return wait_for(url, 20) or ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def stop(self) -> int:
        """Send SIGTERM and wait; gives the exit code."""
        self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        """Wait for its end; gives the exit code."""
        code = self._process.wait(20)
        self._reader.join(5)
        if self._process.stderr:
            self._process.stderr.close()
        return code

    def events(self, function: str) -> list[dict[str, Any]]:
        """What the sample app's function has recorded."""
        if not self._events.exists():
            return []
        events = [json.loads(line) for line in self._events.read_text().splitlines()]
        return [event for event in events if event["function"] == function]

    def logged(self, text: str) -> bool:
        """Whether a line of the log has the text in it."""
        return any(text in line for line in self.log)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line.rstrip("\n"))
