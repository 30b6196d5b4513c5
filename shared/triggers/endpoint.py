"""What every HTTP function shares: answers and errors. A handler never sees a status code but its own."""

import json
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

import azure.functions as func

from shared.bootstrap import services
from shared.domain.errors import ApiError, ConflictError, DependencyError, OperationInProgressError
from shared.domain.operations import Operation
from shared.services.accounts import UserAnswer
from shared.services.registries import RegistryAnswer
from shared.settings import SettingsError
from shared.telemetry.logs import bound_value
from shared.triggers.exchange import OPERATION_LOCATION, exchange, under_the_name_of
from shared.triggers.request_models import Page
from shared.triggers.throttle import admit
from shared.triggers.views import operation_link, operation_url, operation_view

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2


def answer(
    status: int, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    """JSON that no cache keeps: an answer may hold a secret."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n"
    given = {"Cache-Control": "no-store", **(headers or {})}
    return func.HttpResponse(content, status_code=status, headers=given, mimetype="application/json")


def accepted[A: (RegistryAnswer, UserAnswer)](
    status: int, view: Callable[[str, A], dict[str, Any]], found: A
) -> func.HttpResponse:
    """A resource; the headers say where to wait, if there is anything to wait for."""
    body = view(_base(), found)
    return answer(status, body, {"ETag": body["etag"], **_waiting(found.operation)})


def removal(body: dict[str, Any], operation: Operation | None) -> func.HttpResponse:
    """202 while something goes, 204 where there is nothing."""
    if operation is None:
        return answer(204)
    return answer(202, body | {"operation": operation_link(_base(), operation)}, _waiting(operation))


def shown(operation: Operation) -> func.HttpResponse:
    """An operation."""
    return answer(200, operation_view(_base(), operation), _waiting(operation))


def changed(operation: Operation) -> func.HttpResponse:
    """An operation that a request has started or changed."""
    body = operation_view(_base(), operation) | {"operation": operation_link(_base(), operation)}
    return answer(200 if operation.final else 202, body, _waiting(operation))


def page_answer[A](
    view: Callable[[str, A], dict[str, Any]], found: Sequence[A], page: Page, path: str, key: str
) -> func.HttpResponse:
    """One page. `found` has one more than the page holds if there is another page."""
    values = [view(_base(), each) for each in found[: page.size]]
    body: dict[str, Any] = {"value": values}
    if len(found) > page.size:
        last = quote(values[-1][key], safe="")
        body["nextLink"] = f"{_base()}/api/{path}?maxpagesize={page.size}&$skiptoken={last}"
    return answer(200, body)


def _base() -> str:
    return services().settings.public_url


def _waiting(operation: Operation | None) -> dict[str, str]:
    if operation is None or operation.final:
        return {}
    return _location(operation.id)


def _location(operation_id: str) -> dict[str, str]:
    return {OPERATION_LOCATION: operation_url(_base(), operation_id), "Retry-After": str(RETRY_SECONDS)}


def http_endpoint(
    handler: Callable[[func.HttpRequest], func.HttpResponse],
) -> Callable[[func.HttpRequest, func.Context], func.HttpResponse]:
    """Too many writes are refused; domain errors become error bodies; anything unforeseen a 500 that shows nothing."""

    def endpoint(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        with exchange(req, context, handler.__name__) as finish:
            try:
                admit(req)
                response = handler(req)
            except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
                response = _error_answer(error)
            return finish(response)

    return under_the_name_of(handler, endpoint)


def async_http_endpoint(
    handler: Callable[[func.HttpRequest], Awaitable[func.HttpResponse]],
) -> Callable[[func.HttpRequest, func.Context], Awaitable[func.HttpResponse]]:
    """The same for a handler that waits."""

    async def endpoint(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        with exchange(req, context, handler.__name__) as finish:
            try:
                admit(req)
                response = await handler(req)
            except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
                response = _error_answer(error)
            return finish(response)

    return under_the_name_of(handler, endpoint)


def _error_answer(error: Exception) -> func.HttpResponse:
    known = _known(error)
    if known is None:
        logger.error("request failed", exc_info=error)
        known = ApiError(
            500,
            "InternalServerError",
            "The control plane failed; this is not your request's fault.",
            f"Send it again; if it fails again, look for request {bound_value('request')} in the logs.",
        )
    headers = {"x-ms-error-code": known.code, **known.headers}
    if isinstance(known, OperationInProgressError):
        headers |= _location(known.operation_id)
    return answer(known.status, _body(known), headers)


def _known(error: Exception) -> ApiError | None:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, DependencyError):
        logger.warning("%s", error)
        wait = str(math.ceil(error.retry_after))
        return ApiError(
            503,
            "DependencyUnavailable",
            f"{error.dependency} does not answer ({error.reason}). Nothing was changed, or all of it was.",
            f"Send the same request again in {wait} seconds: it is safe to repeat.",
            headers={"Retry-After": wait},
        )
    if isinstance(error, ConflictError):
        return ApiError(
            503,
            "TooManyConcurrentChanges",
            "Too many changes of this registry at the same time. Nothing was changed.",
            "Send the same request again in a second.",
            headers={"Retry-After": "1"},
        )
    if isinstance(error, SettingsError):
        return ApiError(500, "NotConfigured", str(error), "Set them in the app's settings and restart it.")
    return None


def _body(error: ApiError) -> dict[str, Any]:
    body: dict[str, Any] = {"code": error.code, "message": error.message, "fix": error.fix}
    if error.target:
        body["target"] = error.target
    if error.details:
        body["details"] = [vars(problem) for problem in error.details]
    return {"error": body}
