"""What the host makes of a function's bindings."""

import json
from typing import Any

import pytest

from localazure.functions_host.errors import StartError
from localazure.functions_host.functions import (
    AuthLevel,
    Function,
    HttpTrigger,
    QueueTrigger,
    TimerTrigger,
    function_from,
)

HTTP = {"type": "httpTrigger", "name": "req", "direction": "IN"}
RETURN = {"type": "http", "name": "$return", "direction": "OUT"}


def test_an_http_function_needs_a_key_and_takes_all_methods_unless_it_says_otherwise() -> None:
    assert _function(HTTP, RETURN).trigger == HttpTrigger("mine", None, AuthLevel.FUNCTION)
    told = {**HTTP, "route": "x", "methods": ["get", "PUT"], "authLevel": "anonymous"}
    assert _function(told, RETURN).trigger == HttpTrigger("x", frozenset({"GET", "PUT"}), AuthLevel.ANONYMOUS)


def test_settings_stand_in_for_queue_names_and_schedules() -> None:
    queue = {"type": "queueTrigger", "name": "m", "queueName": "%Q%-sync", "connection": "Storage"}
    assert _function(queue, environ={"Q": "Users"}).trigger == QueueTrigger("users-sync", "Storage")
    timer = {"type": "timerTrigger", "name": "t", "schedule": "%S%"}
    assert _function(timer, environ={"S": "0 0 * * * *"}).trigger == TimerTrigger("0 0 * * * *", False, True)


def test_a_setting_disables_a_function() -> None:
    assert _function(HTTP, environ={"AzureWebJobs.mine.Disabled": "true"}).disabled
    assert not _function(HTTP).disabled


@pytest.mark.parametrize(
    ("bindings", "message"),
    [
        ([{"type": "blobTrigger", "name": "b"}], "the trigger 'blobTrigger' is not supported"),
        ([HTTP, {"type": "queue", "name": "out"}], "the binding 'out' of type 'queue' is not supported"),
        ([RETURN], "it has 0 triggers"),
        ([HTTP, HTTP], "it has 2 triggers"),
        (
            [{"type": "queueTrigger", "name": "m", "queueName": "%NO_SUCH%"}],
            "'%NO_SUCH%' does not resolve to a value",
        ),
    ],
)
def test_what_the_host_cannot_run_names_the_function(bindings: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(StartError) as error:
        _function(*bindings)
    assert str(error.value).startswith("function 'mine': ")
    assert message in str(error.value)


def _function(*bindings: dict[str, Any], environ: dict[str, str] | None = None) -> Function:
    return function_from("mine", "id", [json.dumps(binding) for binding in bindings], environ or {})
