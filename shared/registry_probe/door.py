"""The way to one registry: from its name to addresses, to a TCP connection, to TLS, to requests."""

import asyncio
import errno
import math
import os
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from types import MappingProxyType
from urllib.parse import urlsplit

import h11

from shared.registry_probe.https import HttpsConnection, NoAnswerError
from shared.registry_probe.tls import TlsStream

HTTPS_PORT = 443
MOST_ADDRESSES = 4
FIRST_ADDRESSES_SECONDS = 2.0
"""So long each address but the last is tried."""
NO_HEADERS: Mapping[str, str] = MappingProxyType({})

type Address = tuple[str, int]


class Door:
    """One at a time, and one connection at a time. Call the methods in this order, `close` at any time."""

    def __init__(self, server: str, trust: ssl.SSLContext, resolvers: Executor) -> None:
        self._server, self._trust, self._resolvers = server, trust, resolvers
        self._host, self._addresses = "", list[Address]()
        self._stream: TlsStream | None = None
        self._connection: HttpsConnection | None = None

    async def resolve(self) -> list[str]:
        """Its first addresses. Raises `socket.gaierror`, or `ValueError` for what is no name."""
        self._host, port = _host_of(self._server)
        found = await asyncio.get_running_loop().run_in_executor(
            self._resolvers, lambda: socket.getaddrinfo(self._host, port, type=socket.SOCK_STREAM)
        )
        hosts = list(dict.fromkeys(str(address[0]) for *_, address in found))[:MOST_ADDRESSES]
        self._addresses = [(host, port) for host in hosts]
        return hosts

    async def connect(self) -> str:
        """The first address that takes a connection. Raises `ConnectionError`, which names them all."""
        refusals: list[str] = []
        for address in self._addresses:
            is_last = address == self._addresses[-1]
            try:
                async with asyncio.timeout(None if is_last else FIRST_ADDRESSES_SECONDS):
                    reader, writer = await asyncio.open_connection(*address)
            except OSError as error:  # a TimeoutError is one
                refusals.append(f"{_shown(address)} {_why(error)}")
                continue
            self._stream = TlsStream(reader, writer, self._trust, self._host)
            return _shown(address)
        raise ConnectionError("; ".join(refusals))

    async def shake_hands(self) -> TlsStream:
        """TLS for that name; without it the connection is over. Raises `BadTlsError`, `ConnectionError`."""
        stream, self._stream = self._stream, None
        if stream is None:
            raise NoAnswerError("not connected")
        try:
            await stream.shake_hands()
        except BaseException:
            stream.close()
            raise
        self._stream = stream
        return stream

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> tuple[h11.Response, int]:
        """Status and headers, and how many milliseconds they took. Raises `NoAnswerError`, or why it can't connect."""
        connection = await self._ready()
        was_used = connection.requests > 0
        try:
            return await _timed(connection, path, headers)
        except NoAnswerError:
            self.close()
            if not was_used:
                raise
        return await _timed(await self._ready(), path, headers)  # it may have been closed for its age

    def close(self) -> None:
        """At once. Another `get` connects anew."""
        if self._stream:
            self._stream.close()
        self._stream = self._connection = None

    async def _ready(self) -> HttpsConnection:
        used = self._connection
        if used and not (used.requests == 0 or await used.is_ready_again()):
            self.close()
        stream = self._stream or await self._open()
        self._connection = self._connection or HttpsConnection(stream, self._server)
        return self._connection

    async def _open(self) -> TlsStream:
        await self.connect()
        return await self.shake_hands()


async def _timed(
    connection: HttpsConnection, path: str, headers: Mapping[str, str]
) -> tuple[h11.Response, int]:
    """Rounded up: 0 ms is what nobody answered in."""
    began = time.perf_counter()
    answer = await connection.get(path, headers)
    return answer, math.ceil((time.perf_counter() - began) * 1000)


def _host_of(server: str) -> Address:
    parts = urlsplit(f"//{server}")
    if not parts.hostname or parts.netloc != server or "@" in server:
        raise ValueError("no host")
    return parts.hostname, parts.port or HTTPS_PORT


def _shown(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _why(error: OSError) -> str:
    number = error.errno or (errno.ETIMEDOUT if isinstance(error, TimeoutError) else 0)
    return os.strerror(number).lower() if number else "failed"
