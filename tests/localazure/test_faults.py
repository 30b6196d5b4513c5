"""Faults on demand, as the real SDKs and a client of bare sockets see them."""

import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.storage.fileshare import ShareClient, ShareFileClient

from tests.localazure.emulator_fixture import ACCOUNT, GROUP, SUBSCRIPTION, Running

ARM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
ACCOUNT_PATH = f"{ARM}/Microsoft.Storage/storageAccounts/images1"


@pytest.fixture
def file(emulator: Running) -> Iterator[ShareFileClient]:
    emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT).result()
    emulator.storage.file_shares.create(GROUP, "images1", "auth", {"properties": {}})
    key = emulator.storage.storage_accounts.list_keys(GROUP, "images1").keys_property[0].value
    url = f"{emulator.url}/files/images1"
    options: dict[str, Any] = {"connection_verify": emulator.ca_file, "retry_total": 0}
    with ShareClient(url, "auth", credential=key, **options) as share:
        yield share.get_file_client("htpasswd")


def fault(emulator: Running, path: str = "/**", **fields: Any) -> str:
    """Place a fault; its id."""
    return str(emulator.control("POST", "/faults", {"path": path, **fields})["id"])


def used(emulator: Running) -> list[int]:
    """How many requests each fault hit."""
    return [placed["used"] for placed in emulator.control("GET", "/faults")["value"]]


def last_request(emulator: Running) -> dict[str, Any]:
    """What the log says of the last request."""
    entry: dict[str, Any] = emulator.control("GET", "/requests")["value"][-1]
    return entry


def get_account(emulator: Running) -> Any:
    return emulator.storage.storage_accounts.get_properties(GROUP, "images1")


def test_throttling_is_obeyed_by_the_sdk(emulator: Running) -> None:
    emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT).result()
    placed = fault(
        emulator,
        "/**/storageaccounts/IMAGES1",
        method="get",
        answer={"status": 429, "headers": {"Retry-After": "2"}},
    )
    with pytest.raises(HttpResponseError, match="TooManyRequests") as refused:
        get_account(emulator)
    assert refused.value.status_code == 429
    entry = last_request(emulator)
    assert (entry["status"], entry["response_headers"]["retry-after"]) == (429, "2")
    assert (entry["fault"], entry["dropped"]) == (placed, "")
    assert get_account(emulator).name == "images1"
    assert used(emulator) == [1]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{ARM}/Microsoft.Storage/storageAccounts/a", 500, "InternalServerError"),
        (f"{ARM}/Microsoft.Storage/storageAccounts/a", 503, "ServiceUnavailable"),
        (f"{ARM}/Microsoft.Web/sites/a", 409, "Conflict"),
        (f"{ARM}/Microsoft.Web/sites/a", 503, "ServiceUnavailable"),
        ("/files/images1/auth/htpasswd", 409, "SharingViolation"),
        ("/files/images1/auth/htpasswd", 503, "ServerBusy"),
        ("/files/images1/auth/htpasswd", 500, "InternalError"),
    ],
)
def test_an_error_has_the_body_of_the_service_that_is_asked(
    emulator: Running, path: str, status: int, code: str
) -> None:
    fault(emulator, path, answer={"status": status})
    answered, headers, body = emulator.call("GET", path)
    assert answered == status
    if path.startswith("/files"):
        assert (headers["content-type"], headers["x-ms-error-code"]) == ("application/xml", code)
    elif "Microsoft.Web" in path:
        assert body["Code"] == body["Details"][1]["Code"] == code
    else:
        assert body["error"]["code"] == code


def test_code_message_shape_and_headers_may_be_said(emulator: Running) -> None:
    answer = {
        "status": 429,
        "code": "Mine",
        "message": "{not} a template",
        "shape": "appservice",
        "headers": {"Retry-After": None, "X-Mine": "1"},
    }
    fault(emulator, "/anything", answer=answer)
    _, headers, body = emulator.call("GET", "/anything")
    assert (body["Code"], body["Message"]) == ("Mine", "{not} a template")
    assert headers["x-mine"] == "1"
    assert "retry-after" not in headers


def test_the_identity_endpoint_fails_in_its_own_shape(emulator: Running) -> None:
    fault(emulator, "/identity/token", answer={"status": 500})
    status, _, body = emulator.call("GET", "/identity/token")
    assert (status, body["statusCode"]) == (500, 500)


def test_a_rename_meets_a_client_of_smb(emulator: Running, file: ShareFileClient) -> None:
    file.upload_file(b"old")
    fault(emulator, "/files/**", method="PUT", query={"Comp": "Rename"}, answer={"status": 409})
    with pytest.raises(HttpResponseError, match="ErrorCode:SharingViolation") as refused:
        file.rename_file("htpasswd2")
    assert refused.value.status_code == 409
    assert file.download_file().readall() == b"old"
    file.rename_file("htpasswd2")
    assert used(emulator) == [1]


def test_a_delay_comes_before_the_effect(emulator: Running) -> None:
    fault(emulator, "/slow", delay=0.3)
    started = time.monotonic()
    assert emulator.call("GET", "/slow")[0] == 404
    assert 0.3 <= time.monotonic() - started < 5
    assert last_request(emulator)["milliseconds"] >= 300


