"""Requests that wait until their fault is removed, and faults for those that mention something."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.localazure.emulator_fixture import ACCOUNT, GROUP, SUBSCRIPTION, Running

ACCOUNTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts"
ACCOUNT_PATH = f"{ACCOUNTS}/images1"

CLIENT = """
import json, ssl, sys, urllib.request
url, ca_file, headers, body = json.load(sys.stdin)
request = urllib.request.Request(url, data=body.encode(), method="PUT", headers=headers)
context = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))
urllib.request.build_opener(urllib.request.ProxyHandler({}), context).open(request)
"""
"""A process that can be killed while it waits for its answer."""


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def hold(emulator: Running, when: str, path: str = ACCOUNT_PATH, **fields: Any) -> str:
    """Place a fault that holds a PUT; its id."""
    body = {"method": "PUT", "path": path, "hold": when, **fields}
    return str(emulator.control("POST", "/faults", body)["id"])


def shown(emulator: Running, number: str) -> int:
    """A number of the only fault."""
    (placed,) = emulator.control("GET", "/faults")["value"]
    return int(placed[number])


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def put_account(emulator: Running) -> Any:
    return emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)


def accounts(emulator: Running) -> list[str]:
    return [account.name for account in emulator.storage.storage_accounts.list()]


def remove_one(emulator: Running, fault: str) -> None:
    emulator.control("DELETE", f"/faults/{fault}")


def remove_all(emulator: Running, _: str) -> None:
    emulator.control("DELETE", "/faults")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("remove", [remove_one, remove_all])
def test_a_held_request_goes_on_when_its_fault_is_removed(
    emulator: Running, threads: ThreadPoolExecutor, when: str, remove: Callable[[Running, str], None]
) -> None:
    fault = hold(emulator, when)
    waiting = threads.submit(put_account, emulator)
    wait_for(lambda: shown(emulator, "holding") == 1)
    assert shown(emulator, "used") == 1
    assert accounts(emulator) == (["images1"] if when == "after" else [])
    assert not waiting.done()
    remove(emulator, fault)
    waiting.result(20)
    assert accounts(emulator) == ["images1"]
    put = next(entry for entry in emulator.control("GET", "/requests")["value"] if entry["method"] == "PUT")
    assert (put["fault"], put["dropped"], put["status"]) == (fault, "", 200)


def test_a_reset_lets_held_requests_go_on(emulator: Running, threads: ThreadPoolExecutor) -> None:
    hold(emulator, "before", "/anything")
    waiting: Future[Any] = threads.submit(emulator.call, "PUT", "/anything", {})
    wait_for(lambda: shown(emulator, "holding") == 1)
    emulator.control("POST", "/reset")
    assert waiting.result(20)[0] == 405


def test_every_request_that_it_hits_is_held(emulator: Running, threads: ThreadPoolExecutor) -> None:
    fault = hold(emulator, "after", "/anything", count=None)
    waiting = [threads.submit(emulator.call, "PUT", "/anything", {}) for _ in range(3)]
    wait_for(lambda: shown(emulator, "holding") == 3)
    remove_one(emulator, fault)
    assert [future.result(20)[0] for future in waiting] == [405, 405, 405]


@pytest.mark.parametrize("round_", range(3))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_client_killed_while_it_was_held(emulator: Running, when: str, round_: int) -> None:
    fault = hold(emulator, when)
    url = f"{emulator.url}{ACCOUNT_PATH}?api-version=2026-09-01"
    headers = {"Content-Type": "application/json", **emulator.bearer()}
    client = subprocess.Popen([sys.executable, "-c", CLIENT], stdin=subprocess.PIPE)
    assert client.stdin is not None
    client.stdin.write(json.dumps([url, emulator.ca_file, headers, json.dumps(ACCOUNT)]).encode())
    client.stdin.close()
    wait_for(lambda: shown(emulator, "holding") == 1)
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    remove_one(emulator, fault)
    wait_for(lambda: any(entry["fault"] == fault for entry in emulator.control("GET", "/requests")["value"]))
    (entry,) = [e for e in emulator.control("GET", "/requests")["value"] if e["fault"] == fault]
    assert (entry["status"], entry["dropped"]) == (0, when), round_
    assert accounts(emulator) == ([] if when == "before" else ["images1"])


def test_it_is_noticed_that_a_held_client_has_gone(emulator: Running) -> None:
    hold(emulator, "before", "/anything")
    host, port = emulator.url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        connection = emulator._context.wrap_socket(plain, server_hostname=host)
        connection.sendall(b"PUT /anything HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        wait_for(lambda: shown(emulator, "holding") == 1)
        connection.close()
    wait_for(lambda: shown(emulator, "holding") == 0)
    assert shown(emulator, "used") == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/about/DEMO", b""),
        ("/about?$filter=PartitionKey+eq+%27demo%27", b""),
        ("/about/d%65mo", b""),
        ("/about", b'{"PartitionKey": "demo"}'),
        ("/about", b"MERGE http://x/state(PartitionKey='d%65mo',RowKey='registry')"),
        ("/about", b"<MessageText>" + b64encode(b'{"operationId": "demo.01M8"}') + b"</MessageText>"),
    ],
)
def test_a_fault_for_requests_that_mention_something(emulator: Running, path: str, body: bytes) -> None:
    emulator.control(
        "POST", "/faults", {"pathRegex": "^/about", "mentions": "Demo", "answer": {"status": 500}}
    )
    assert emulator.send("PUT", "/about/other", b'{"PartitionKey": "dem"}', {})[0] == 405
    assert emulator.send("PUT", path, body, {})[0] == 500


def test_the_body_reaches_the_service_after_a_fault_has_looked_at_it(emulator: Running) -> None:
    emulator.control("POST", "/faults", {"path": "/**", "mentions": "nobody", "answer": {"status": 500}})
    put_account(emulator)
    assert accounts(emulator) == ["images1"]
