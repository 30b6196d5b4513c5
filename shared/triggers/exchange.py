"""One request and its answer: ids, the log line, the span, the time it took."""

import functools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import azure.functions as func

from shared.telemetry.logs import bound, bound_value
from shared.telemetry.metrics import REQUEST_SECONDS
from shared.telemetry.traces import Span, telemetry

logger = logging.getLogger(__name__)

REQUEST_ID = "x-ms-request-id"
CLIENT_REQUEST_ID = "x-ms-client-request-id"
OPERATION_LOCATION = "Operation-Location"


@contextmanager
def exchange(
    req: func.HttpRequest, context: func.Context, function: str
) -> Iterator[Callable[[func.HttpResponse], func.HttpResponse]]:
    """One id for the whole request: in its answer, its log lines and its audit entry. Its caller's trace goes on."""
    named, began = req.route_params, time.perf_counter()

    def finish(response: func.HttpResponse) -> func.HttpResponse:
        seconds, status = time.perf_counter() - began, str(response.status_code)
        telemetry.record(REQUEST_SECONDS, seconds, function=function, status=status)
        _tell(f"{req.method} {function}", response, span)
        return _with_ids(req, response)

    with (
        bound(request=uuid4(), operation=named.get("operation"), registry=named.get("registry")),
        telemetry.span(f"{req.method} {function}", context.trace_context.trace_parent) as span,
    ):
        yield finish


def under_the_name_of[**P, R](handler: Callable[..., object], endpoint: Callable[P, R]) -> Callable[P, R]:
    """With its own parameters, though: the worker gives `context` to a function that names it."""
    functools.update_wrapper(endpoint, handler, ("__module__", "__name__", "__qualname__", "__doc__"))
    del vars(endpoint)["__wrapped__"]
    return endpoint


def _tell(what: str, response: func.HttpResponse, span: Span) -> None:
    """The end of the request, with the operation that its caller is told to wait for."""
    span.set("berthage.status", response.status_code)
    _, _, operation = response.headers.get(OPERATION_LOCATION, "").rpartition("/")
    if operation:
        span.set("berthage.operation", operation)
    with bound(operation=operation or None):
        logger.info("%s: %d", what, response.status_code)


def _with_ids(req: func.HttpRequest, response: func.HttpResponse) -> func.HttpResponse:
    response.headers[REQUEST_ID] = bound_value("request")
    echoed = req.headers.get(CLIENT_REQUEST_ID, "")
    if echoed and echoed.isascii() and echoed.isprintable():
        response.headers[CLIENT_REQUEST_ID] = echoed[:128]
    return response
