"""host.json."""

import json
from pathlib import Path

import pytest

from localazure.functions_host.errors import StartError
from localazure.functions_host.host_json import HostJson, QueueOptions, parse_time_span


def test_the_defaults_are_those_of_azure(tmp_path: Path) -> None:
    host_json = _load(tmp_path, {"version": "2.0"})
    assert host_json.route_prefix == "api"
    assert host_json.queues == QueueOptions(60, 0, 16, 8, 5, base64=True)


def test_every_value_is_read(tmp_path: Path) -> None:
    queues = {
        "maxPollingInterval": "00:00:02",
        "visibilityTimeout": "1.02:03:04.5",
        "batchSize": 4,
        "maxDequeueCount": 1,
        "messageEncoding": "None",
    }
    extensions = {"http": {"routePrefix": "/v1/"}, "queues": queues}
    host_json = _load(
        tmp_path, {"version": "2.0", "extensions": extensions, "logging": {"logLevel": {"a": "Error"}}}
    )
    assert host_json.route_prefix == "v1"
    assert host_json.queues == QueueOptions(2, 93784.5, 4, 2, 1, base64=False)
    assert host_json.log_levels == {"a": "Error"}


def test_an_app_setting_overrides_the_file(tmp_path: Path) -> None:
    environ = {"AzureFunctionsJobHost__extensions__queues__batchSize": "7"}
    document = {"version": "2.0", "extensions": {"queues": {"batchSize": 4, "maxDequeueCount": 2}}}
    queues = _load(tmp_path, document, environ).queues
    assert (queues.batch_size, queues.max_dequeue_count) == (7, 2)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "'version' must be '2.0', not None"),
        ({"version": 2}, "'version' must be '2.0'"),
        ([], "must hold a JSON object"),
        ({"version": "2.0", "extensions": "x"}, "extensions.http must be an object"),
        ({"batchSize": 33}, "extensions.queues.batchSize must be a whole number from 1 to 32, not 33"),
        ({"batchSize": True}, "extensions.queues.batchSize must be a whole number"),
        ({"batchSize": "many"}, "extensions.queues.batchSize must be a whole number"),
        ({"newBatchThreshold": -1}, "extensions.queues.newBatchThreshold must be a whole number from 0 up"),
        ({"maxDequeueCount": 0}, "extensions.queues.maxDequeueCount must be a whole number from 1 up"),
        ({"visibilityTimeout": "30"}, "extensions.queues.visibilityTimeout: '30' is not a time span"),
        ({"visibilityTimeout": "00:00:61"}, "extensions.queues.visibilityTimeout: '00:00:61'"),
        (
            {"maxPollingInterval": "00:00:00"},
            "extensions.queues.maxPollingInterval must be 00:00:00.1 or more",
        ),
        ({"messageEncoding": "utf-8"}, "extensions.queues.messageEncoding must be 'base64' or 'none'"),
    ],
)
def test_a_problem_names_the_file_and_the_value(tmp_path: Path, document: object, message: str) -> None:
    if isinstance(document, dict) and document and "version" not in document:
        document = {"version": "2.0", "extensions": {"queues": document}}
    with pytest.raises(StartError) as error:
        _load(tmp_path, document)
    assert str(tmp_path / "host.json") in str(error.value)
    assert message in str(error.value)


def test_broken_json_names_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{\n  "version" "2.0"}')
    with pytest.raises(StartError, match="line 2, column 13"):
        HostJson.load(tmp_path, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"host\.json is missing"):
        HostJson.load(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:00:00.25", 0.25), ("01:30", 5400), ("2.00:00:00", 172800)]
)
def test_time_spans(text: str, seconds: float) -> None:
    assert parse_time_span(text) == seconds


def _load(folder: Path, document: object, environ: dict[str, str] | None = None) -> HostJson:
    (folder / "host.json").write_text(json.dumps(document))
    return HostJson.load(folder, environ or {})
