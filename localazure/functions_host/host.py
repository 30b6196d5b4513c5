"""The host: puts the parts together, starts them, and stops them in order."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import override

import uvicorn
from azure.storage.queue import QueueMessage
from starlette.applications import Starlette

from localazure.functions_host import logs
from localazure.functions_host.admin import Admin
from localazure.functions_host.errors import StartError
from localazure.functions_host.functions import Function, HttpTrigger, QueueTrigger, TimerTrigger
from localazure.functions_host.host_json import HostJson
from localazure.functions_host.http_triggers import Everything, HttpTriggers
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.keys import Keys
from localazure.functions_host.listeners import Listener, keep_running
from localazure.functions_host.queue_messages import trigger_metadata
from localazure.functions_host.queues import QueueListener, poison_queue_name
from localazure.functions_host.routes import Router
from localazure.functions_host.schedules import parse_schedule
from localazure.functions_host.storage import queue_client
from localazure.functions_host.timers import StatusFile, TimerListener
from localazure.functions_host.worker import Worker, json_datum, text_datum

_logger = logging.getLogger(__name__)

STOP_SECONDS = 10
"""How long a stop waits for running invocations, unless told otherwise."""
_STORAGE_THREADS = 8


class Host:
    """One function app, served. Raises StartError from `start` for whatever is wrong with it."""

    def __init__(
        self,
        app_dir: Path,
        state: Path,
        host_json: HostJson,
        keys: Keys,
        *,
        sock: socket.socket,
        stop_seconds: int = STOP_SECONDS,
    ) -> None:
        self._app_dir, self._state, self._host_json, self._keys = app_dir, state, host_json, keys
        self._socket, self._stop_seconds = sock, stop_seconds
        self._threads = ThreadPoolExecutor(_STORAGE_THREADS, thread_name_prefix="storage")
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Stop when running invocations are done.

        Asked again it goes on as before: Ctrl-C reaches this process and whoever started it, who then asks too.
        """
        self._stopping.set()

    async def run(self) -> None:
        """Index, listen, and run functions until `stop`. Raises StartError."""
        invoker = Invoker(await Worker.start(self._app_dir))
        logs.configure(self._host_json.log_levels, self._keys.all(), invoker.function_of)
        router = Router(invoker.functions, self._host_json.route_prefix)
        listeners = [
            listener
            for function in invoker.functions
            if not function.disabled and (listener := self._listener(function, invoker))
        ]
        self._list_functions(invoker, router)
        server = _Server(self._web(router, invoker), self._stop_seconds)
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        polling = [asyncio.create_task(keep_running(listener, self._stopping)) for listener in listeners]
        await server.listening.wait()
        _logger.info("ready on http://127.0.0.1:%d", self._socket.getsockname()[1])
        await self._stopping.wait()
        await self._finish(listeners, server, [serving, *polling], invoker)

    async def _finish(
        self, listeners: list[Listener], server: "_Server", tasks: list[asyncio.Task[None]], invoker: Invoker
    ) -> None:
        _logger.info("stopping")
        server.should_exit = True
        for listener in listeners:
            listener.stop()
        try:
            async with asyncio.timeout(self._stop_seconds):
                await asyncio.gather(*tasks)
                await invoker.drain()
        except TimeoutError:
            _logger.warning("stopped while these functions ran: %s", ", ".join(sorted(invoker.running())))
            # Their threads cannot be ended, and the interpreter would wait for them.
            sys.stdout.flush()
            os._exit(0)

    def _web(self, router: Router, invoker: Invoker) -> Starlette:
        admin = Admin(self._keys, invoker, router)
        triggers = HttpTriggers(router, self._keys, invoker)
        app = Starlette(routes=[*admin.routes(), Everything(triggers)])
        app.router.redirect_slashes = False
        return app

    def _listener(self, function: Function, invoker: Invoker) -> Listener | None:
        try:
            match function.trigger:
                case QueueTrigger():
                    return self._queue_listener(function, function.trigger, invoker)
                case TimerTrigger():
                    return self._timer_listener(function, function.trigger, invoker)
        except ValueError as error:
            raise StartError(f"function '{function.name}': {error}") from error
        return None

    def _queue_listener(self, function: Function, trigger: QueueTrigger, invoker: Invoker) -> QueueListener:
        async def handle(text: str, message: QueueMessage) -> bool:
            metadata = trigger_metadata(
                message_id=message.id,
                dequeue_count=message.dequeue_count or 0,
                pop_receipt=message.pop_receipt or "",
                inserted=message.inserted_on,
                expires=message.expires_on,
                next_visible=message.next_visible_on,
            )
            reason = f"message in {trigger.queue_name}, try {message.dequeue_count}"
            return (await invoker.invoke(function, reason, text_datum(text), metadata)).succeeded

        poison_name = poison_queue_name(trigger.queue_name)
        poison = queue_client(trigger.connection, poison_name) if poison_name else None
        queue = queue_client(trigger.connection, trigger.queue_name)
        return QueueListener(queue, poison, self._host_json.queues, handle, threads=self._threads)

    def _timer_listener(self, function: Function, trigger: TimerTrigger, invoker: Invoker) -> TimerListener:
        async def invoke(reason: str, info: str) -> None:
            await invoker.invoke(function, reason, json_datum(info))

        status_file = StatusFile(self._state / "timers" / f"{function.name}.json")
        return TimerListener(function.name, trigger, parse_schedule(trigger.schedule), status_file, invoke)

    def _list_functions(self, invoker: Invoker, router: Router) -> None:
        for function in invoker.functions:
            disabled = " (disabled)" if function.disabled else ""
            _logger.info("function %s: %s%s", function.name, _described(function, router), disabled)
        for sentence in router.shadowed():
            _logger.warning("%s", sentence)


class _Server(uvicorn.Server):
    """A server that leaves signals to the host."""

    def __init__(self, app: Starlette, stop_seconds: int) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,  # it would show the query string, and with it `code`
            proxy_headers=False,  # the function sees what was sent
            server_header=False,
            timeout_graceful_shutdown=stop_seconds,
        )
        super().__init__(config)
        self.listening = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def serve(host: Host) -> None:
    """Run a host until SIGTERM or SIGINT. Raises StartError."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, host.stop)
    await host.run()


def _described(function: Function, router: Router) -> str:
    match function.trigger:
        case HttpTrigger() as trigger:
            return f"{','.join(sorted(trigger.methods or ['ALL']))} {router.path_of(trigger)}"
        case QueueTrigger() as trigger:
            return f"queue {trigger.queue_name}"
        case TimerTrigger() as trigger:
            return f"timer {trigger.schedule}"
