"""`python -m localazure up`, as a person starts it: all four processes, with a small function app."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from localazure.up.environment import ROOT
from tests.localazure.up_process import Up

APP = """
import os
import azure.functions as func

app = func.FunctionApp()

@app.route("setting/{name}", auth_level=func.AuthLevel.FUNCTION)
def setting(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ.get(req.route_params["name"], "(not set)"))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("up")
    app = folder / "app"
    app.mkdir()
    (app / "function_app.py").write_text(APP)
    (app / "host.json").write_text('{"version": "2.0"}')
    sample = {"IsEncrypted": False, "Values": {"GREETING": "hello", "AZURE_RESOURCE_GROUP": "other"}}
    (app / "local.settings.sample.json").write_text(json.dumps(sample))
    return folder


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[Up]:
    up = Up(folder, folder / "app").start()
    yield up
    if up.process.poll() is None:
        up.stop()


def setting(up: Up, name: str) -> str:
    """What the function app finds in its environment."""
    ready = up.ready()
    answer = httpx.get(
        f"{ready['functionsUrl']}/api/setting/{name}",
        headers={"x-functions-key": ready["functionsKey"]},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_ready_file_tells_everything_and_is_private(up: Up, folder: Path) -> None:
    ready = up.ready()
    assert stat.S_IMODE(up.ready_file.stat().st_mode) == 0o600
    assert set(ready["processes"]) == {"functions-host", "emulator", "azurite", "slack"}
    assert all(psutil.Process(pid).ppid() == up.process.pid for pid in ready["processes"].values())
    assert ready["stateDir"] == str(folder / "state")
    assert "BEGIN CERTIFICATE" in Path(ready["caFile"]).read_text()
    assert ready["emulatorControlUrl"] == f"{ready['resourceManagerUrl']}/_emulator"
    assert "TableEndpoint=http://127.0.0.1:" in ready["storageConnectionString"]
    status = httpx.get(
        f"{ready['functionsUrl']}/admin/host/status",
        headers={"x-functions-key": ready["masterKey"]},
        trust_env=False,
    )
    assert status.json()["state"] == "Running"


def test_the_log_is_readable_and_ends_with_lines_to_paste(up: Up) -> None:
    log = up.log.read_text()
    assert "up             | starting azurite, waiting for" in log
    assert f"API={up.ready()['functionsUrl']}/api" in log
    assert "\033" not in log


def test_the_app_gets_the_samples_values_and_the_local_endpoints(up: Up) -> None:
    ready = up.ready()
    assert setting(up, "GREETING") == "hello"
    assert setting(up, "AZURE_RESOURCE_GROUP") == "berthage"
    assert setting(up, "RESOURCE_MANAGER_URL") == ready["resourceManagerUrl"]
    assert setting(up, "AzureWebJobsStorage") == ready["storageConnectionString"]


def test_the_settings_for_func_are_complete(up: Up, folder: Path) -> None:
    file = folder / "state" / "local.settings.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values = json.loads(file.read_text())["Values"]
    for name in ("GREETING", "AzureWebJobsStorage", "IDENTITY_HEADER", "PROBE_KEY", "SSL_CERT_FILE"):
        assert values[name] == setting(up, name)


def start_in_vain(folder: Path, state: Path, port: int) -> subprocess.CompletedProcess[str]:
    """What it says that does not start."""
    app = folder / "app"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "localazure", "up", "--app-dir", str(app)),
            *("--state", str(state), "--port", str(port)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    return done


def test_a_second_one_on_the_same_state_is_refused(up: Up, folder: Path) -> None:
    second = start_in_vain(folder, folder / "state", 0)
    assert f"running (process {up.process.pid})" in second.stderr
    assert setting(up, "GREETING") == "hello"


@pytest.mark.parametrize("name", ["functions-host", "emulator", "azurite", "slack"])
def test_a_killed_process_is_replaced_on_the_same_port(up: Up, name: str) -> None:
    before = up.ready()
    os.kill(before["processes"][name], signal.SIGKILL)
    up.wait_until(lambda: up.ready()["processes"] != before["processes"])
    after = up.ready()
    assert {**after, "processes": {}} == {**before, "processes": {}}
    assert [key for key, pid in after["processes"].items() if pid != before["processes"][key]] == [name]
    assert setting(up, "GREETING") == "hello"


def test_after_a_kill_of_the_supervisor_the_next_one_takes_over(up: Up, folder: Path) -> None:
    before = up.ready()
    up.process.kill()
    up.process.wait()
    again = Up(folder, folder / "app").start()
    try:
        after = again.ready()
        assert {**after, "processes": {}} == {**before, "processes": {}}
        assert not set(after["processes"].values()) & set(before["processes"].values())
    finally:
        assert again.stop() == 0
    assert not again.ready_file.exists()
    assert not [
        pid for ready in (before, after) for pid in ready["processes"].values() if psutil.pid_exists(pid)
    ]


def test_a_port_in_use_is_said_before_anything_starts(folder: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        refused = start_in_vain(folder, folder / "other", port - 1)
    assert f"port {port} (for the Azure emulator)" in refused.stderr
    assert "--port" in refused.stderr
    assert "starting" not in refused.stdout
