"""A caller who sends too much is told how long to wait, and nobody else notices.

That the wait is long enough is a matter of tests/unit/triggers/test_throttle.py, whose clock can be set.
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.api_client import Json, assert_refused
from tests.e2e.local_azure import LocalAzure, running

WRITES, SECRETS = 6, 2
ALICE = "registries/strait/users/alice"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    limits = {"WRITES_PER_MINUTE": str(WRITES), "SECRETS_PER_MINUTE": str(SECRETS), "TURN_DELAY_SECONDS": "0"}
    with running(tmp_path_factory.mktemp("throttled"), limits) as local_azure:
        yield local_azure


@pytest.fixture(scope="module")
def busy(local: LocalAzure) -> LocalAzure:
    """One key has used up both limits: a registry, a user and a rotation, and then more of it."""
    local.api.create_registry("strait")
    local.api.create_user("strait", "alice")
    local.api.finish(local.api.call("POST", f"{ALICE}/rotate", 200))
    return local


def recorded(local: LocalAzure) -> set[tuple[str, str, str]]:
    return {key for key in local.azure.tables() if key[0] == "state" and not key[1].startswith("!")}


def refused(answer: httpx.Response, setting: str) -> Json:
    error = assert_refused(answer, 429, "TooManyRequests")
    assert error["target"] == setting
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    return error


def test_too_many_writes_are_refused_before_anything_is_done_and_nobody_else_is(busy: LocalAzure) -> None:
    api, before = busy.api, recorded(busy)
    refused(api.send("POST", f"{ALICE}/rotate"), "SECRETS_PER_MINUTE")
    refused(api.send("PUT", ALICE, {"password": "a" * 40}), "SECRETS_PER_MINUTE")
    assert api.send("DELETE", "registries/strait/users/nobody").status_code == 204
    refused(api.send("DELETE", ALICE), "WRITES_PER_MINUTE")
    assert recorded(busy) == before, "a refused request left something behind"
    assert api.call("GET", ALICE, 200)["syncing"] is False

    other = {"x-functions-key": busy.up.ready()["masterKey"]}
    api.finish(api.call("POST", f"{ALICE}/rotate", 200, headers=other))
