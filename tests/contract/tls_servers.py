"""TLS servers on free ports of this machine, each named for what it does to a client that looks for a registry."""

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

REGISTRY = {"Docker-Distribution-Api-Version": "registry/2.0"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="berthage"'}

type Certificate = tuple[Path, Path]
"""Chain and key, PEM."""


class TlsServer:
    """Answers every connection's first request, each in a thread of its own, until the block ends."""

    def __init__(self, certificate: Certificate) -> None:
        self.requests: list[Message] = []
        """The headers of every request that came in."""
        self.most_at_once = 0
        self.stopped = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(*certificate)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def address(self) -> str:
        """`localhost:PORT`, as a login server."""
        return f"localhost:{self._server.server_address[1]}"

    @property
    def passwords_seen(self) -> bool:
        """Did any request carry credentials?"""
        return any("Authorization" in headers for headers in self.requests)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        with (
            self._context.wrap_socket(connection, server_side=True) as secure,
            secure.makefile("rb") as lines,
        ):
            lines.readline()
            headers = BytesParser().parsebytes(b"".join(iter(lines.readline, b"\r\n")))
            with self._lock:
                self.requests.append(headers)
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                self.answer(secure, is_member="Authorization" in headers)
            finally:
                with self._lock:
                    self._at_once -= 1

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        """A registry that refuses strangers and lets everybody else in."""
        reply(connection, 200 if is_member else 401, REGISTRY if is_member else {**REGISTRY, **CHALLENGE})


def reply(connection: socket.socket, status: int, headers: Mapping[str, str], body: bytes = b"{}") -> None:
    """A whole answer."""
    sent = {"Content-Length": str(len(body)), "Connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    connection.sendall(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body)


class SlowRegistry(TlsServer):
    """Takes `seconds` for every answer."""

    def __init__(self, certificate: Certificate, seconds: float) -> None:
        super().__init__(certificate)
        self._seconds = seconds

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        self.stopped.wait(self._seconds)
        super().answer(connection, is_member=is_member)


class RegistrySlowForMembers(SlowRegistry):
    """Takes its time only for who has a password: bcrypt on a small plan."""

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        answer = super().answer if is_member else super(SlowRegistry, self).answer
        answer(connection, is_member=is_member)


class DribblingRegistry(TlsServer):
    """Sends a byte now and then, for ever: no single read takes long."""

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        _ = is_member
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nX-Padding: ")
        while not self.stopped.wait(0.05):
            connection.sendall(b"x")


class RegistryWithAnEndlessBody(TlsServer):
    """Its headers are those of a good registry; its body never ends."""

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        reply(connection, 200 if is_member else 401, {**REGISTRY, "Content-Length": str(2**40)})
        while not self.stopped.is_set():
            connection.sendall(b"x" * 65536)


class Answering(TlsServer):
    """The same for everybody."""

    def __init__(
        self, certificate: Certificate, status: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        super().__init__(certificate)
        self._status, self._headers = status, headers

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        _ = is_member
        reply(connection, self._status, self._headers)


class AnsweringMembers(Answering):
    """Strangers are refused as they should be; whoever has a password gets this."""

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        answer = super().answer if is_member else super(Answering, self).answer
        answer(connection, is_member=is_member)


class Hangup(TlsServer):
    """Ends the connection instead of answering."""

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        _ = connection, is_member


class Babbler(TlsServer):
    """Does not speak HTTP."""

    def answer(self, connection: socket.socket, *, is_member: bool) -> None:
        _ = is_member
        connection.sendall(b"220 mail.example ESMTP\r\n")


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


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, owner: TlsServer) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.owner = owner


class _Connection(socketserver.BaseRequestHandler):
    server: Any

    def handle(self) -> None:
        try:
            self.server.owner.serve(self.request)
        except OSError:
            return  # the client has gone, as it may
