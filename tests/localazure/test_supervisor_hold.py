"""Programs that are held down: by the supervisor with any program, and by files in the state folder of `up`."""

import io
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from localazure.up import processes
from localazure.up.console import Console
from localazure.up.processes import Child
from localazure.up.supervisor import Pids
from tests.localazure.test_supervisor_children import Run, lives, program, wait_until
from tests.localazure.up_process import Up

APP = """
import azure.functions as func

app = func.FunctionApp()

@app.route("hello")
def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello")
"""


class Held:
    """What is held, changed each time that all is ready."""

    def __init__(self, *plan: set[str]) -> None:
        self._plan = list(plan)
        self.names: set[str] = set()

    def next(self, _run: Run, _pids: Pids) -> None:
        if self._plan:
            self.names = self._plan.pop(0)


def test_who_is_held_is_down_alone_and_comes_back() -> None:
    held = Held({"a"}, set())
    run = Run([program("a"), program("b")], at_ready=held.next, ready_times=3)
    run.supervisor._is_held = lambda name: name in held.names
    before, meanwhile, after = run.run().ready
    assert set(before) == set(after) == {"a", "b"}
    assert meanwhile == {"b": before["b"]}
    assert after["b"] == before["b"]
    assert after["a"] != before["a"]
    assert not any(map(lives, [*before.values(), *after.values()]))
    assert "a is held" in run.log
    assert "ended by itself" not in run.log


def test_holding_again_and_again_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_MOST_FAILURES", 1)
    held = Held({"a"}, set(), {"a"}, set(), {"a"}, set())
    run = Run([program("a")], at_ready=held.next, ready_times=7)
    run.supervisor._is_held = lambda name: name in held.names
    assert [len(pids) for pids in run.run().ready] == [1, 0, 1, 0, 1, 0, 1]


def test_a_pause_before_the_next_start_ends_when_it_is_let_go() -> None:
    console = Console(io.StringIO())
    child = Child(program("a", "sh", "-c", "exit 1", is_ready=lambda: False), console)
    child.look()
    first = child.pid
    assert first is not None
    assert wait_until(lambda: not lives(first))
    child.look()
    child.look()
    assert child.pid is None, "it pauses"
    child.hold(hurry=lambda: False)
    child.look()
    try:
        assert child.pid is not None
    finally:
        child.stop(hurry=lambda: True)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    app = folder / "app"
    app.mkdir()
    (app / "function_app.py").write_text(APP)
    (app / "host.json").write_text('{"version": "2.0"}')
    up = Up(folder, app, "--storage-faults").start()
    yield up
    assert up.stop() == 0


def hold(up: Up, name: str) -> Path:
    """Hold a program and wait until it is down; unlink the file to let it go."""
    file = Path(up.ready()["stateDir"]) / "hold" / name
    file.touch()
    up.wait_until(lambda: name not in up.ready()["processes"])
    return file


def let_go(up: Up, file: Path) -> None:
    file.unlink()
    up.wait_until(lambda: file.name in up.ready()["processes"])


def test_azurite_has_what_it_acknowledged_before_it_was_held_under_load(up: Up) -> None:
    before = up.ready()
    connection = before["storageConnectionString"]
    acknowledged: list[str] = []
    stop = Event()
    options: dict[str, Any] = {"retry_total": 0}
    with (
        TableClient.from_connection_string(connection, "load", **options) as table,
        QueueClient.from_connection_string(connection, "load", **options) as queue,
        ThreadPoolExecutor() as pool,
    ):
        table.create_table()
        queue.create_queue()

        def write() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                table.create_entity({"PartitionKey": "demo", "RowKey": str(number)})
                queue.send_message(str(number))
                acknowledged.append(str(number))

        writing = pool.submit(write)
        try:
            up.wait_until(lambda: len(acknowledged) > 100 or writing.done())
            file = hold(up, "azurite")
        finally:
            stop.set()
        failed = writing.exception(20)
        assert isinstance(failed, AzureError)
        assert not isinstance(failed, HttpResponseError), "no answer, as from a machine that is off"
        assert up.ready()["processes"] == {k: v for k, v in before["processes"].items() if k != "azurite"}
        assert "SIGKILL" not in up.log.read_text()
        let_go(up, file)
        assert set(acknowledged) <= {row["RowKey"] for row in table.list_entities()}
        found = [message.content for message in queue.receive_messages(messages_per_page=32)]
        assert set(acknowledged) <= set(found)
        assert len(found) == len(set(found))


@pytest.mark.parametrize("name", ["emulator", "functions-host"])
def test_the_others_go_on_while_one_of_our_own_is_held(up: Up, name: str) -> None:
    before = up.ready()
    file = hold(up, name)
    meanwhile = up.ready()
    assert not lives(before["processes"][name])
    assert {**meanwhile, "processes": {}} == {**before, "processes": {}}
    let_go(up, file)
    after = up.ready()["processes"]
    assert {other for other, pid in after.items() if pid != before["processes"][other]} == {name}
    answer = httpx.get(
        f"{before['functionsUrl']}/api/hello",
        headers={"x-functions-key": before["functionsKey"]},
        trust_env=False,
    )
    assert answer.text == "hello"


def test_faults_reach_storage_and_pass_by_those_who_look_on(up: Up) -> None:
    ready = up.ready()
    context = ssl.create_default_context(cafile=ready["caFile"])
    with httpx.Client(verify=context, trust_env=False) as control:
        fault = {"path": "/tables/**", "mentions": "misled", "count": None, "answer": {"status": 503}}
        control.post(f"{ready['emulatorControlUrl']}/faults", json=fault).raise_for_status()
    for name, error in [
        ("storageConnectionString", "ServerBusy"),
        ("azuriteConnectionString", "TableNotFound|ResourceNotFound"),
    ]:
        with (
            TableClient.from_connection_string(ready[name], "misled", retry_total=0) as table,
            pytest.raises(HttpResponseError, match=error),
        ):
            table.get_entity("a", "b")
