"""What keeps the host from starting, and how it ends."""

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from azure.storage.queue import QueueServiceClient

from tests.localazure.functions_host.rig import HostProcess, free_port, queue, sample_app, wait_for

HEAD = "import os, time\nimport azure.functions as func\napp = func.FunctionApp()\n"
BROKEN = {
    "a wrong annotation": (
        HEAD + "@app.route('x')\ndef broken(req: int) -> str: ...\n",
        "cannot load the broken function",
    ),
    "a module that is not there": (HEAD + "import no_such_module\n", "No module named 'no_such_module'"),
    "no functions": (HEAD, "it has no functions"),
    "a queue without a storage account": (
        HEAD
        + "@app.queue_trigger('m', 'q', 'NoSuchSetting')\ndef broken(m: func.QueueMessage) -> None: ...\n",
        "function 'broken': the app setting 'NoSuchSetting' with the storage account is missing",
    ),
    "a bad schedule": (
        HEAD + "@app.timer_trigger('t', '0 0 25 * * *')\ndef broken(t: func.TimerRequest) -> None: ...\n",
        "function 'broken': the schedule '0 0 25 * * *' is not an NCRONTAB expression",
    ),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_an_app_that_cannot_run_is_one_error_that_says_why(tmp_path: Path, problem: str) -> None:
    script, message = BROKEN[problem]
    with HostProcess(sample_app(tmp_path / "app", script), tmp_path / "state") as host:
        assert host.wait() == 1
        assert host.logged(message), host.log
        assert len([line for line in host.log if " ERROR " in line]) == 1, host.log


def test_a_folder_without_an_app_is_named(tmp_path: Path) -> None:
    app = sample_app(tmp_path / "app", "")
    (app / "function_app.py").unlink()
    with HostProcess(app, tmp_path / "state") as host:
        assert host.wait() == 1
        assert host.logged("there is no function_app.py")


def test_a_bad_host_json_is_named(tmp_path: Path) -> None:
    with HostProcess(sample_app(tmp_path / "app", host_json="{"), tmp_path / "state") as host:
        assert host.wait() == 1
        assert host.logged("host.json: line 1, column 2")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        with HostProcess(sample_app(tmp_path / "app"), tmp_path / "state", port=port) as host:
            assert host.wait() == 1
            assert host.logged(f"port {port} cannot be used")
            assert host.logged("--port")


WORKING = (
    HEAD
    + """
def record(text):
    with open(os.environ["SAMPLE_EVENTS"], "a") as events:
        events.write('{"function": "%s"}\\n' % text)

@app.route("slow", auth_level=func.AuthLevel.ANONYMOUS)
def slow(req: func.HttpRequest) -> str:
    record("begun")
    time.sleep(float(req.params["seconds"]))
    record("done")
    return "at last"

@app.queue_trigger("m", "stopping", "AzureWebJobsStorage")
def take(m: func.QueueMessage) -> None:
    record("begun")
    time.sleep(0.7)
    record("done")
"""
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_running_functions_finish(tmp_path: Path, storage: str, number: signal.Signals) -> None:
    environ = {"AzureWebJobsStorage": storage}
    client = queue(storage, "stopping")
    with HostProcess(sample_app(tmp_path / "app", WORKING), tmp_path / "state", environ) as host:
        url = host.ready()
        wait_for(lambda: "stopping" in _queues(storage))
        client.send_message("one")
        with ThreadPoolExecutor(1) as threads:
            answer = threads.submit(httpx.get, f"{url}/api/slow?seconds=0.7", timeout=20)
            wait_for(lambda: len(host.events("begun")) == 2)
            host.signal(number)
            assert host.stop() == 0
            assert answer.result().text == "at last"
        assert len(host.events("done")) == 2
    assert client.get_queue_properties().approximate_message_count == 0, "done and deleted"


def test_a_stop_does_not_wait_for_ever(tmp_path: Path, storage: str) -> None:
    environ = {"AzureWebJobsStorage": storage}
    with HostProcess(
        sample_app(tmp_path / "app", WORKING), tmp_path / "state", environ, stop_seconds=1
    ) as host:
        url = host.ready()
        with ThreadPoolExecutor(1) as threads:
            threads.submit(httpx.get, f"{url}/api/slow?seconds=60", timeout=20)
            wait_for(lambda: host.events("begun"))
            started = time.monotonic()
            assert host.stop() == 0
        assert 0.9 < time.monotonic() - started < 5
        assert host.logged("stopped while these functions ran: slow")


def test_a_storage_account_that_is_down_does_not_keep_http_from_working(tmp_path: Path) -> None:
    endpoint = f"QueueEndpoint=http://127.0.0.1:{free_port()}/devstoreaccount1"
    connection = f"AccountName=devstoreaccount1;AccountKey=a2V5;{endpoint};"
    environ = {**os.environ, "AzureWebJobsStorage": connection}
    with HostProcess(sample_app(tmp_path / "app", WORKING), tmp_path / "state", environ) as host:
        assert httpx.get(f"{host.ready()}/api/slow?seconds=0").text == "at last"
        wait_for(lambda: host.logged("queue stopping cannot be read, trying again"), 15)
        assert host.stop() == 0


TIMER = (
    HEAD
    + """
@app.timer_trigger("t", "0 0 0 1 1 *", run_on_startup=True)
def yearly(t: func.TimerRequest) -> None:
    with open(os.environ["SAMPLE_EVENTS"], "a") as events:
        events.write('{"function": "yearly"}\\n')
"""
)


def test_a_listener_that_fails_is_started_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    in_the_way = state / "timers"
    in_the_way.write_text("a file where the status of timers is to be kept")
    with HostProcess(sample_app(tmp_path / "app", TIMER), state) as host:
        host.ready()
        wait_for(lambda: host.logged("a listener failed, starting it again in 1 s"))
        in_the_way.unlink()
        wait_for((state / "timers/yearly.json").exists)
        assert len(host.events("yearly")) >= 2
        assert host.stop() == 0


def _queues(storage: str) -> set[str]:
    with QueueServiceClient.from_connection_string(storage) as service:
        return {found.name for found in service.list_queues()}
