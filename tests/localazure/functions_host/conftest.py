"""One Azurite and one host with the sample app for all tests of this folder."""

import json
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.localazure.functions_host.rig import HostProcess, azurite_queues, sample_app


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The connection string of a running queue service."""
    with azurite_queues(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string


@pytest.fixture(scope="session")
def host(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[HostProcess]:
    """The host with the sample app, ready."""
    folder: Path = tmp_path_factory.mktemp("host")
    app = sample_app(folder / "app")
    values = {
        "AzureWebJobsStorage": storage,
        "SAMPLE_QUEUE": "Sample",
        "SAMPLE_SCHEDULE": "0 0 0 1 1 *",
        "SAMPLE_SETTING": "a value of the file",
        "AzureWebJobs.off.Disabled": True,
    }
    (app / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    environ = {"SAMPLE_SETTING": "a value of the environment"}
    with HostProcess(app, folder / "state", environ) as process:
        process.ready()
        yield process


@pytest.fixture
def client(host: HostProcess) -> Generator[httpx.Client]:
    """A client of the sample app."""
    with httpx.Client(base_url=host.ready(), timeout=20) as client:
        yield client
