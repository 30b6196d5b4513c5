"""Many servers that answer as private registries do, in a process of their own. `bench.probes` measures at them."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

DELAY_SECONDS = 0.05
"""Between a request and its answer."""
_VERSION = "Docker-Distribution-Api-Version: registry/2.0\r\n"
_JSON = "Content-Type: application/json; charset=utf-8\r\n"
_CHALLENGE = 'WWW-Authenticate: Basic realm="bench"\r\n'


def _answer(status: str, headers: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


_REFUSED = _answer("401 Unauthorized", _JSON + _VERSION + _CHALLENGE, '{"errors":[{"code":"UNAUTHORIZED"}]}')
_WELCOME = _answer("200 OK", _JSON + _VERSION, "{}")
_ALIVE = _answer("200 OK", "Cache-Control: no-cache\r\n", "")
_UNKNOWN = _answer("404 Not Found", _JSON + _VERSION, '{"errors":[{"code":"NAME_UNKNOWN"}]}')


class _Registry(asyncio.Protocol):
    """One connection; one request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment] # of a stream
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, _, self._received = self._received.partition(b"\r\n\r\n")
            asyncio.get_running_loop().call_later(DELAY_SECONDS, self._send, _answer_to(request))

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _answer_to(request: bytes) -> bytes:
    path = request.split(b" ", 2)[1]
    if path == b"/":
        return _ALIVE
    if b"\r\nauthorization: basic " not in request.lower():
        return _REFUSED
    return _WELCOME if path == b"/v2/" else _UNKNOWN


async def _serve(chain: str, count: int) -> None:
    """Prints the ports, and serves until it is killed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(_Registry, "127.0.0.1", 0, ssl=context, backlog=16) for _ in range(count)
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


@contextmanager
def serve(folder: Path, count: int) -> Iterator[tuple[list[str], Path]]:
    """So many login servers, and the file of the authority that issued their certificate."""
    authority, chain, trusted = trustme.CA(), folder / "chain.pem", folder / "ca.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(chain))
    authority.cert_pem.write_to_path(str(trusted))
    command = [sys.executable, "-m", "bench.registries", str(chain), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this module
        try:
            ports = process.stdout.readline().split() if process.stdout else []
            yield [f"localhost:{port}" for port in ports], trusted
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
