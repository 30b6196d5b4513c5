"""An Azure that answers every request with the same: for what neither the emulator nor Azure says on demand."""

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """`body`: JSON, or bytes as they are. `cut`: bytes of it that never come."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0

    def content(self) -> bytes:
        """What goes over the wire."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class CannedAzure:
    """A TLS server on a free port until the block ends. `answer` may be changed; `None` hangs."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        self.answer: Answer | None = None
        self.stopped = threading.Event()
        self._server = _Server(self, certificate)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, azure: CannedAzure, certificate: tuple[Path, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.azure = azure
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(*certificate)

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            with self._context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except OSError:
            return  # the client has gone, as it may


class _Handler(BaseHTTPRequestHandler):
    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True
        server = self.server
        assert isinstance(server, _Server)
        answer = server.azure.answer
        if answer is None:
            server.azure.stopped.wait(30)
            return
        content = answer.content()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) - answer.cut])

    do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parameter's name in http.server
        """Quiet."""
