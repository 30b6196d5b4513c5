"""Runs functions one way for every trigger: an id, a log line at the end, and a count of what still runs."""

import asyncio
import logging
import time
import uuid
from collections.abc import Coroutine
from typing import Any

from localazure.functions_host.functions import Function, HttpTrigger
from localazure.functions_host.worker import Outcome, Worker

_logger = logging.getLogger(__name__)


class Invoker:
    """Starts invocations and knows which are running."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._running: dict[str, str] = {}
        self._background: set[asyncio.Task[Any]] = set()

    @property
    def functions(self) -> tuple[Function, ...]:
        """All functions of the app, by name."""
        return self._worker.functions

    def function_of(self, invocation_id: str) -> str | None:
        """The name of the function that an invocation runs, while it runs."""
        return self._running.get(invocation_id)

    def running(self) -> list[str]:
        """The names of the functions that run now."""
        return list(self._running.values())

    async def invoke(
        self,
        function: Function,
        reason: str,
        trigger: Any,
        metadata: dict[str, Any] | None = None,
        trace_parent: str = "",
    ) -> Outcome:
        """Run a function to its end; `reason` is for the log ("HTTP request", "new queue message")."""
        invocation_id = str(uuid.uuid4())
        started = time.monotonic()
        self._running[invocation_id] = function.name
        try:
            outcome = await self._worker.invoke(function, invocation_id, trigger, metadata, trace_parent)
        finally:
            del self._running[invocation_id]
        _log(function, reason, invocation_id, outcome, time.monotonic() - started)
        return outcome

    def run_in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something that nobody waits for, except a stop of the host."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def drain(self) -> None:
        """Wait until what runs in the background has ended."""
        while self._background:
            await asyncio.wait(self._background)


def _log(function: Function, reason: str, invocation_id: str, outcome: Outcome, seconds: float) -> None:
    result = "Succeeded" if outcome.succeeded else "Failed"
    line = f"{function.name}: {result} after {seconds * 1000:.0f} ms ({reason}, id {invocation_id})"
    if outcome.succeeded:
        # An HTTP request has a line of its own, with its status.
        level = logging.DEBUG if isinstance(function.trigger, HttpTrigger) else logging.INFO
        _logger.log(level, "%s", line)
    else:
        _logger.error("%s: %s\n%s", line, outcome.error, outcome.traceback.rstrip())
