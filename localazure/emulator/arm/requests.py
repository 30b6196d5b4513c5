"""The way in: who may call, which api-version, and the parts of a request that a resource provider looks at.

Paths are matched without regard to case, as Resource Manager does.
"""

import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localazure.emulator.arm import errors
from localazure.emulator.arm.resource_ids import STORAGE, WEB, Scope

_log = logging.getLogger(__name__)

API_VERSIONS = {STORAGE: ["2026-09-01", "2025-01-01"], WEB: ["2025-05-01", "2024-11-01"]}
"""The api-versions that are emulated, by resource provider: what the pinned SDKs send, and the ones before."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
_WITH_BODY = ("PUT", "PATCH", "POST")


@dataclass(frozen=True)
class Call:
    """One request to a resource provider."""

    scope: Scope
    names: Mapping[str, str]
    query: Mapping[str, str]
    path: str
    body: dict[str, Any] = field(repr=False)

    @property
    def api_version(self) -> str:
        """As the client sent it; URLs in answers carry the same one."""
        return self.query["api-version"]


@dataclass(frozen=True)
class Answer:
    """What the client gets."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


def deleted(*, there: bool) -> Answer:
    """200, or 204 if there was nothing to delete."""
    return Answer(200 if there else 204)


Handler = Callable[[Call], Answer]
"""Runs in a thread of its own, so it may block; raises ArmError."""

Admit = Callable[[Request], Mapping[str, str]]
"""Who calls, and may it call so often? Returns headers for every answer. Raises ArmError 401, 429."""


class ArmRoute(Route):
    """One path of a resource provider, in any case, with a handler per method."""

    def __init__(self, path: str, namespace: str, admit: Admit, handlers: Mapping[str, Handler]) -> None:
        async def endpoint(request: Request) -> Response:
            return await respond(request, namespace, admit, handlers)

        super().__init__(path, endpoint)
        self.methods = None  # ours to refuse, with Resource Manager's error body
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


async def respond(
    request: Request, namespace: str, admit: Admit, handlers: Mapping[str, Handler]
) -> Response:
    """Check the request, run its handler, render the answer or the refusal."""
    told: Mapping[str, str] = {}
    try:
        told = admit(request)
        answer = await _handle(request, namespace, handlers)
    except errors.ArmError as error:
        answer = Answer(error.status, error.body(), error.headers)
    return _render(request, answer, told)


async def refuse_unknown(request: Request, admit: Admit) -> Response:
    """404 for a path that no resource provider here has, once the caller has proved who it is."""
    try:
        admit(request)
        version = request.query_params.get("api-version")
        if not version:
            raise errors.missing_api_version()
        _, _, provider = request.url.path.partition("/providers/")
        namespace, _, rest = provider.partition("/")
        raise errors.invalid_resource_type(rest, namespace, version, API_VERSIONS.get(namespace, []))
    except errors.ArmError as error:
        return _render(request, Answer(error.status, error.body(), error.headers), {})


async def _handle(request: Request, namespace: str, handlers: Mapping[str, Handler]) -> Answer:
    _check_api_version(request, namespace)
    if request.method not in handlers:
        raise errors.method_not_allowed(request.method, sorted(handlers))
    call = Call(
        scope=_scope(request),
        names=request.path_params,
        query=request.query_params,
        path=request.url.path,
        body=await _body(request),
    )
    return await run_in_threadpool(handlers[request.method], call)


def _check_api_version(request: Request, namespace: str) -> None:
    known = API_VERSIONS.get(namespace, [])
    sent = request.query_params.get("api-version")
    if not sent:
        raise errors.missing_api_version()
    if not _DATE.fullmatch(sent):
        raise errors.invalid_api_version(sent, known)
    if sent not in known:
        segments = request.url.path.strip("/").split("/")
        kind = segments[-1] if len(segments) % 2 else segments[-2]
        if len(segments) % 2:
            raise errors.invalid_resource_type(kind, namespace, sent, known)
        raise errors.no_registered_provider(kind, "global", sent, known)


def _scope(request: Request) -> Scope:
    subscription = request.path_params["subscription"]
    try:
        uuid.UUID(subscription)
    except ValueError:
        raise errors.invalid_subscription(subscription) from None
    return Scope(subscription, request.path_params.get("group", ""))


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; empty if nothing was, which is fine for a POST."""
    content = await request.body() if request.method in _WITH_BODY else b""
    if not content:
        if request.method in ("PUT", "PATCH"):
            raise errors.invalid_request_content("the body is empty")
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise errors.unsupported_media_type(media_type)
    try:
        value = json.loads(content)
    except ValueError as error:
        raise errors.invalid_request_content(str(error)) from None
    return _checked(value)


def _checked(value: Any) -> dict[str, Any]:
    """What every resource has, in the shape that every provider expects."""
    if not isinstance(value, dict):
        raise errors.invalid_request_content("the body is not an object")
    for name in ("properties", "sku", "tags"):
        if not isinstance(value.get(name), dict | None):
            raise errors.invalid_request_content(f"{name} is not an object")
    return value


def _render(request: Request, answer: Answer, told: Mapping[str, str]) -> Response:
    request_id = str(uuid.uuid4())
    headers = {
        "cache-control": "no-cache",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
        **told,
        **answer.headers,
    }
    if request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        headers["x-ms-client-request-id"] = request.headers.get("x-ms-client-request-id", "")
    if answer.status >= 400:
        _log.info("%s %s: %d %s", request.method, request.url.path, answer.status, _code(answer.body))
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, status_code=answer.status, headers=headers)


def _code(body: object) -> str:
    body = body if isinstance(body, dict) else {}
    return str(body.get("error", {}).get("code") or body.get("Code", ""))
