"""Azurite's queues and tables behind the emulator's proxies, through the real SDKs."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ServiceResponseError,
)
from azure.data.tables import TableClient, TableTransactionError, UpdateMode
from azure.storage.queue import (
    QueueClient,
    TextBase64DecodePolicy,
    TextBase64EncodePolicy,
)

from localazure.azurite import ACCOUNT, ACCOUNT_KEY
from localazure.ports import Ports
from tests.contract.processes import azurite
from tests.localazure.emulator_fixture import Running, running_emulator

NO_RETRY: dict[str, Any] = {"retry_total": 0}


@pytest.fixture(scope="module")
def upstreams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with azurite(tmp_path_factory.mktemp("azurite")) as real:
        settings = dict(part.split("=", 1) for part in real.connection_string.rstrip(";").split(";"))
        yield {
            "queues": settings["QueueEndpoint"].removesuffix(f"/{ACCOUNT}"),
            "tables": settings["TableEndpoint"].removesuffix(f"/{ACCOUNT}"),
        }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, upstreams: dict[str, str]) -> Iterator[Running]:
    with running_emulator(tmp_path_factory.mktemp("emulator"), proxied=upstreams) as emulator:
        yield emulator


@pytest.fixture
def table(emulator: Running) -> Iterator[TableClient]:
    with table_client(emulator, f"t{uuid.uuid4().hex}") as client:
        client.create_table()
        emulator.control("DELETE", "/requests")
        yield client


@pytest.fixture
def queue(emulator: Running) -> Iterator[QueueClient]:
    with queue_client(emulator, f"q{uuid.uuid4().hex}") as client:
        client.create_queue()
        emulator.control("DELETE", "/requests")
        yield client


def table_client(emulator: Running, name: str, port: int = 0) -> TableClient:
    endpoint = f"http://127.0.0.1:{port or emulator.proxies['tables']}/{ACCOUNT}"
    credential = AzureNamedKeyCredential(ACCOUNT, ACCOUNT_KEY)
    return TableClient(endpoint, name, credential=credential, **NO_RETRY)


def queue_client(emulator: Running, name: str) -> QueueClient:
    credential = {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}
    return QueueClient(
        f"http://127.0.0.1:{emulator.proxies['queues']}/{ACCOUNT}",
        name,
        credential=credential,
        message_encode_policy=TextBase64EncodePolicy(),
        message_decode_policy=TextBase64DecodePolicy(),
        **NO_RETRY,
    )


def fault(emulator: Running, path: str, **fields: Any) -> str:
    return str(emulator.control("POST", "/faults", {"path": path, **fields})["id"])


def logged(emulator: Running) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = emulator.control("GET", "/requests")["value"]
    return entries


def row(partition: str, key: str, **values: object) -> dict[str, object]:
    return {"PartitionKey": partition, "RowKey": key, **values}


def wait_for_holding(emulator: Running) -> None:
    deadline = time.monotonic() + 20
    while emulator.control("GET", "/faults")["value"][0]["holding"] != 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_tables_work_as_without_a_proxy(emulator: Running, table: TableClient) -> None:
    odd = "operation:a b+c%20ü'(x)"
    table.create_entity(row("demo", odd, text="é & <ü>"))
    with pytest.raises(ResourceExistsError):
        table.create_entity(row("demo", odd))
    read = table.get_entity("demo", odd)
    assert read["text"] == "é & <ü>"
    table.upsert_entity(row("demo", odd, more=1), mode=UpdateMode.MERGE)
    with pytest.raises(ResourceModifiedError):
        table.update_entity(
            row("demo", odd), etag=read.metadata["etag"], match_condition=MatchConditions.IfNotModified
        )
    assert table.get_entity("demo", odd, select=["more"]) == {"more": 1}
    table.delete_entity("demo", odd)
    assert list(table.list_entities()) == []
    assert {entry["path"].split("(")[0] for entry in logged(emulator)} == {
        f"/tables/{ACCOUNT}/{table.table_name}"
    }


def test_transactions_and_pages_of_queries(table: TableClient) -> None:
    for start in (0, 100):
        table.submit_transaction(
            [("create", row("demo", f"{number:03}", text="x" * 500)) for number in range(start, start + 100)]
        )
    with pytest.raises(TableTransactionError, match="already exists"):
        table.submit_transaction([("create", row("demo", "new")), ("create", row("demo", "007"))])
    table.create_entity(row("other", "x"))
    pages = table.query_entities(
        "PartitionKey eq @p", parameters={"p": "demo"}, results_per_page=60
    ).by_page()
    assert [len(list(page)) for page in pages] == [60, 60, 60, 20]


def test_queues_work_as_without_a_proxy(emulator: Running, queue: QueueClient) -> None:
    queue.send_message('{"operationId": "demo.01M8"}')
    (message,) = queue.receive_messages(visibility_timeout=30)
    assert message.content == '{"operationId": "demo.01M8"}'
    changed = queue.update_message(message, content="later", visibility_timeout=0)
    (again,) = queue.receive_messages(visibility_timeout=30)
    assert (again.content, again.dequeue_count) == ("later", 2)
    assert changed.id == again.id
    queue.delete_message(again)
    assert queue.get_queue_properties().approximate_message_count == 0
    log = logged(emulator)
    assert {entry["status"] for entry in log} == {200, 201, 204}
    assert all(entry["path"].startswith(f"/queues/{ACCOUNT}/{queue.queue_name}") for entry in log)


def test_the_log_keeps_neither_signatures_nor_what_is_in_rows_and_messages(
    emulator: Running, table: TableClient, queue: QueueClient
) -> None:
    table.create_entity(row("demo", "alice", hash="in the row"))
    table.get_entity("demo", "alice")
    queue.send_message("in the message")
    queue.peek_messages()
    log = logged(emulator)
    assert len(log) >= 3
    assert {entry["headers"]["authorization"] for entry in log} == {"REDACTED"}
    assert all(entry["body"] is None and entry["response_body"] is None for entry in log)
    for secret in ("SharedKey", "in the row", "in the message", "aW4gdGhl"):
        assert secret not in json.dumps(log)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "ResourceNotFound"),
        (409, "EntityAlreadyExists"),
        (412, "UpdateConditionNotSatisfied"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "ServerBusy"),
    ],
)
def test_tables_answer_with_errors_in_their_own_shape(
    emulator: Running, table: TableClient, status: int, code: str
) -> None:
    for call in (
        lambda: table.upsert_entity(row("demo", "alice")),
        lambda: table.submit_transaction([("upsert", row("demo", "alice"))]),
    ):
        fault(emulator, "/tables/**", answer={"status": status})
        with pytest.raises(HttpResponseError) as refused:
            call()
        assert (refused.value.status_code, refused.value.error_code) == (status, code)  # type: ignore[attr-defined]
    assert list(table.list_entities()) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "MessageNotFound"), (429, "TooManyRequests"), (500, "InternalError"), (503, "ServerBusy")],
)
def test_queues_answer_with_errors_in_their_own_shape(
    emulator: Running, queue: QueueClient, status: int, code: str
) -> None:
    fault(emulator, f"/queues/{ACCOUNT}/*/messages", answer={"status": status})
    with pytest.raises(HttpResponseError) as refused:
        queue.send_message("hello")
    assert (refused.value.status_code, refused.value.error_code) == (status, code)  # type: ignore[attr-defined]
    assert queue.peek_messages() == []


def test_a_clients_own_retry_gets_over_a_busy_service(emulator: Running, table: TableClient) -> None:
    fault(emulator, "/tables/**", count=2, answer={"status": 503, "headers": {"Retry-After": "0"}})
    credential = AzureNamedKeyCredential(ACCOUNT, ACCOUNT_KEY)
    with TableClient(
        table.url, table.table_name, credential=credential, retry_backoff_factor=0.01
    ) as patient:
        patient.create_entity(row("demo", "alice"))
    assert [entry["status"] for entry in logged(emulator)] == [503, 503, 201]


def test_a_delay_comes_before_the_effect(emulator: Running, queue: QueueClient) -> None:
    fault(emulator, "/queues/**", method="POST", delay=0.4)
    started = time.monotonic()
    queue.send_message("hello")
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(("drop", "there"), [("before", False), ("after", True)])
def test_a_lost_answer_leaves_its_effect_and_a_lost_request_none(
    emulator: Running, table: TableClient, queue: QueueClient, drop: str, there: bool
) -> None:
    for path in ("/tables/*/$batch", "/queues/**"):
        fault(emulator, path, method="POST", drop=drop)
    with pytest.raises(ServiceResponseError):
        table.submit_transaction([("create", row("demo", "alice")), ("create", row("demo", "bob"))])
    with pytest.raises(ServiceResponseError):
        queue.send_message("hello")
    assert [(entry["status"], entry["dropped"]) for entry in logged(emulator)] == [(0, drop)] * 2
    assert len(list(table.list_entities())) == (2 if there else 0)
    assert len(queue.peek_messages()) == int(there)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_held_transaction(
    emulator: Running, table: TableClient, upstreams: dict[str, str], when: str
) -> None:
    placed = fault(emulator, "/tables/*/$batch", hold=when)
    direct = table_client(emulator, table.table_name, int(upstreams["tables"].rpartition(":")[2]))
    with ThreadPoolExecutor() as pool, direct:
        waiting = pool.submit(table.submit_transaction, [("create", row("demo", "alice"))])
        wait_for_holding(emulator)
        assert len(list(direct.list_entities())) == (1 if when == "after" else 0)
        assert not waiting.done()
        emulator.control("DELETE", f"/faults/{placed}")
        waiting.result(20)
        assert len(list(direct.list_entities())) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda table, name: table.get_entity(name, "alice"),
        lambda table, name: list(table.query_entities("PartitionKey eq @p", parameters={"p": name})),
        lambda table, name: table.submit_transaction([("upsert", row(name, "a b"))]),
        lambda table, name: table.submit_transaction([("delete", row(name, "alice"))]),
        lambda table, name: table.create_entity(row(name, "bob")),
    ],
)
def test_a_fault_for_one_partition(
    emulator: Running, table: TableClient, ask: Callable[[TableClient, str], object]
) -> None:
    for name in ("demo", "other"):
        table.create_entity(row(name, "alice"))
    fault(emulator, "/tables/**", mentions="Demo", answer={"status": 503})
    ask(table, "other")
    with pytest.raises(HttpResponseError, match="ServerBusy"):
        ask(table, "demo")


def test_a_fault_for_one_operation_in_a_message(emulator: Running, queue: QueueClient) -> None:
    fault(emulator, "/queues/**", mentions="demo.01M8", answer={"status": 503})
    queue.send_message('{"operationId": "demo.01M9"}')
    with pytest.raises(HttpResponseError, match="ServerBusy"):
        queue.send_message('{"operationId": "demo.01m8"}')
    (message,) = queue.peek_messages()
    assert message.content == '{"operationId": "demo.01M9"}'


def test_many_clients_at_a_time(table: TableClient, queue: QueueClient) -> None:
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(10):
            table.create_entity(row(f"p{number}", str(turn)))
            queue.send_message(f"{number} {turn}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(list(table.list_entities())) == 80
    assert queue.get_queue_properties().approximate_message_count == 80


def test_without_azurite_the_connection_ends_as_if_nobody_were_there(tmp_path: Any) -> None:
    nobody = {"tables": f"http://127.0.0.1:{Ports.free({}).table}"}
    with running_emulator(tmp_path, proxied=nobody) as emulator, table_client(emulator, "state") as table:
        with pytest.raises(AzureError) as failed:
            table.create_table()
        assert not isinstance(failed.value, HttpResponseError)
        (entry,) = logged(emulator)
        assert (entry["status"], entry["dropped"], entry["fault"]) == (0, "upstream", "")
