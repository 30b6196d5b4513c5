"""A registry's fields do what they say, in a real registry; a dry run does nothing."""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from localazure.demo.image import build_image
from tests.e2e.api_client import Api, assert_refused
from tests.e2e.local_azure import LocalAzure

NAME = "slipway"
SLIPWAY = f"registries/{NAME}"


@pytest.fixture
def api(local: LocalAzure) -> Iterator[Api]:
    """Nothing of the registry is left, whatever becomes of the test."""
    yield local.api
    local.api.settle(NAME)
    local.api.send("DELETE", f"{SLIPWAY}?purge=true&confirm={NAME}")


def test_fields_change_a_registry_that_is_up(local: LocalAzure, api: Api, tmp_path: Path) -> None:
    host = api.create_registry(NAME, {"tags": {"team": "payments", "trial": "yes"}})["loginServer"]
    password = api.create_user(NAME, "ann")
    image = build_image(tmp_path / "image", layer_bytes=(100_000,), reference="team/app:1")
    client, reference = local.image_client(tmp_path / "client"), f"{host}/team/app:1"
    assert client.login(host, "ann", password)
    assert client.push(image, reference) == image.digest
    pid = process_of(local)

    before = api.call("GET", SLIPWAY, 200)
    plan = api.call("PATCH", f"{SLIPWAY}?dryRun=true", 200, {"readOnly": True, "sku": "S1"})
    assert {change["field"] for change in plan["changes"]} == {"readOnly", "sku"}
    assert (plan["restarts"], plan["etag"]) == (["site"], before["etag"])
    assert api.call("GET", SLIPWAY, 200) == before
    assert_refused(api.send("PATCH", SLIPWAY, {"image": "registry:3.0.0"}), 409, "ImageChangeHidesData")

    answer = api.call("PATCH", SLIPWAY, 200, {"tags": {"trial": None}})
    assert answer["restarts"] == []
    api.finish(answer)
    assert api.call("GET", SLIPWAY, 200)["tags"] == {"team": "payments"}
    assert process_of(local) == pid
    listed = api.call("GET", "registries?tag=team:payments&state=succeeded", 200)["value"]
    assert NAME in [each["name"] for each in listed]

    answer = api.call("PATCH", SLIPWAY, 200, {"readOnly": True})
    assert answer["restarts"] == ["site"]
    api.finish(answer)
    assert process_of(local) != pid
    assert client.pull(reference) == image.digest
    uploads = f"https://{host}/v2/team/app/blobs/uploads/"
    refused = httpx.post(uploads, auth=("ann", password), verify=trust(local), trust_env=False)
    assert refused.status_code == 405, refused.text

    api.finish(api.call("PATCH", SLIPWAY, 200, {"allowedIpRanges": ["203.0.113.0/24"]}))
    until(lambda: knock(local, host) == 403, "everybody may come in")
    api.finish(api.call("PATCH", SLIPWAY, 200, {"allowedIpRanges": None, "readOnly": False}))
    assert local.door.lets_in(host, "ann", password)
    assert client.push(image, reference) == image.digest

    pid = process_of(local)
    api.finish(api.call("POST", f"{SLIPWAY}/restart", 202))
    until(lambda: process_of(local) not in {None, pid}, "it was not restarted")


def process_of(local: LocalAzure) -> int | None:
    """The process that serves the registry; `None` while there is none."""
    notes = [path for path in local.azure.state.rglob("run/*.json") if path.stem.startswith(f"{NAME}-")]
    return int(json.loads(notes[0].read_text(encoding="utf-8"))["pid"]) if notes else None


def knock(local: LocalAzure, host: str) -> int:
    """The status for a stranger; 0 while nobody answers."""
    try:
        return httpx.get(f"https://{host}/v2/", verify=trust(local), trust_env=False).status_code
    except httpx.TransportError:
        return 0


def trust(local: LocalAzure) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(local.ca_bundle))


def until(holds: Callable[[], bool], otherwise: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
