"""HTTP: from a request to a function and back, untouched both ways.

What a function sees is what the real host sends to a Python worker: header names in lower case, repeated
headers and query values joined by commas, empty query values left out (GrpcMessageConversionExtensions.cs).
"""

import logging
import os
import time
from collections.abc import Iterable
from http.cookies import SimpleCookie
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from localazure.functions_host.functions import AuthLevel, Function
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.keys import Keys
from localazure.functions_host.routes import Router, decode_path
from localazure.functions_host.worker import http_datum

_logger = logging.getLogger(__name__)

BODY_LIMIT_DEFAULT = 104_857_600
"""Bytes; the real host's, and so is the setting that changes it."""
_BODY_LIMIT_SETTING = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
# Said by the server itself, from the body that it sends.
_FRAMING_HEADERS = {"content-length", "transfer-encoding", "connection"}


class BodyTooLargeError(Exception):
    """A request body is over the limit."""


class Everything(BaseRoute):
    """The last route. `/{path:path}` would not do: its pattern does not match a line break in a path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Always."""
        return (Match.FULL, {}) if scope["type"] == "http" else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand it on."""
        await self._app(scope, receive, send)


class HttpTriggers:
    """Answers every request that is not the host's own."""

    def __init__(self, router: Router, keys: Keys, invoker: Invoker) -> None:
        self._router, self._keys, self._invoker = router, keys, invoker
        limit = os.environ.get(_BODY_LIMIT_SETTING, "")
        self._body_limit = int(limit) if limit.isdigit() else BODY_LIMIT_DEFAULT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route, check the key, run the function, answer; logs one line without the query string."""
        started = time.monotonic()
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)
        _logger.info(
            "%s %s %d (%.0f ms)",
            request.method,
            raw_path(request),
            response.status_code,
            (time.monotonic() - started) * 1000,
        )

    async def _answer(self, request: Request) -> Response:
        found = self._router.find(request.method, decode_path(raw_path(request)))
        if found is None:
            return home_page() if request.url.path == "/" else Response(status_code=404)
        function, trigger, route_params = found
        level = self._keys.level_of(presented_key(request))
        if level < trigger.auth_level:
            return Response(status_code=401)
        if function.disabled and level < AuthLevel.ADMIN:
            return Response(status_code=404)
        try:
            body = await read_body(request, self._body_limit)
        except BodyTooLargeError:
            return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        return await self._run(function, request, route_params, body)

    async def _run(
        self, function: Function, request: Request, route_params: dict[str, str], body: bytes
    ) -> Response:
        trigger = http_datum(
            request.method,
            f"{scheme(request)}://{request.headers.get('host', '')}{raw_path(request)}{raw_query(request)}",
            headers=_joined(request.headers.items()) | {"x-forwarded-for": forwarded_for(request)},
            query={
                name: value for name, value in _joined(request.query_params.multi_items()).items() if value
            },
            route_params=route_params,
            body=body,
        )
        trace_parent = request.headers.get("traceparent", "")
        outcome = await self._invoker.invoke(function, "HTTP request", trigger, trace_parent=trace_parent)
        if not outcome.succeeded:
            return Response(status_code=500)
        return response_from(outcome.value)


def presented_key(request: Request) -> str | None:
    """The key of a request: the header, else the query. AuthenticationLevelHandler.cs has the same order."""
    if "x-functions-key" in request.headers:
        return request.headers["x-functions-key"]
    codes = (value for name, value in request.query_params.multi_items() if name.lower() == "code")
    return next(codes, None)


def raw_path(request: Request) -> str:
    """The path as it was sent, escapes and all."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("ascii", errors="replace")


def raw_query(request: Request) -> str:
    """The query as it was sent, with its question mark, or nothing."""
    query: bytes = request.scope["query_string"]
    return f"?{query.decode('latin-1')}" if query else ""


def scheme(request: Request) -> str:
    """https behind a proxy that says so, as on App Service (AppServiceHeaderFixupMiddleware.cs)."""
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    return forwarded if forwarded in {"http", "https"} else "http"


def forwarded_for(request: Request) -> str:
    """What the caller says of those before it, and then its own address, as App Service's front end appends it."""
    said = [value for value in request.headers.getlist("x-forwarded-for") if value]
    host, port = request.client or ("", 0)
    peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return ", ".join([*said, peer])


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises BodyTooLargeError as soon as it is known to be over `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLargeError
    return bytes(body)


def response_from(value: Any) -> Response:
    """The response of what a function returned: an HttpResponse or a string."""
    if value is None:
        return Response(status_code=200)
    if value.type != "http":
        return Response(str(value.value), media_type="text/plain")
    parts = value.value
    headers = [(name, datum.value) for name, datum in parts["headers"].items()]
    headers += [("Set-Cookie", text) for text in _cookies(parts.get("cookies") or [])]
    if any("\n" in text or "\r" in text for _, text in headers):
        _logger.error("the function returned a header with a line break")
        return Response(status_code=500)
    response = Response(parts["body"].value, status_code=int(parts["status_code"].value))
    length = [header for header in response.raw_headers if header[0] == b"content-length"]
    response.raw_headers = length + [
        (name.lower().encode("latin-1"), text.encode("latin-1", errors="replace"))
        for name, text in headers
        if name.lower() not in _FRAMING_HEADERS
    ]
    return response


def home_page() -> Response:
    """What the real host shows at its root (HomepageMiddleware.cs)."""
    if os.environ.get("AzureWebJobsDisableHomepage", "").lower() == "true":  # noqa: SIM112 - the host's name
        return Response(status_code=204)
    return Response(
        "<!DOCTYPE html><html><head><title>Functions host</title></head>"
        "<body><h1>Your functions app is up and running</h1></body></html>",
        media_type="text/html",
    )


def _cookies(cookies: Iterable[SimpleCookie]) -> list[str]:
    return [morsel.OutputString() for cookie in cookies for morsel in cookie.values()]


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repeated names, whose case does not matter, become one with the values joined by commas."""
    values: dict[str, list[str]] = {}
    spelling: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(spelling.setdefault(name.lower(), name), []).append(value)
    return {name: ",".join(texts) for name, texts in values.items()}
