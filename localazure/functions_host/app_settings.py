"""App settings: where they come from, and how a binding refers to them.

On Azure app settings are environment variables. On a laptop `func start` adds the `Values` of
local.settings.json, and a variable that the environment already has wins:
https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file.
"""

import json
import logging
import os
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from localazure.functions_host.errors import StartError

_logger = logging.getLogger(__name__)
_REFERENCE = re.compile(r"%([^%]+)%")


def is_true(value: object) -> bool:
    """Whether a setting or a property of a binding means yes."""
    return str(value).strip().lower() in {"true", "1"}


def resolve(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Replace every `%NAME%` by that app setting. Raises ValueError for a setting that is not there."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise ValueError(
                f"'%{match[1]}%' does not resolve to a value: there is no app setting '{match[1]}'"
            )
        return environ[match[1]]

    return _REFERENCE.sub(value, text)


class LocalSettings:
    """What stands in local.settings.json. Raises StartError if it cannot be used."""

    def __init__(self, values: Mapping[str, str], http_port: int | None = None) -> None:
        self._values = values
        self.http_port = http_port
        """The port to listen on where the command line names none."""

    @classmethod
    def load(cls, app_dir: Path) -> "LocalSettings":
        """Read the file; without one there are no settings."""
        path = app_dir / "local.settings.json"
        if not path.exists():
            return cls({})
        settings = read_json_object(path)
        if settings.get("IsEncrypted"):
            raise StartError(f"{path}: the settings are encrypted; run `func settings decrypt` first")
        values = {
            name: _text(path, name, value) for name, value in _section(path, settings, "Values").items()
        }
        return cls(values, _http_port(path, _section(path, settings, "Host")))

    def add_to(self, environ: MutableMapping[str, str]) -> None:
        """Add what the environment has not got, and say what is skipped, as `func start` does."""
        for name, value in self._values.items():
            if name in environ:
                _logger.info("%s in local.settings.json is skipped: the environment has it already", name)
            else:
                environ[name] = value


def read_json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises StartError that names file, line and column."""
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise StartError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path}: cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise StartError(f"{path}: it must hold a JSON object")
    return value


def _section(path: Path, settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = settings.get(name) or {}
    if not isinstance(section, dict):
        raise StartError(f"{path}: '{name}' must be an object")
    return section


def _text(path: Path, name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise StartError(f"{path}: the value of '{name}' must be a string")


def _http_port(path: Path, host: Mapping[str, Any]) -> int | None:
    port = host.get("LocalHttpPort")
    if port is None:
        return None
    try:
        return int(port)
    except (TypeError, ValueError) as error:
        raise StartError(f"{path}: Host.LocalHttpPort must be a number") from error
