"""The Files endpoint on a port of its own, and clients of the real SDK that talk to it over TLS."""

import asyncio
import base64
import gc
import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import uvicorn
from azure.core.credentials import AccessToken
from azure.storage.fileshare import ShareClient, ShareServiceClient
from starlette.applications import Starlette
from starlette.routing import Mount

from localazure.certificates import CertificateAuthority
from localazure.emulator.files import FilesService, FileStore
from localazure.emulator.files.urls import routes

ACCOUNT = "berthage0123"
KEYS = [base64.b64encode(letter * 64).decode() for letter in (b"1", b"2")]
BACKUP: Literal["backup"] = "backup"


@dataclass
class Tokens:
    """A credential as azure-identity has them; `valid` are the tokens that the endpoint takes."""

    valid: set[str] = field(default_factory=lambda: {"good"})
    given: list[str] = field(default_factory=lambda: ["good"])
    """Handed out in turn; the last one for ever."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        token = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        return AccessToken(token, int(time.time()) + 3600)


@dataclass
class FilesServer:
    """A running endpoint; `tokens` says which bearer tokens it takes."""

    store: FileStore
    tokens: Tokens
    port: int
    authority: CertificateAuthority
    clients: ExitStack = field(default_factory=ExitStack)
    """Closed with the server: it would wait for connections that are kept open."""

    @property
    def account_url(self) -> str:
        return f"https://localhost:{self.port}/files/{ACCOUNT}"

    def share(self, name: str, credential: Any = KEYS[0], **options: Any) -> ShareClient:
        """A client that does not retry, so that a test sees the first answer."""
        client = ShareClient(self.account_url, name, credential=credential, **self._options(options))
        return self.clients.enter_context(client)

    def service(self, credential: Any = KEYS[0], **options: Any) -> ShareServiceClient:
        client = ShareServiceClient(self.account_url, credential=credential, **self._options(options))
        return self.clients.enter_context(client)

    def new_share(self, name: str) -> ShareClient:
        """An empty share of that name."""
        self.store.delete_share(ACCOUNT, name)
        self.store.create_share(ACCOUNT, name, 1)
        return self.share(name)

    def folder(self, share: str) -> Path:
        return self.store.share_path(ACCOUNT, share)

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, str, bytes]:
        """A request as written (no library tidies the path), with a good token: status, error code, body."""
        connection = http.client.HTTPSConnection(
            "localhost", self.port, context=self.authority.client_context(), timeout=30
        )
        allowed = {
            "Authorization": "Bearer good",
            "x-ms-version": "2026-10-06",
            "x-ms-file-request-intent": "backup",
        }
        try:
            connection.request(method, path, body=body or None, headers=allowed | dict(headers or {}))
            response = connection.getresponse()
            return response.status, response.headers.get("x-ms-error-code", ""), response.read()
        finally:
            connection.close()

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"connection_verify": str(self.authority.ca_file), "retry_total": 0} | options


@contextmanager
def running(folder: Path) -> Iterator[FilesServer]:
    """The endpoint under `/files`, on a free port, until the block ends."""
    tokens = Tokens()
    store = FileStore(folder / "store")
    accounts = {ACCOUNT: KEYS}
    service = FilesService(store, accounts.get, tokens.valid.__contains__, tenant_id="the-tenant")
    authority = CertificateAuthority.load_or_create(folder)
    chain, key = authority.server_certificate()
    app = Starlette(routes=[Mount("/files", routes=routes(service))])
    config = uvicorn.Config(app, port=0, log_level="warning", ssl_certfile=chain, ssl_keyfile=key)
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([socket])))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        found = FilesServer(store, tokens, socket.getsockname()[1], authority)
        with found.clients:
            yield found
        gc.collect()  # an answer that became an exception keeps its socket until then, and the server waits for it
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        socket.close()
