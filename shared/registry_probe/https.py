"""HTTP/1.1 over one TLS connection, as little of it as a probe needs."""

import asyncio
from collections.abc import Mapping

import h11

from shared.registry_probe.tls import TlsStream

MOST_BODY_BYTES = 16 * 1024
"""A longer body is not read: the connection ends instead."""
_BODY_SECONDS = 0.25
"""Whoever sends the rest of a short answer later than this gets a new connection."""
_HEADERS = {"User-Agent": "berthage-probe", "Accept": "application/json"}


class NoAnswerError(ConnectionError):
    """The other side ended the connection, or does not speak HTTP."""


class HttpsConnection:
    """One request after the other: between two of them ask whether it `is_ready_again`."""

    def __init__(self, stream: TlsStream, server: str) -> None:
        self._stream, self._server = stream, server
        self._http = h11.Connection(h11.CLIENT)
        self.requests = 0

    async def get(self, path: str, headers: Mapping[str, str]) -> h11.Response:
        """Status and headers of the answer. Raises `NoAnswerError`."""
        self.requests += 1
        try:
            self._stream.write(self._request(path, headers))
            while not isinstance(event := await self._event(), h11.Response):
                pass  # 1xx
        except h11.ProtocolError:  # it quotes what the other side said: the password that we sent, perhaps
            raise NoAnswerError("it does not speak HTTP") from None
        except OSError as error:
            raise NoAnswerError(str(error)) from None
        return event

    async def is_ready_again(self) -> bool:
        """Reads what is left of a short answer. If it isn't short, or its end doesn't come, the connection is over."""
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                await self._read_body()
            self._http.start_next_cycle()
        except (TimeoutError, h11.ProtocolError, OSError):
            return False
        return True

    def _request(self, path: str, headers: Mapping[str, str]) -> bytes:
        everything = {**_HEADERS, "Host": self._server, **headers}
        request = h11.Request(method="GET", target=path, headers=list(everything.items()))
        return (self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b"")

    async def _read_body(self) -> None:
        left = MOST_BODY_BYTES
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            left -= len(event.data) if isinstance(event, h11.Data) else 0
            if left < 0:
                raise NoAnswerError("too long")

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._stream.read())
        if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise NoAnswerError("the connection ended")
        return event
