"""The log: a readable line for each record, with the function it belongs to, and no key in it."""

import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import override
from urllib.parse import quote

from localazure.functions_host.worker import current_invocation_id

_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}
# The storage SDK writes two INFO records for each request, and an idle host sends one every second.
_QUIET = {"azure.core.pipeline.policies.http_logging_policy": "Warning", "uvicorn": "Warning"}
_HOST = __name__.rpartition(".")[0]
# Said by the worker library (logger "azure.functions") of what the host says itself, with more to it.
_TWICE = ("Native invocation failed", "Error when indexing function", "Error: %s, %s")

FunctionOf = Callable[[str], str | None]
"""From the id of an invocation to the name of its function."""


def configure(log_levels: Mapping[str, str], secrets: Iterable[str], function_of: FunctionOf) -> None:
    """Send all of Python's logging to stderr. `log_levels` is `logging.logLevel` of host.json.

    A category there is a logger's name (`Azure.Core`), a function (`Function.sync_htpasswd`), or `Host`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_LevelFilter(log_levels, function_of))
    handler.setFormatter(_Formatter(secrets, function_of))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(min([logging.INFO, *map(_level, log_levels.values())]))
    logging.getLogger("azure.functions").addFilter(_not_said_twice)
    logging.captureWarnings(capture=True)


def _not_said_twice(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING and not str(record.msg).startswith(_TWICE)


class _LevelFilter(logging.Filter):
    """Keeps what is at the level of the most specific category, as the real host's logger filter."""

    def __init__(self, log_levels: Mapping[str, str], function_of: FunctionOf) -> None:
        super().__init__()
        levels = {**_QUIET, **log_levels}
        self._levels = {name.lower(): _level(level) for name, level in levels.items()}
        self._default = self._levels.pop("default", logging.INFO)
        self._function_of = function_of

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        names = [record.name, _category(record, _function_now(self._function_of))]
        found = [key for name in names for key in self._levels if f"{name.lower()}.".startswith(f"{key}.")]
        level = self._levels[max(found, key=len)] if found else self._default
        return record.levelno >= level


class _Formatter(logging.Formatter):
    def __init__(self, secrets: Iterable[str], function_of: FunctionOf) -> None:
        super().__init__()
        spellings = {spelling for secret in secrets for spelling in (secret, quote(secret, safe=""))}
        self._secrets = sorted(spellings, key=len, reverse=True)
        self._function_of = function_of

    @override
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        where = self._where(record)
        name = "host" if _of_host(record) else record.name
        line = f"{_time(record)} {record.levelname:<7} {where}{name}: {text}".replace("\n", "\n    ")
        for secret in self._secrets:
            line = line.replace(secret, "[key]")
        return line

    def _where(self, record: logging.LogRecord) -> str:
        invocation_id, function = current_invocation_id(), _function_now(self._function_of)
        if function is None or invocation_id is None or _of_host(record):
            return ""
        return f"{function}[{invocation_id[:8]}] "


def _function_now(function_of: FunctionOf) -> str | None:
    invocation_id = current_invocation_id()
    return function_of(invocation_id) if invocation_id else None


def _level(name: str) -> int:
    return _LEVELS.get(name.lower(), logging.INFO)


def _category(record: logging.LogRecord, function: str | None) -> str:
    if _of_host(record):
        return "Host"
    return f"Function.{function}.User" if function else "Worker"


def _of_host(record: logging.LogRecord) -> bool:
    return record.name.startswith(_HOST)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
