"""uvicorn, told to listen on a socket of ours and to say when it does."""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localazure.emulator.errors import PortInUseError

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 5
_IDLE_SECONDS = 60
"""Longer than clients leave between two requests: a connection closed under a request would look like a fault."""

FAULT_MESSAGE = "localazure.fault"
"""An ASGI message beside those of the standard: `fault`, the id of the fault that acts, and `drop`. If that is not
None the connection is reset: the client gets no answer and no farewell, as from a machine that has gone."""
_RESET = struct.pack("ii", 1, 0)


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 = any free one. Raises PortInUseError."""
    # With the protocol said, asyncio sets TCP_NODELAY: without it an answer waits 40 ms for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PortInUseError(port) from error
    return listener


def origin(listener: socket.socket) -> str:
    """Where clients reach it by TLS: `https://localhost:PORT`."""
    return f"https://localhost:{listener.getsockname()[1]}"


class Server(uvicorn.Server):
    """A server for one app on one socket."""

    def __init__(
        self, app: ASGIApp, listener: socket.socket, certificate: tuple[Path, Path] | None = None
    ) -> None:
        """`certificate` is a chain and its key, for TLS; without one the server speaks plain HTTP."""
        chain, key = certificate or (None, None)
        super().__init__(
            uvicorn.Config(
                self._droppable(app),
                ssl_certfile=chain,
                ssl_keyfile=key,
                ssl_version=ssl.PROTOCOL_TLS_SERVER,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self.listener = listener
        self.listening = asyncio.Event()

    def _droppable(self, app: ASGIApp) -> ASGIApp:
        """The app, with the one more message that it may send."""

        async def droppable(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_or_drop(message: Message) -> None:
                if message["type"] != FAULT_MESSAGE:
                    await send(message)
                elif message["drop"] is not None:
                    self._reset(scope["client"])
                    # Until uvicorn has noticed, it would take the missing answer for an error of ours.
                    while (await receive())["type"] != "http.disconnect":
                        pass

            await app(scope, receive, send_or_drop)

        return droppable

    def _reset(self, client: tuple[str, int]) -> None:
        """End that client's connection by a TCP reset, whatever TLS would say."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport and getattr(connection, "client", None) == client:
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                transport.abort()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so: whoever started us waits for that line."""
        await super().startup(sockets)
        self.listening.set()
        if self.started and self.config.is_ssl:
            _log.info("ready: %s", origin(self.listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what is being answered finish, and drop idle connections at once.

        Closed politely, an idle TLS connection waits for a farewell that a client's pool never sends.
        """
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            transport = getattr(connection, "transport", None)
            if transport and (cycle is None or cycle.response_complete):
                transport.abort()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve_forever`: there may be several servers, and uvicorn raises them again when done."""
        yield

    def serve_forever(self, *companions: "Server") -> None:
        """Serve until SIGTERM or SIGINT, then end the sites and return. Companions serve before it is ready."""

        def end(number: int, frame: FrameType | None) -> None:
            for server in (*companions, self):
                server.handle_exit(number, frame)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        asyncio.run(_serve(*companions, self))

    def serve_in_thread(self, *companions: "Server") -> None:
        """The same in a thread that is not the main one, where signals cannot be had; each ends with `should_exit`."""
        asyncio.run(_serve(*companions, self))


async def _serve(*servers: Server) -> None:
    async with asyncio.TaskGroup() as tasks:
        for server in servers:
            tasks.create_task(server.serve([server.listener]))
            await server.listening.wait()
