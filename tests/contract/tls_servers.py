"""A TLS server on a free port of this machine that answers as a registry does, and what others are made from."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Self

REGISTRY = {"Docker-Distribution-Api-Version": "registry/2.0"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="berthage"'}

type Certificate = tuple[Path, Path]
"""Chain and key, PEM."""


@dataclass(frozen=True)
class Request:
    """What came in."""

    path: str
    headers: Message

    @property
    def is_member(self) -> bool:
        """Did it carry credentials?"""
        return "Authorization" in self.headers


class TlsServer:
    """Answers every connection's first request, each in a thread of its own, until the block ends."""

    keeps_connections = False
    """Does it answer more than the first?"""

    def __init__(self, certificate: Certificate) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        """With a handshake that succeeded."""
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._context = server_context(certificate)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def address(self) -> str:
        """`localhost:PORT`, as a login server."""
        return f"localhost:{self._server.server_address[1]}"

    @property
    def passwords_seen(self) -> bool:
        """Did any request carry credentials?"""
        return any(request.is_member for request in self.requests)

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
            with self._lock:
                self.connections += 1
            while line := lines.readline():
                headers = BytesParser().parsebytes(b"".join(iter(lines.readline, b"\r\n")))
                request = Request(line.decode().split(" ")[1], headers)
                with self._lock:
                    self.requests.append(request)
                self.answer(secure, request)
                if not self.keeps_connections:
                    return

    def answer(self, connection: socket.socket, request: Request) -> None:
        """A registry that refuses strangers, lets everybody else in, and holds nothing."""
        if request.path == "/":
            reply(connection, 200, {})
        elif not request.is_member:
            reply(connection, 401, {**REGISTRY, **CHALLENGE})
        else:
            reply(connection, 200 if request.path == "/v2/" else 404, REGISTRY)


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """For servers that show this certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


def reply(connection: socket.socket, status: int, headers: Mapping[str, str], body: bytes = b"{}") -> None:
    """A whole answer."""
    sent = {"Content-Length": str(len(body)), "Connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    connection.sendall(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body)


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
