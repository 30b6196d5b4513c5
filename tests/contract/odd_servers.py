"""TLS servers, each named for what it does to a client that looks for a registry."""

import socket
import threading
import time
from collections.abc import Mapping
from types import MappingProxyType

from tests.contract.tls_servers import (
    CHALLENGE,
    REGISTRY,
    Certificate,
    Request,
    TlsServer,
    reply,
    server_context,
)


class SlowRegistry(TlsServer):
    """Takes `seconds` for every answer."""

    def __init__(self, certificate: Certificate, seconds: float) -> None:
        super().__init__(certificate)
        self._seconds = seconds
        self.most_at_once = 0
        """Requests that waited together."""
        self._waiting = 0
        self._counting = threading.Lock()

    def answer(self, connection: socket.socket, request: Request) -> None:
        self._count(1)
        self.wait()
        self._count(-1)  # before the answer: whoever has that may send the next request at once
        super().answer(connection, request)

    def wait(self) -> None:
        self.stopped.wait(self._seconds)

    def _count(self, change: int) -> None:
        with self._counting:
            self._waiting += change
            self.most_at_once = max(self.most_at_once, self._waiting)


class GatheringRegistry(SlowRegistry):
    """Answers nobody until `number` requests wait together, and then a moment later: one too many has time to come."""

    def __init__(self, certificate: Certificate, number: int) -> None:
        super().__init__(certificate, seconds=0.1)
        self._number, self._gathered = number, threading.Event()

    def wait(self) -> None:
        if self.most_at_once >= self._number:
            self._gathered.set()
        self._gathered.wait(30)
        super().wait()


class RegistrySlowForMembers(SlowRegistry):
    """Takes its time only for who has a password: bcrypt on a small plan."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        answer = super().answer if request.is_member else super(SlowRegistry, self).answer
        answer(connection, request)


class KeepingRegistry(TlsServer):
    """Answers all requests of a connection, as most servers do, and ends it without a word after `lasts` of them."""

    keeps_connections = True

    def __init__(self, certificate: Certificate, lasts: int = 99) -> None:
        super().__init__(certificate)
        self._lasts = lasts

    def answer(self, connection: socket.socket, request: Request) -> None:
        if len(self.requests) % self._lasts == 0:
            self.keeps_connections = False
        known = {"/": (200, {}), "/v2/": (200, REGISTRY)}.get(request.path, (404, REGISTRY))
        is_let_in = request.is_member or request.path == "/"
        status, headers = known if is_let_in else (401, {**REGISTRY, **CHALLENGE})
        reply(connection, status, {"Connection": "keep-alive", **headers})


class LateHangup(KeepingRegistry):
    """Ends its first connection `seconds` after a member asked something on it, without a word."""

    def __init__(self, certificate: Certificate, seconds: float) -> None:
        super().__init__(certificate)
        self._seconds = seconds

    def answer(self, connection: socket.socket, request: Request) -> None:
        if self.connections == 1 and request.is_member:
            self.keeps_connections = False
            self.stopped.wait(self._seconds)
            return
        super().answer(connection, request)


class ChangingCertificate(TlsServer):
    """Shows another certificate from its second connection on."""

    def __init__(self, certificate: Certificate, later: Certificate) -> None:
        super().__init__(certificate)
        self._later = server_context(later)

    def answer(self, connection: socket.socket, request: Request) -> None:
        self._context = self._later  # before the answer: whoever has that may come again at once
        super().answer(connection, request)


class DribblingBody(TlsServer):
    """Its headers are those of a good registry; its body takes for ever."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        status, headers = (200, REGISTRY) if request.is_member else (401, {**REGISTRY, **CHALLENGE})
        if request.path == "/":
            status = 200
        reply(connection, status, {**headers, "Content-Length": "99", "Connection": "keep-alive"})
        self.stopped.wait(30)


class DribblingRegistry(TlsServer):
    """Sends a byte now and then, for ever: no single read takes long."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        _ = request
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nX-Padding: ")
        while not self.stopped.wait(0.05):
            connection.sendall(b"x")


class RegistryWithAnEndlessBody(TlsServer):
    """Its headers are those of a good registry; its body never ends."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        status = 200 if request.is_member or request.path == "/" else 401
        reply(connection, status, {**REGISTRY, **CHALLENGE, "Content-Length": str(2**40)})
        while not self.stopped.is_set():
            connection.sendall(b"x" * 65536)


class Answering(TlsServer):
    """The same for everybody."""

    def __init__(
        self, certificate: Certificate, status: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        super().__init__(certificate)
        self._status, self._headers = status, headers

    def answer(self, connection: socket.socket, request: Request) -> None:
        _ = request
        reply(connection, self._status, self._headers)


class AnsweringMembers(Answering):
    """Strangers are refused as they should be; whoever has a password gets this."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        answer = super().answer if request.is_member else super(Answering, self).answer
        answer(connection, request)


class Hangup(TlsServer):
    """Ends the connection instead of answering."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        _ = connection, request


class Babbler(TlsServer):
    """Does not speak HTTP."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        _ = request
        connection.sendall(b"220 mail.example ESMTP\r\n")


class Echo(TlsServer):
    """Sends back what it was sent, once it was sent a password; to strangers it is a good registry."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        if not request.is_member:
            super().answer(connection, request)
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + request.headers["Authorization"].encode() + b"\r\n\r\n")


class LongWinded(TlsServer):
    """Does not speak HTTP, and says a lot."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        _ = request
        connection.sendall(b"\0" * 16_000 + b"\r\n\r\n")


class PlainTextServer(TlsServer):
    """Speaks HTTP without TLS."""

    def serve(self, connection: socket.socket) -> None:
        connection.recv(1024)
        reply(connection, 200, REGISTRY)
        time.sleep(0.05)  # a close with unread data would reset the connection before the answer is read


class MuteServer(TlsServer):
    """Takes connections and never says a word."""

    def serve(self, connection: socket.socket) -> None:
        _ = connection
        self.stopped.wait(30)


class HandshakeForEver(TlsServer):
    """Says hello in the way of TLS, a byte now and then, and nothing that would end the handshake."""

    def serve(self, connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"\x16\x03\x03\x3f\xff")  # a handshake record, 16383 bytes of which follow
        while not self.stopped.wait(0.05):
            connection.sendall(b"\x02")


class RegistryThatLosesItsStorage(TlsServer):
    """Lets members in, and never says what a repository holds."""

    def answer(self, connection: socket.socket, request: Request) -> None:
        if request.path.endswith("/tags/list"):
            self.stopped.wait(30)
        else:
            super().answer(connection, request)
