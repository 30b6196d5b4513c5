"""App settings, keys and connections."""

import json
import logging
from pathlib import Path

import pytest

from localazure.functions_host.app_settings import LocalSettings, resolve
from localazure.functions_host.errors import StartError
from localazure.functions_host.functions import AuthLevel
from localazure.functions_host.keys import Keys
from localazure.functions_host.storage import queue_client


def test_the_environment_wins_over_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _write(tmp_path, {"IsEncrypted": False, "Values": {"A": "file", "B": "file", "C": 3, "D": True}})
    environ = {"A": "environment"}
    with caplog.at_level(logging.INFO):
        LocalSettings.load(tmp_path).add_to(environ)
    assert environ == {"A": "environment", "B": "file", "C": "3", "D": "true"}
    assert caplog.messages == ["A in local.settings.json is skipped: the environment has it already"]


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert LocalSettings.load(tmp_path).http_port is None


def test_the_port_of_the_file_is_a_default(tmp_path: Path) -> None:
    _write(tmp_path, {"Values": {}, "Host": {"LocalHttpPort": 7072, "CORS": "*"}})
    assert LocalSettings.load(tmp_path).http_port == 7072


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"IsEncrypted": True, "Values": {}}, "func settings decrypt"),
        ({"Values": {"A": {"b": 1}}}, "the value of 'A' must be a string"),
        ({"Values": ["A"]}, "'Values' must be an object"),
        ({"Host": {"LocalHttpPort": "x"}}, "Host.LocalHttpPort must be a number"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, settings: object, message: str) -> None:
    _write(tmp_path, settings)
    with pytest.raises(StartError) as error:
        LocalSettings.load(tmp_path)
    assert "local.settings.json" in str(error.value)
    assert message in str(error.value)


def test_references_are_resolved() -> None:
    assert resolve("a-%ONE%-%TWO%", {"ONE": "1", "TWO": "2"}) == "a-1-2"
    with pytest.raises(ValueError, match="there is no app setting 'THREE'"):
        resolve("%THREE%", {})


def test_what_a_key_opens() -> None:
    keys = Keys("the master", {"default": "one", "other": "zwölf"})
    levels = [keys.level_of(key) for key in ("the master", "one", "zwölf", "wrong", "", None)]
    assert [level.name for level in levels] == [
        "ADMIN",
        "FUNCTION",
        "FUNCTION",
        "ANONYMOUS",
        "ANONYMOUS",
        "ANONYMOUS",
    ]
    assert AuthLevel.ANONYMOUS < AuthLevel.FUNCTION < AuthLevel.ADMIN


@pytest.mark.parametrize("text", ["", "[]", '{"masterKey": "k"}', '{"masterKey": "", "functionKeys": {}}'])
def test_a_bad_keys_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(StartError, match=r"keys\.json: must be"):
        Keys.load(path)
    with pytest.raises(StartError, match="cannot be read"):
        Keys.load(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"Storage": "UseDevelopmentStorage=true"}, "http://127.0.0.1:10001/devstoreaccount1/orders"),
        (
            {"AzureWebJobsStorage": "UseDevelopmentStorage=true;"},
            "http://127.0.0.1:10001/devstoreaccount1/orders",
        ),
        (
            {
                "Storage__queueServiceUri": "https://mine.queue.core.windows.net",
                "Storage__credential": "managedidentity",
            },
            "https://mine.queue.core.windows.net/orders",
        ),
        ({"Storage__accountName": "mine"}, "https://mine.queue.core.windows.net/orders"),
    ],
)
def test_a_connection_is_a_string_or_an_identity(environ: dict[str, str], url: str) -> None:
    with queue_client("Storage", "orders", environ) as client:
        assert client.url == url


@pytest.mark.parametrize(
    ("environ", "message"), [({}, "is missing"), ({"Storage": "x=y"}, "is not a storage")]
)
def test_a_connection_that_is_none_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=f"'Storage'.* {message}"):
        queue_client("Storage", "orders", environ)


def _write(folder: Path, settings: object) -> None:
    (folder / "local.settings.json").write_text(json.dumps(settings))
