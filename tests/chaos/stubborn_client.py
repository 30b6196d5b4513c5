"""A client that repeats what nobody answered, and what happens to the processes meanwhile."""

import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.api_client import FINAL
from tests.e2e.local_azure import LocalAzure

Json = dict[str, Any]

ANSWER_SECONDS = 60.0
END_SECONDS = 90.0
PAUSE_SECONDS = 0.2
PROGRAMS = {"azurite", "emulator", "functions-host"}


@dataclass(frozen=True)
class Request:
    """A mutating request with an id of its own: sent twice, it is still one."""

    method: str
    path: str
    body: Json | None
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What came of it. `doubtful`: an earlier attempt may have taken effect although its answer was lost."""

    request: Request
    status: int
    code: str
    body: Json
    doubtful: bool

    @property
    def operation(self) -> str | None:
        """The operation that it names."""
        link = self.body.get("operation")
        return link["id"] if link else None

    def __str__(self) -> str:
        doubt = ", repeated" if self.doubtful else ""
        return f"{self.request.method} {self.request.path}: {self.status} {self.code} {self.body}{doubt}"


class StubbornClient:
    """One client that asks until it is answered."""

    def __init__(self, local: LocalAzure) -> None:
        self._api = local.api
        self.repeats = 0

    def write(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Sent with an `Operation-Id`, again and again until it is answered."""
        key = f"c-{secrets.token_hex(8)}"
        return self.send(Request(method, path, body, {"Operation-Id": key, **(headers or {})}))

    def send(self, request: Request) -> Answer:
        """This very request, until it is answered."""
        answer, doubtful = self._ask(request)
        body: Json = answer.json() if answer.content else {}
        assert answer.headers.get("x-ms-request-id"), (
            f"{request}: not an answer of ours: {answer} {answer.text}"
        )
        code = answer.headers.get("x-ms-error-code", "")
        assert answer.status_code < 500, f"{request}: {answer.status_code} {answer.text}"
        return Answer(request, answer.status_code, code, body, doubtful)

    def read(self, path: str) -> tuple[int, Json]:
        """A GET, until it is answered."""
        answer, _ = self._ask(Request("GET", path, None, {}))
        body: Json = answer.json() if answer.content else {}
        return answer.status_code, body

    def end_of(self, operation: str) -> Json:
        """The operation when it has ended."""
        deadline = time.monotonic() + END_SECONDS
        while True:
            status, found = self.read(f"operations/{operation}?wait=10")
            assert status == 200, f"operation {operation} was acknowledged, and now: {status} {found}"
            if found["status"] in FINAL:
                return found
            assert time.monotonic() < deadline, f"not ended after {END_SECONDS} s: {found}"

    def _ask(self, request: Request) -> tuple[httpx.Response, bool]:
        deadline, doubtful = time.monotonic() + ANSWER_SECONDS, False
        while True:
            try:
                answer = self._api.send(
                    request.method, request.path, request.body, headers=dict(request.headers)
                )
                if answer.status_code != 503:
                    return answer, doubtful
                doubtful, why = True, answer.text
            except httpx.TransportError as error:
                doubtful, why = doubtful or not isinstance(error, httpx.ConnectError), repr(error)
            assert time.monotonic() < deadline, f"{request}: no answer in {ANSWER_SECONDS} s, at last: {why}"
            self.repeats += 1
            time.sleep(PAUSE_SECONDS)


class Upsets:
    """What goes wrong beside the client: at once, or while its next request is under way."""

    CRASHES = 3
    """Of one registry: after each, its site waits twice as long before it starts again."""

    def __init__(self, local: LocalAzure) -> None:
        self._local = local
        self._one_restart = threading.Lock()
        self._crashes: dict[str, int] = {}
        self._timers: list[threading.Timer] = []
        self.done: dict[str, int] = {}

    def begin(self, what: str, delay: float) -> None:
        """`delay` seconds from now, beside whatever is done then."""
        timer = threading.Timer(delay, self._do, [what])
        timer.start()
        self._timers.append(timer)

    def settle(self) -> None:
        """All of it has happened, and everything runs again."""
        while self._timers:
            self._timers.pop().join()
        self._local.up.wait_until(self._everything_runs)

    def _everything_runs(self) -> bool:
        running = self._processes()
        return running.keys() >= PROGRAMS and all(_alive(pid) for pid in running.values())

    def _do(self, what: str) -> None:
        if what == "kill the Functions host":
            self._kill("functions-host")
        elif what == "restart the emulator":
            self._restart("emulator")
        elif what == "restart Azurite":
            self._restart("azurite")
        else:
            self._kill_registry(what.rpartition(" ")[2])
        self.done[what] = self.done.get(what, 0) + 1

    def _restart(self, program: str) -> None:
        """In an orderly way: Azurite would lose what it has not saved yet, as no Azure does."""
        hold = self._local.azure.state / "hold" / program
        with self._one_restart:
            pid = self._processes().get(program)
            hold.touch()
            self._local.up.wait_until(lambda: pid is None or not _alive(pid))
            hold.unlink()

    def _kill(self, program: str) -> None:
        with suppress(ProcessLookupError, KeyError):  # it is on its way up already
            os.kill(self._processes()[program], signal.SIGKILL)

    def _processes(self) -> dict[str, int]:
        pids: dict[str, int] = self._local.up.ready()["processes"]
        return pids

    def _kill_registry(self, name: str) -> None:
        self._crashes[name] = self._crashes.get(name, 0) + 1
        if self._crashes[name] > self.CRASHES:
            return
        for file in (self._local.azure.state / "emulator").rglob("run/*.json"):
            if file.stem.startswith(f"{name}-"):
                with suppress(OSError, ValueError, KeyError):
                    os.kill(json.loads(file.read_text(encoding="utf-8"))["pid"], signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
