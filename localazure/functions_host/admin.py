"""The host's own endpoints under /admin, for the master key."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localazure.functions_host.functions import AuthLevel, Function, HttpTrigger, QueueTrigger
from localazure.functions_host.http_triggers import presented_key
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.keys import Keys
from localazure.functions_host.queue_messages import trigger_metadata
from localazure.functions_host.routes import Router
from localazure.functions_host.timers import timer_info
from localazure.functions_host.worker import http_datum, json_datum, text_datum

_started = time.time()


class Admin:
    """Status, ping, and the functions: list, show, run; as in the real host's controllers."""

    def __init__(self, keys: Keys, invoker: Invoker, router: Router) -> None:
        self._keys, self._invoker, self._router = keys, invoker, router

    def routes(self) -> list[Route]:
        """What to serve before any function."""
        return [
            Route("/admin/host/ping", self.ping, methods=["GET", "POST"]),
            Route("/admin/host/status", self.status, methods=["GET"]),
            Route("/admin/functions", self.list_functions, methods=["GET"]),
            Route("/admin/functions/{name}", self.show, methods=["GET"]),
            Route("/admin/functions/{name}", self.run, methods=["POST"]),
        ]

    async def ping(self, _: Request) -> Response:
        """Anonymous: the process answers."""
        return Response(status_code=200)

    async def status(self, request: Request) -> Response:
        """Whether functions are run."""
        uptime = int((time.time() - _started) * 1000)
        return self._refusal(request) or JSONResponse(
            {"id": "local", "state": "Running", "processUptime": uptime}
        )

    async def list_functions(self, request: Request) -> Response:
        """All functions with their bindings."""
        shown = [self._shown(request, function) for function in self._invoker.functions]
        return self._refusal(request) or JSONResponse(shown)

    async def show(self, request: Request) -> Response:
        """One function."""
        function = self._function(request)
        found = JSONResponse(self._shown(request, function)) if function else Response(status_code=404)
        return self._refusal(request) or found

    async def run(self, request: Request) -> Response:
        """Run any function now with `{"input": "..."}`; answers 202 at once, the outcome is in the log.

        https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
        """
        refusal = self._refusal(request)
        if refusal:
            return refusal
        if "json" not in request.headers.get("content-type", ""):
            return Response(status_code=415)
        text = _input(await request.body())
        if text is None:
            return Response(status_code=400)
        function = self._function(request)
        if function is None:
            return Response(status_code=404)
        trigger, metadata = _made_up(function, text)
        self._invoker.run_in_background(self._invoker.invoke(function, "admin request", trigger, metadata))
        return Response(status_code=202)

    def _refusal(self, request: Request) -> Response | None:
        match self._keys.level_of(presented_key(request)):
            case AuthLevel.ADMIN:
                return None
            case AuthLevel.FUNCTION:
                return Response(status_code=403)  # a good key, not good enough
        return Response(status_code=401)

    def _function(self, request: Request) -> Function | None:
        wanted = request.path_params["name"].lower()
        return next((f for f in self._invoker.functions if f.name.lower() == wanted), None)

    def _shown(self, request: Request, function: Function) -> dict[str, Any]:
        url = None
        if isinstance(function.trigger, HttpTrigger):
            url = f"{request.base_url}{self._router.path_of(function.trigger).lstrip('/')}"
        return {
            "name": function.name,
            "href": f"{request.base_url}admin/functions/{function.name}",
            "invoke_url_template": url,
            "language": "python",
            "config": {"bindings": list(function.bindings)},
            "isDisabled": function.disabled,
        }


def _input(body: bytes) -> str | None:
    """The text of `{"input": ...}`, a value that is no text as JSON; None if the body is not that."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    value = document.get("input") or ""
    return value if isinstance(value, str) else json.dumps(value)


def _made_up(function: Function, text: str) -> tuple[Any, dict[str, Any] | None]:
    """What the trigger would have sent, for an invocation by hand."""
    if isinstance(function.trigger, QueueTrigger):
        now = datetime.now(UTC)
        return text_datum(text), trigger_metadata(
            inserted=now, expires=now + timedelta(days=7), next_visible=now
        )
    if isinstance(function.trigger, HttpTrigger):
        return http_datum("POST", "http://localhost/", body=text.encode()), None
    return json_datum(timer_info(None, is_past_due=False)), None
