"""What stands between the app and Azurite's queues and tables, so that they can misbehave like all the rest.

A request is passed on as it came: the raw path and every header that its signature covers, `Host` too, because answers
hold URLs that are made of it. Faults and the log know it as `/queues/...` or `/tables/...`.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from localazure.emulator.faults.layer import Misbehave
from localazure.emulator.faults.models import Faults
from localazure.emulator.requests_log import RecordRequests, RequestsLog
from localazure.emulator.server import FAULT_MESSAGE

_HOP_BY_HOP = frozenset(
    b"connection expect keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer"
    b" transfer-encoding upgrade".split()
)
"""RFC 9110, section 7.6.1: these are about one connection alone."""
_ADDED_HERE = frozenset([b"date"])
"""What our own server puts into every answer."""
_IDLE_SECONDS = 2.0
"""Azurite closes idle connections after five."""
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=_IDLE_SECONDS)

Headers = list[tuple[bytes, bytes]]


def storage_proxy(service: str, upstream: str, faults: Faults, log: RequestsLog) -> ASGIApp:
    """The application in front of one service: `queues` or `tables`; `upstream` is Azurite's, `http://127.0.0.1:N`."""
    passing_on = _PassOn(upstream)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with passing_on.client:
            yield

    prefix = f"/{service}"
    app = Starlette(routes=[Mount(prefix, passing_on)], lifespan=lifespan)
    recorded = RecordRequests(Misbehave(app, faults), log)

    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        known = {**scope, "path": prefix + scope["path"]} if scope["type"] == "http" else scope
        await recorded(known, receive, send)

    return below


class _PassOn:
    """ASGI application: what Azurite answers, or an end of the connection where Azurite does not."""

    def __init__(self, upstream: str) -> None:
        self._upstream = httpx.URL(upstream)
        # No time limit of our own: how long to wait is the client's business. No proxies: it is on this machine.
        self.client = httpx.AsyncClient(timeout=None, limits=_LIMITS, trust_env=False)  # noqa: S113

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        try:
            answer = await self.client.send(self._request(scope, body), stream=True)
            content = b"".join([part async for part in answer.aiter_raw()])
        except httpx.TransportError:
            await send({"type": FAULT_MESSAGE, "fault": "", "drop": "upstream"})
            return
        headers = _answer_headers(answer, len(content))
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _request(self, scope: Scope, body: bytes) -> httpx.Request:
        # `target` goes out as it is; a URL would be normalised, and no longer be what was signed.
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        return httpx.Request(
            scope["method"],
            self._upstream,
            headers=_end_to_end(scope["headers"]),
            content=body,
            extensions={"target": scope["raw_path"] + query},
        )


def _answer_headers(answer: httpx.Response, size: int) -> Headers:
    headers = _end_to_end(answer.headers.raw)
    # Azurite sends some bodies in chunks; here they are whole.
    if "content-length" not in answer.headers and answer.status_code not in (204, 304):
        headers.append((b"content-length", str(size).encode()))
    return [(name, value) for name, value in headers if name.lower() not in _ADDED_HERE]


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
