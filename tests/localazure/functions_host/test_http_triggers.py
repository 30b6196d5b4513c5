"""HTTP functions, from the outside."""

import base64
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from tests.localazure.functions_host.rig import FUNCTION_KEY, MASTER_KEY, HostProcess, wait_for


def test_a_function_gets_the_request_as_it_was_sent(client: httpx.Client) -> None:
    answer = client.patch(
        "/api/echo/a%2Fb%40c/x%20y?q=1&q=2&empty=&p=%C3%BC",
        content=b"\x00\xff",
        headers=[
            *(
                ("X-Forwarded-For", "203.0.113.7"),
                ("X-Forwarded-Proto", "https"),
                ("X-Two", "1"),
                ("X-Two", "2"),
            ),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ],
    )
    seen = answer.json()
    assert seen["method"] == "PATCH"
    assert (
        seen["url"]
        == f"https://{answer.url.netloc.decode()}/api/echo/a%2Fb%40c/x%20y?q=1&q=2&empty=&p=%C3%BC"
    )
    assert seen["route_params"] == {"name": "a%2Fb@c", "detail": "x y"}
    assert seen["params"] == {"q": "1,2", "p": "ü"}
    assert base64.b64decode(seen["body"]) == b"\x00\xff"
    assert seen["headers"]["x-forwarded-proto"] == "https"
    assert seen["headers"]["x-two"] == "1,2"
    assert seen["trace_parent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736")


@pytest.mark.parametrize(
    "sent",
    [[], ["203.0.113.7"], ["203.0.113.7, 198.51.100.1:80"], ["203.0.113.7", "198.51.100.1:80"], [""]],
)
def test_whoever_is_at_the_other_end_has_the_last_word_about_its_address(
    client: httpx.Client, sent: list[str]
) -> None:
    """As behind App Service's front end: what a caller writes there can't make it somebody else."""
    headers = [("X-Forwarded-For", value) for value in sent]
    seen = client.get("/api/echo/one", headers=headers).json()["headers"]["x-forwarded-for"]
    *before, peer = seen.split(", ")
    assert before == [hop for value in sent if value for hop in value.split(", ")]
    assert re.fullmatch(r"127\.0\.0\.1:\d+", peer)


def test_an_optional_parameter_may_be_left_out(client: httpx.Client) -> None:
    assert client.get("/api/echo/one").json()["route_params"] == {"name": "one"}
    assert client.get("/API/Echo/One/").json()["route_params"] == {"name": "One"}


def test_a_response_is_passed_on_untouched(client: httpx.Client) -> None:
    answer = client.post("/api/raw", content=b"in")
    assert answer.status_code == 207
    assert answer.content == b"in" + bytes(range(256))
    assert answer.headers["content-type"] == "application/x-raw"
    assert answer.headers["etag"] == '"7"'
    assert answer.headers["x-sample"] == "Ünchanged"
    assert answer.headers.get_list("set-cookie") == ["a=1; HttpOnly; Path=/", "b=2"]


def test_a_returned_string_is_plain_text(client: httpx.Client) -> None:
    answer = client.get("/api/items/-7")
    assert (answer.status_code, answer.text) == (200, "item -7")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_sync_functions_run_on_threads_and_async_ones_on_the_loop(client: httpx.Client) -> None:
    assert client.get("/api/echo/one").json()["thread"].startswith("ThreadPoolExecutor")
    answer = client.post("/api/echo-async", headers={"x-functions-key": FUNCTION_KEY})
    assert answer.json()["thread"] == "MainThread"


