"""The worker library: indexes the function app and runs its functions.

Microsoft's `azure-functions-runtime` is the code that runs in production behind the real host; this module is
the only one that imports it. It keeps its state in module globals, so a process can hold one app, once.
"""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

# The library has no type information (1.3.0).
import azure_functions_runtime as runtime  # type: ignore[import-untyped]
from azure_functions_runtime.bindings.datumdef import Datum  # type: ignore[import-untyped]
from azure_functions_runtime.native_invocation import (  # type: ignore[import-untyped]
    invocation_request_native,
)

from localazure.functions_host import protos
from localazure.functions_host.errors import StartError
from localazure.functions_host.functions import Function, function_from

_logger = logging.getLogger(__name__)

THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"
_THREADS_DEFAULT = "16"
_HTTP_STREAMING = "HttpUri"
_LAST_LIBRARY_FRAME = str(Path("azure_functions_runtime", "utils", "executor.py"))


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended. `value` is what the function returned, as the library encoded it."""

    succeeded: bool
    value: Any = None
    error: str = ""
    traceback: str = ""


class Worker:
    """The indexed app. `functions` are in the order of their names, which is the real host's order."""

    def __init__(self, functions: tuple[Function, ...]) -> None:
        self.functions = functions

    @classmethod
    async def start(cls, app_dir: Path) -> "Worker":
        """Import and index the app in `app_dir`, and start the threads of its sync functions.

        Changes the process as a worker does: working directory, `sys.path`. Raises StartError that names
        the function, or shows the traceback of the app's module.
        """
        os.environ.setdefault(THREADS, _THREADS_DEFAULT)  # by default it would be cpus + 4
        os.chdir(app_dir)
        sys.path.insert(0, str(app_dir))
        runtime.start_threadpool_executor()
        answer = await runtime.worker_init_request(_init_request(app_dir))
        if answer.result.status != protos.StatusResult.Success:
            raise _index_error(app_dir, answer.result.exception)
        if _HTTP_STREAMING in answer.capabilities:
            raise StartError(
                f"{app_dir}: HTTP streaming (a FastAPI request) is not supported by the local host"
            )
        metadata = await runtime.functions_metadata_request(None)
        return cls(_functions(app_dir, metadata.function_metadata_results))

    async def invoke(
        self,
        function: Function,
        invocation_id: str,
        trigger: "Datum",
        metadata: dict[str, "Datum"] | None = None,
        trace_parent: str = "",
    ) -> Outcome:
        """Run a function, a sync one on the library's threads. What it raises is in the outcome."""
        succeeded, value, _, error, traceback = await invocation_request_native(
            invocation_id, function.function_id, [(function.parameter, trigger)], metadata or {}, trace_parent
        )
        return Outcome(succeeded, value, error or "", _from_the_app_on(traceback or ""))


def current_invocation_id() -> str | None:
    """The invocation that the calling thread or task is working for."""
    invocation_id: str | None = runtime.invocation_id_cv.get()
    return invocation_id


def text_datum(text: str) -> Datum:
    """Data for a parameter, as text."""
    return Datum(text, "string")


def json_datum(text: str) -> Datum:
    """Data for a parameter, as a JSON text."""
    return Datum(text, "json")


def http_datum(
    method: str,
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str] = MappingProxyType({}),
    query: Mapping[str, str] = MappingProxyType({}),
    route_params: Mapping[str, str] = MappingProxyType({}),
) -> Datum:
    """An HTTP request as the library takes it."""
    value = {
        "method": text_datum(method),
        "url": text_datum(url),
        "headers": {name: text_datum(text) for name, text in headers.items()},
        "query": {name: text_datum(text) for name, text in query.items()},
        "params": {name: text_datum(text) for name, text in route_params.items()},
        "body": Datum(body, "bytes"),
    }
    return Datum(value, "http")


def _from_the_app_on(traceback: str) -> str:
    """A traceback without the frames of the library in front of the function's own."""
    start, title, frames = traceback.rpartition("Traceback (most recent call last):\n")
    library, _, rest = frames.rpartition(_LAST_LIBRARY_FRAME)
    _, frame, of_app = rest.partition("\n  File ")
    return f"{start}{title}{frame[1:]}{of_app}" if library and frame else traceback


def _init_request(app_dir: Path) -> SimpleNamespace:
    init = SimpleNamespace(capabilities={}, function_app_directory=str(app_dir))
    return SimpleNamespace(
        request=SimpleNamespace(worker_init_request=init),
        properties={"host": "127.0.0.1", "protos": protos},
    )


def _index_error(app_dir: Path, exception: Any) -> StartError:
    message = f"the function app in {app_dir} could not be indexed: {exception.message}"
    # FunctionLoadError names the function and the reason; for anything else the place in the code helps.
    wanted = "" if exception.message.startswith("FunctionLoadError") else f"\n{exception.stack_trace}"
    return StartError(message + wanted.rstrip())


def _functions(app_dir: Path, results: list[Any] | None) -> tuple[Function, ...]:
    if results is None:
        script = os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
        if not (app_dir / script).exists():
            raise StartError(f"{app_dir}: there is no {script}")
        raise StartError(f"{app_dir / script}: it has no functions")
    for item in results:
        if item.retry_options is not None:
            _logger.warning("function %s: its retry policy is not obeyed by the local host", item.name)
    found = (function_from(item.name, item.function_id, item.raw_bindings) for item in results)
    return tuple(sorted(found, key=lambda function: function.name.lower()))