def test_a_lost_answer_leaves_its_effect(emulator: Running) -> None:
    placed = fault(emulator, ACCOUNT_PATH, method="PUT", drop="after")
    with pytest.raises(ServiceResponseError):
        emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)
    entry = last_request(emulator)
    assert (entry["fault"], entry["dropped"], entry["status"]) == (placed, "after", 0)
    assert entry["body"] == ACCOUNT
    assert get_account(emulator).name == "images1"


def test_a_connection_dropped_before_leaves_no_effect(emulator: Running) -> None:
    fault(emulator, ACCOUNT_PATH, method="PUT", drop="before")
    with pytest.raises(ServiceResponseError):
        emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)
    entry = last_request(emulator)
    assert (entry["dropped"], entry["status"], entry["body"]) == ("before", 0, ACCOUNT)
    assert list(emulator.storage.storage_accounts.list()) == []


def test_files_lose_their_connection_too(emulator: Running, file: ShareFileClient) -> None:
    fault(emulator, "/files/images1/auth/htpasswd", method="PUT", drop="after")
    with pytest.raises(ServiceResponseError):
        file.create_file(3, data=b"new")
    assert file.download_file().readall() == b"new"


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_dropped_connection_is_reset_without_a_byte_or_a_farewell(
    emulator: Running, drop: str, caplog: pytest.LogCaptureFixture
) -> None:
    fault(emulator, "/gone", drop=drop)
    host, port = emulator.url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=emulator.ca_file)
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        connection.sendall(b"GET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert emulator.call("GET", "/gone")[0] == 404
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_faults_hit_in_the_order_of_posting_as_often_as_they_say(emulator: Running) -> None:
    fault(emulator, "/x", skip=1, count=2, answer={"status": 500})
    fault(emulator, "/x", count=None, answer={"status": 503})
    assert [emulator.call("GET", "/x")[0] for _ in range(5)] == [503, 500, 500, 503, 503]
    assert used(emulator) == [2, 3]


def test_a_glob_knows_segments_and_a_regular_expression_does_not(emulator: Running) -> None:
    fault(emulator, "/a/*/c", count=None, answer={"status": 500})
    emulator.control("POST", "/faults", {"pathRegex": "^/r.*z$", "count": None, "answer": {"status": 503}})
    asked = ["/a/b/c", "/A/B/C", "/a/b/b/c", "/a/b/c/d", "/r/s/Z", "/q/r/z"]
    assert [emulator.call("GET", path)[0] for path in asked] == [500, 500, 404, 404, 503, 404]


def test_faults_are_removed_one_by_one_together_and_by_a_reset(emulator: Running) -> None:
    first, second = fault(emulator, drop="before"), fault(emulator, delay=1)
    emulator.control("DELETE", f"/faults/{first}")
    (shown,) = emulator.control("GET", "/faults")["value"]
    numbers = {"count": 1, "skip": 0, "seen": 0, "used": 0, "holding": 0}
    assert shown == {"id": second, "path": "/**", "delay": 1.0, **numbers}
    assert emulator.call("DELETE", f"/_emulator/faults/{first}")[0] == 404
    emulator.control("DELETE", "/faults")
    assert used(emulator) == []
    fault(emulator, drop="before")
    emulator.control("POST", "/reset")
    assert used(emulator) == []


def test_the_control_endpoint_is_never_hit(emulator: Running) -> None:
    fault(emulator, count=None, drop="before")
    assert emulator.control("GET", "") == {"status": "ready"}


@pytest.mark.parametrize(
    ("body", "targets"),
    [
        ({"path": "/x"}, [""]),
        ({"delay": 1}, [""]),
        ({"path": "/x", "delay": 1, "drop": "before"}, [""]),
        ({"path": "/x", "pathRegex": "x", "delay": 1}, [""]),
        ({"pathRegex": "(", "delay": -1, "count": 0}, ["pathRegex", "count", "delay"]),
        ({"path": "/x", "answer": {"status": 200, "shape": "xml"}}, ["answer.status", "answer.shape"]),
        ({"path": "/x", "answer": {"status": 500, "headers": {"a b": "1"}}}, ["answer.headers.a b.[key]"]),
        ({"path": "/x", "drop": "sometimes", "times": 3}, ["drop", "times"]),
        ({"path": "/x", "hold": "never", "mentions": ""}, ["mentions", "hold"]),
        ({"path": "/x", "operation": {"shown": "loud"}}, ["operation.shown"]),
        ([], [""]),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_field_by_field(
    emulator: Running, body: object, targets: list[str]
) -> None:
    status, _, answer = emulator.call("POST", "/_emulator/faults", body)
    assert (status, answer["error"]["code"]) == (400, "BadRequest")
    assert [detail["target"] for detail in answer["error"]["details"]] == targets
    assert all(f"{target}: " in answer["error"]["message"] for target in targets if target)
    assert emulator.control("GET", "/faults") == {"value": []}


def test_what_is_no_json_is_refused(emulator: Running) -> None:
    assert emulator.send("POST", "/_emulator/faults", b"{", {})[0] == 400
