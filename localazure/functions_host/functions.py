"""What the host knows about a function, from the bindings that the worker indexed."""

import enum
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localazure.functions_host.app_settings import is_true, resolve
from localazure.functions_host.errors import StartError


class AuthLevel(enum.IntEnum):
    """Who may call an HTTP function; the numbers are the real host's, higher includes lower."""

    ANONYMOUS = 0
    FUNCTION = 2
    ADMIN = 4


@dataclass(frozen=True)
class HttpTrigger:
    """`methods` is None where the function takes every method; `route` has no prefix."""

    route: str
    methods: frozenset[str] | None
    auth_level: AuthLevel


@dataclass(frozen=True)
class QueueTrigger:
    """`connection` is the name of the setting (or of the group of settings) with the storage account."""

    queue_name: str
    connection: str


@dataclass(frozen=True)
class TimerTrigger:
    """`schedule` is an NCRONTAB expression or a time span."""

    schedule: str
    run_on_startup: bool
    use_monitor: bool


Trigger = HttpTrigger | QueueTrigger | TimerTrigger


@dataclass(frozen=True)
class Function:
    """An indexed function. `parameter` is the name of the Python parameter that gets the trigger's data."""

    name: str
    function_id: str
    parameter: str
    trigger: Trigger
    disabled: bool = False
    bindings: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


def function_from(
    name: str, function_id: str, raw_bindings: Iterable[str], environ: Mapping[str, str] = os.environ
) -> Function:
    """Read a function's bindings. Raises StartError, naming the function, for what this host cannot run."""
    bindings = tuple(json.loads(text) for text in raw_bindings)
    triggers = [binding for binding in bindings if str(binding["type"]).lower().endswith("trigger")]
    if len(triggers) != 1:
        raise StartError(f"function '{name}': it has {len(triggers)} triggers, and must have exactly one")
    _refuse_other_bindings(name, bindings, triggers[0])
    try:
        trigger = _trigger(name, triggers[0], environ)
    except ValueError as error:
        raise StartError(f"function '{name}': {error}") from error
    disabled = is_true(environ.get(f"AzureWebJobs.{name}.Disabled", ""))
    return Function(name, function_id, triggers[0]["name"], trigger, disabled, bindings)


def _refuse_other_bindings(
    name: str, bindings: Iterable[Mapping[str, Any]], trigger: Mapping[str, Any]
) -> None:
    for binding in bindings:
        if binding is not trigger and (binding["type"], binding["name"]) != ("http", "$return"):
            raise StartError(
                f"function '{name}': the binding '{binding['name']}' of type '{binding['type']}' is not "
                "supported by the local host; use the service's SDK instead"
            )


def _trigger(name: str, binding: Mapping[str, Any], environ: Mapping[str, str]) -> Trigger:
    match str(binding["type"]).lower():
        case "httptrigger":
            return _http_trigger(name, binding)
        case "queuetrigger":
            # Lower-cased by the real host too: QueueTriggerAttributeBindingProvider.NormalizeQueueName.
            queue_name = resolve(binding["queueName"], environ).lower()
            return QueueTrigger(queue_name, binding.get("connection") or "AzureWebJobsStorage")
        case "timertrigger":
            return TimerTrigger(
                schedule=resolve(binding["schedule"], environ),
                run_on_startup=is_true(binding.get("runOnStartup", False)),
                use_monitor=is_true(binding.get("useMonitor", True)),
            )
    raise ValueError(
        f"the trigger '{binding['type']}' is not supported by the local host "
        "(it runs httpTrigger, queueTrigger and timerTrigger)"
    )


def _http_trigger(name: str, binding: Mapping[str, Any]) -> HttpTrigger:
    methods = binding.get("methods")
    return HttpTrigger(
        route=binding.get("route") or name,
        methods=frozenset(str(method).upper() for method in methods) if methods else None,
        auth_level=AuthLevel[str(binding.get("authLevel") or "FUNCTION").upper()],
    )
