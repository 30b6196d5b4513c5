"""HTTPS servers that take what sinks are sent, and answer as they are told."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from tests.contract.tls_servers import Certificate, TlsServer, reply

type Behaviour = Callable[["SinkServer", socket.socket], None]


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: Message
    body: bytes


class SinkServer(TlsServer):
    """Answers one request after the other with `answers`, of which the last stays."""

    def __init__(self, certificate: Certificate, *answers: Behaviour) -> None:
        super().__init__(certificate)
        self.received: list[Received] = []
        self.answers = [*answers] or [status(200)]

    def url(self, path: str, host: str = "localhost") -> str:
        """Of this server; every path is taken."""
        return f"https://{host}:{self.address.rpartition(':')[2]}{path}"

    def at(self, path: str) -> list[Received]:
        """What came to that path, the oldest first."""
        return [each for each in self.received if each.path == path]

    def serve(self, connection: socket.socket) -> None:
        with (
            self._context.wrap_socket(connection, server_side=True) as secure,
            secure.makefile("rb") as lines,
        ):
            method, path, _ = lines.readline().decode().split(" ", 2)
            headers = BytesParser().parsebytes(b"".join(iter(lines.readline, b"\r\n")))
            body = lines.read(int(headers["Content-Length"]))
            with self._lock:
                self.received.append(Received(method, path, headers, body))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            answer(self, secure)


def status(code: int, body: bytes = b"ok", **headers: str) -> Behaviour:
    """A whole answer; `Retry_After` is `Retry-After`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _, connection: reply(connection, code, named, body)


def hang(server: SinkServer, connection: socket.socket) -> None:
    """Says nothing until the test is over."""
    _ = connection
    server.stopped.wait(30)


def dribble(server: SinkServer, connection: socket.socket) -> None:
    """A byte of a header now and then, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Padding: ")
    while not server.stopped.wait(0.05):
        connection.sendall(b"x")


def endless(code: int) -> Behaviour:
    """An answer whose body never ends."""

    def behave(server: SinkServer, connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 {code} Whatever\r\nContent-Length: 1099511627776\r\n\r\n".encode())
        while not server.stopped.is_set():
            connection.sendall(b"x" * 65536)

    return behave


def trail_off(server: SinkServer, connection: socket.socket) -> None:
    """A good answer whose body never comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    server.stopped.wait(30)


def hang_up(server: SinkServer, connection: socket.socket) -> None:
    """Ends the connection instead of answering."""
    _ = server, connection
