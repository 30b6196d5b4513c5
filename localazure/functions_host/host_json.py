"""host.json: the part of it that this host obeys.

https://learn.microsoft.com/azure/azure-functions/functions-host-json. As on Azure, an app setting
`AzureFunctionsJobHost__extensions__queues__batchSize` overrides one value of the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from localazure.functions_host.app_settings import read_json_object
from localazure.functions_host.errors import StartError

_OVERRIDE = "azurefunctionsjobhost__"
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?")


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues`. Durations in seconds; defaults are the real host's (QueuesOptions.cs)."""

    max_polling_interval: float = 60.0
    """Longest wait between two looks at an empty queue."""
    visibility_timeout: float = 0.0
    """How long a message waits after a failure before it is tried again."""
    batch_size: int = 16
    new_batch_threshold: int = 8
    """A new batch is fetched when this many messages, or fewer, are being processed."""
    max_dequeue_count: int = 5
    base64: bool = True
    """Whether message texts are base64 (`messageEncoding`)."""


@dataclass(frozen=True)
class HostJson:
    """The settings of the host."""

    route_prefix: str = "api"
    queues: QueueOptions = field(default_factory=QueueOptions)
    log_levels: Mapping[str, str] = field(default_factory=dict)
    """`logging.logLevel`: category to level."""

    @classmethod
    def load(cls, app_dir: Path, environ: Mapping[str, str]) -> "HostJson":
        """Read the file of an app. Raises StartError that names the file and the value."""
        path = app_dir / "host.json"
        if not path.exists():
            raise StartError(
                f"{path} is missing: a function app needs one with at least {{'version': '2.0'}}"
            )
        document = read_json_object(path)
        if document.get("version") != "2.0":
            raise StartError(f"{path}: 'version' must be '2.0', not {document.get('version')!r}")
        _override(document, environ)
        return _Reader(path, document).host_json()


def parse_time_span(text: str) -> float:
    """Seconds of a .NET time span: `[d.]hh:mm[:ss[.fffffff]]`. Raises ValueError."""
    match = _TIME_SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a time span of the form hh:mm:ss")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:4])
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(f"'{text}' is not a time span: hours go to 23, minutes and seconds to 59")
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return span.total_seconds() + float(f"0.{match[5] or 0}")


def _override(document: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name, value in environ.items():
        if not name.lower().startswith(_OVERRIDE):
            continue
        *parents, last = name[len(_OVERRIDE) :].split("__")
        section = document
        for parent in parents:
            inner = section.setdefault(parent, {})
            section = inner if isinstance(inner, dict) else section
        section[last] = value


class _Reader:
    """Reads typed values; every error names the file and the path of the value."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self._path, self._document = path, document

    def host_json(self) -> HostJson:
        prefix = self._value("extensions.http", "routePrefix", "api")
        if not isinstance(prefix, str):
            raise self._error("extensions.http.routePrefix", "must be a string", prefix)
        levels = self._section("logging.logLevel")
        return HostJson(prefix.strip("/"), self._queues(), {key: str(level) for key, level in levels.items()})

    def _queues(self) -> QueueOptions:
        batch_size = self._number("batchSize", 16, 1, 32)
        encoding = self._value("extensions.queues", "messageEncoding", "base64")
        if str(encoding).lower() not in {"base64", "none"}:
            raise self._error("extensions.queues.messageEncoding", "must be 'base64' or 'none'", encoding)
        return QueueOptions(
            max_polling_interval=self._seconds("maxPollingInterval", "00:01:00", at_least=0.1),
            visibility_timeout=self._seconds("visibilityTimeout", "00:00:00"),
            batch_size=batch_size,
            new_batch_threshold=self._number("newBatchThreshold", batch_size // 2, 0),
            max_dequeue_count=self._number("maxDequeueCount", 5, 1),
            base64=str(encoding).lower() == "base64",
        )

    def _section(self, name: str) -> Mapping[str, Any]:
        section: Any = self._document
        for part in name.split("."):
            section = section.get(part) or {}
            if not isinstance(section, dict):
                raise self._error(name, "must be an object", section)
        result: Mapping[str, Any] = section
        return result

    def _value(self, section: str, name: str, default: object) -> object:
        # The real host reads its options without regard to case.
        found = {key.lower(): value for key, value in self._section(section).items()}.get(name.lower())
        return default if found is None else found

    def _number(self, name: str, default: int, low: int, high: int | None = None) -> int:
        value = self._value("extensions.queues", name, default)
        wanted = (
            f"must be a whole number from {low} to {high}"
            if high
            else f"must be a whole number from {low} up"
        )
        try:
            number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else low - 1
        except ValueError:
            number = low - 1
        if number < low or (high is not None and number > high):
            raise self._error(f"extensions.queues.{name}", wanted, value)
        return number

    def _seconds(self, name: str, default: str, at_least: float = 0.0) -> float:
        value = self._value("extensions.queues", name, default)
        try:
            seconds = parse_time_span(str(value))
        except ValueError as error:
            raise StartError(f"{self._path}: extensions.queues.{name}: {error}") from error
        if seconds < at_least:
            raise self._error(f"extensions.queues.{name}", "must be 00:00:00.1 or more", value)
        return seconds

    def _error(self, name: str, wanted: str, value: object) -> StartError:
        return StartError(f"{self._path}: {name} {wanted}, not {value!r}")
