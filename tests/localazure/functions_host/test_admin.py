"""The host's own endpoints."""

import json

import httpx
import pytest

from tests.localazure.functions_host.rig import FUNCTION_KEY, MASTER_KEY, HostProcess, wait_for

MASTER = {"x-functions-key": MASTER_KEY}


@pytest.mark.parametrize("path", ["/admin/host/status", "/admin/functions", "/admin/functions/item"])
def test_only_the_master_key_opens_them(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"x-functions-key": "wrong"}).status_code == 401
    assert client.get(path, headers={"x-functions-key": FUNCTION_KEY}).status_code == 403
    assert client.get(path, headers=MASTER).status_code == 200


def test_the_status_is_running(client: httpx.Client) -> None:
    assert client.get("/admin/host/status", headers=MASTER).json()["state"] == "Running"


def test_ping_needs_no_key(client: httpx.Client) -> None:
    assert client.get("/admin/host/ping").status_code == 200


def test_functions_are_listed_with_their_bindings_and_urls(client: httpx.Client) -> None:
    functions = {item["name"]: item for item in client.get("/admin/functions", headers=MASTER).json()}
    assert {"echo", "take_message", "slow_tick", "from_blueprint"} <= functions.keys()
    assert functions["item"]["invoke_url_template"] == f"{client.base_url}/api/items/{{id:int}}".replace(
        "//api", "/api"
    )
    assert functions["take_message"]["config"]["bindings"][0]["type"] == "queueTrigger"
    assert functions["off"]["isDisabled"]
    assert client.get("/admin/functions/ITEM", headers=MASTER).json() == functions["item"]


def test_any_function_can_be_run_by_hand(host: HostProcess, client: httpx.Client) -> None:
    def run(name: str, value: object) -> tuple[int, bytes]:
        answer = client.post(f"/admin/functions/{name}", json={"input": value}, headers=MASTER)
        return answer.status_code, answer.content

    before = len(host.events("at_new_year"))
    assert run("at_new_year", "") == (202, b"")
    assert run("take_message", json.dumps({"by": "hand"})) == (202, b"")
    assert run("take_message", {"by": "hand, as an object"}) == (202, b"")
    assert run("item", "") == (202, b"")
    wait_for(lambda: len(host.events("at_new_year")) > before)
    wait_for(lambda: {'{"by": "hand"}', '{"by": "hand, as an object"}'} <= texts(host))


def texts(host: HostProcess) -> set[str]:
    return {event["text"] for event in host.events("message_done")}


@pytest.mark.parametrize(
    ("name", "body", "content_type", "key", "status"),
    [
        ("no_such_function", '{"input": ""}', "application/json", MASTER_KEY, 404),
        ("at_new_year", "input", "application/json", MASTER_KEY, 400),
        ("at_new_year", "null", "application/json", MASTER_KEY, 400),
        ("at_new_year", '{"input": ""}', "text/plain", MASTER_KEY, 415),
        ("at_new_year", '{"input": ""}', "application/json", FUNCTION_KEY, 403),
        ("at_new_year", '{"input": ""}', "application/json", "", 401),
    ],
)
def test_a_bad_request_runs_nothing(
    client: httpx.Client, name: str, body: str, content_type: str, key: str, status: int
) -> None:
    headers = {"x-functions-key": key, "content-type": content_type}
    assert client.post(f"/admin/functions/{name}", content=body, headers=headers).status_code == status
