"""Azurite as a child of the supervisor, through the real SDKs."""

import io
import os
import signal
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from localazure.azurite import azurite_program, connection_string, find_azurite
from localazure.errors import LocalAzureError
from localazure.ports import Ports
from localazure.up.console import Console
from localazure.up.environment import ROOT
from localazure.up.supervisor import Pids, Supervisor


def test_it_takes_tables_and_queues_and_comes_back_on_its_ports_with_its_data(tmp_path: Path) -> None:
    ports = Ports.free({})
    program = azurite_program(find_azurite(ROOT), tmp_path, ports, os.environ)
    ready: list[Pids] = []

    def use(pids: Pids) -> None:
        ready.append(pids)
        if len(ready) == 1:
            send(ports)
            os.kill(pids["azurite"], signal.SIGTERM)  # as if it had ended by itself, its data written
        else:
            supervisor.request_stop()
            with QueueClient.from_connection_string(connection_string(ports), "work") as queue:
                assert [message.content for message in queue.receive_messages()] == ["hello"]
            with TableClient.from_connection_string(connection_string(ports), "state") as table:
                assert table.get_entity("demo", "alice")["revision"] == 1

    supervisor = Supervisor([program], Console(io.StringIO()), on_start=lambda _: None, on_ready=use)
    supervisor.run()
    assert len(ready) == 2


def send(ports: Ports) -> None:
    with QueueClient.from_connection_string(connection_string(ports), "work") as queue:
        queue.create_queue()
        queue.send_message("hello")
    with TableClient.from_connection_string(connection_string(ports), "state") as table:
        table.create_table()
        table.create_entity({"PartitionKey": "demo", "RowKey": "alice", "revision": 1})
        with pytest.raises(ResourceExistsError):
            table.create_entity({"PartitionKey": "demo", "RowKey": "alice"})


def test_a_missing_azurite_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalAzureError, match="Run scripts/install"):
        find_azurite(tmp_path)
    monkeypatch.setenv("AZURITE_BINARY", str(tmp_path / "nowhere"))
    with pytest.raises(LocalAzureError, match="nowhere"):
        find_azurite(ROOT)