def test_functions_of_a_blueprint_run_in_the_apps_folder_and_the_environment_wins(
    client: httpx.Client,
) -> None:
    assert client.get("/api/from-blueprint").text == "blueprint in app with a value of the environment, GET"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/from-blueprint"),
        ("HEAD", "/api/from-blueprint"),
        ("OPTIONS", "/api/from-blueprint"),
        ("DELETE", "/api/items/7"),
        ("GET", "/api/items/seven"),
        ("GET", "/api/items/7/more"),
        ("GET", "/api/nothing"),
        ("GET", "/from-blueprint"),
        ("GET", "/admin/nothing"),
        ("POST", "/admin/host/status"),
    ],
)
def test_what_no_function_takes_is_an_empty_404(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path, headers={"x-functions-key": MASTER_KEY})
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/echo/one", None, 200),
        ("/api/echo/one", "wrong", 200),
        ("/api/echo-async", None, 401),
        ("/api/echo-async", "", 401),
        ("/api/echo-async", "wrong", 401),
        ("/api/echo-async", FUNCTION_KEY, 200),
        ("/api/echo-async", MASTER_KEY, 200),
        ("/api/admin-only", None, 401),
        ("/api/admin-only", FUNCTION_KEY, 401),
        ("/api/admin-only", MASTER_KEY, 200),
    ],
)
@pytest.mark.parametrize("where", ["header", "query"])
def test_keys_open_what_their_level_allows(
    client: httpx.Client, path: str, key: str | None, status: int, where: str
) -> None:
    given = {} if key is None else {"x-functions-key" if where == "header" else "code": key}
    headers, query = (given, {}) if where == "header" else ({}, given)
    method = "GET" if path == "/api/admin-only" else "POST"
    answer = client.request(method, path, headers=headers, params=query)
    assert answer.status_code == status
    if status == 401:
        assert answer.content == b""


def test_the_header_with_the_key_comes_before_the_query(client: httpx.Client) -> None:
    answer = client.post(f"/api/echo-async?code={FUNCTION_KEY}", headers={"x-functions-key": "wrong"})
    assert answer.status_code == 401


def test_the_function_sees_which_key_was_presented(client: httpx.Client) -> None:
    seen = client.post("/api/echo-async", headers={"x-functions-key": FUNCTION_KEY}).json()
    assert seen["headers"]["x-functions-key"] == FUNCTION_KEY


def test_an_exception_is_an_empty_500_and_a_traceback_in_the_log(
    host: HostProcess, client: httpx.Client
) -> None:
    answer = client.get("/api/fail")
    assert (answer.status_code, answer.content) == (500, b"")
    wait_for(lambda: host.logged("RuntimeError: sample failure of GET"))


def test_a_disabled_function_is_there_for_the_master_key_only(client: httpx.Client) -> None:
    assert client.get("/api/off").status_code == 404
    assert client.get("/api/off", headers={"x-functions-key": MASTER_KEY}).text == "on for GET"


def test_the_root_is_a_page(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_a_head_request_has_the_headers_and_no_body(client: httpx.Client) -> None:
    answer = client.head("/api/raw")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (207, "256", b"")


def test_a_body_without_a_length_arrives(client: httpx.Client) -> None:
    answer = client.post("/api/echo/chunked", content=iter([b"one ", b"two"]))
    assert base64.b64decode(answer.json()["body"]) == b"one two"


def test_a_body_over_the_limit_is_refused_before_it_is_sent(host: HostProcess) -> None:
    url = urlsplit(host.ready())
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as sock:
        sock.sendall(b"POST /api/raw HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_requests_run_at_the_same_time(client: httpx.Client) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: client.get("/api/slow?seconds=0.4"), range(10)))
    assert {answer.text for answer in answers} == {"at last"}
    assert time.monotonic() - started < 2, "one after the other takes four seconds"


def test_answers_do_not_wait_for_acknowledgements(client: httpx.Client) -> None:
    client.get("/api/items/1")
    started = time.monotonic()
    for number in range(20):
        client.get(f"/api/items/{number}")
    assert time.monotonic() - started < 0.6, "without TCP_NODELAY each takes 40 ms"


def test_the_log_shows_requests_and_the_apps_lines_but_no_key(
    host: HostProcess, client: httpx.Client
) -> None:
    client.post(f"/api/echo-async?code={FUNCTION_KEY}&marker=1")
    client.get("/api/echo/logged")
    wait_for(
        lambda: any(" INFO    echo[" in line and line.endswith("sample: echo of logged") for line in host.log)
    )
    wait_for(lambda: "    in two lines" in host.log)
    assert any(line.split("host: ")[-1].startswith("POST /api/echo-async 200 (") for line in host.log)
    assert host.logged("async echo with")
    assert not host.logged(FUNCTION_KEY)
    assert not host.logged(MASTER_KEY)
