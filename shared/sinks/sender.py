"""One POST to an address that somebody configured: never to where it must not go, never for long.

The name is resolved here, every address that it has is judged, and the connection goes to one of those: what DNS says
a moment later does not matter. TLS is still about the name. No redirect is followed and no proxy asked. Nothing that is
raised names the address; httpcore's own errors do not either, and httpx's, which do, are not in the way.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import override

import httpcore

SECONDS = 15
"""For all of it."""
MOST_READ = 1024
"""Bytes of an answer."""
PLATFORM = ipaddress.ip_address("168.63.129.16")
"""Azure's own service inside of its machines, at an address that looks public (Microsoft: What is 168.63.129.16?)."""


@dataclass(frozen=True)
class Answer:
    """What came back; `begin` is the beginning of the body, if the status is not a good one."""

    status: int
    retry_after: str = ""
    begin: bytes = b""


class NoAnswerError(Exception):
    """`reason` is one of few words: `timeout`, `dns`, `tls`, `connection`, `address`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _NotAllowedError(Exception):
    """The host has an address where nobody outside may send us."""


@cache
def _trust() -> ssl.SSLContext:
    """The system's certificates, or what `SSL_CERT_FILE` names."""
    return ssl.create_default_context()


def is_public(address: str) -> bool:
    """Is it a place in the Internet, and nothing of ours, of Azure's or of the network around us?"""
    found = ipaddress.ip_address(address)
    special = found.is_multicast or found.is_reserved or found.is_unspecified or found == PLATFORM
    is_old_local = isinstance(found, ipaddress.IPv6Address) and found.is_site_local
    return found.is_global and not special and not is_old_local


class Sender:
    """`allowed_hosts` may have any address."""

    def __init__(self, allowed_hosts: Collection[str], seconds: float = SECONDS) -> None:
        self._backend, self._seconds = _Guard(allowed_hosts), seconds

    def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Raises `NoAnswerError`; any status is an answer."""
        outcome = asyncio.run(self._outcome(url, headers, content))
        if isinstance(outcome, Answer):
            return outcome
        raise NoAnswerError(outcome)

    async def _outcome(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer | str:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, headers, content)
        except (TimeoutError, httpcore.TimeoutException):
            return "timeout"
        except _NotAllowedError:
            return "address"
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, UnicodeError) as error:
            return _reason(error)

    async def _post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        # Each step ends before the deadline: httpcore closes a connection whose own time is over, but not one whose
        # handshake is cancelled from outside.
        times = {"connect": 0.4 * self._seconds, "read": 0.9 * self._seconds, "write": 0.9 * self._seconds}
        async with (
            httpcore.AsyncConnectionPool(ssl_context=_trust(), network_backend=self._backend) as pool,
            pool.stream(
                "POST", url, headers=[*headers.items()], content=content, extensions={"timeout": times}
            ) as answer,
        ):
            found = {name.lower(): value for name, value in answer.headers}
            retry_after = found.get(b"retry-after", b"").decode("ascii", "replace")
            is_good = 200 <= answer.status < 300  # then it has arrived, whatever becomes of the body
            return Answer(answer.status, retry_after, b"" if is_good else await _beginning(answer))


async def _beginning(answer: httpcore.Response) -> bytes:
    """What comes behind it is never read: the connection is closed."""
    read = b""
    async for chunk in answer.aiter_stream():
        read += chunk
        if len(read) >= MOST_READ:
            break
    return read[:MOST_READ]


class _Guard(httpcore.AsyncNetworkBackend):
    """Connects to addresses that it has looked at, not to names."""

    def __init__(self, allowed_hosts: Collection[str]) -> None:
        self._allowed = {host.lower().strip("[]") for host in allowed_hosts}
        self._network = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await _resolve(host, port)
        if host.lower().strip("[]") not in self._allowed and not all(map(is_public, addresses)):
            raise _NotAllowedError
        each = timeout / len(addresses) if timeout and addresses else timeout
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, each, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError


async def _resolve(host: str, port: int) -> list[str]:
    """Every address, each once, in the resolver's order.

    In a thread of its own: a resolver that hangs can't be cancelled, and the loop would wait for its own threads.
    """
    ask = partial(socket.getaddrinfo, host.strip("[]"), port, type=socket.SOCK_STREAM)
    resolver = ThreadPoolExecutor(1, "sink-dns")
    try:
        found = await asyncio.get_running_loop().run_in_executor(resolver, ask)
    finally:
        resolver.shutdown(wait=False)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _reason(error: BaseException) -> str:
    causes = list(_chain(error))
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        return "dns"
    return "tls" if any(isinstance(cause, ssl.SSLError) for cause in causes) else "connection"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
