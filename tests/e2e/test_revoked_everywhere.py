"""Somebody leaves: one request, and every registry refuses the user before the operation says so."""

import time
from collections.abc import Iterator

import pytest

from tests.e2e.api_client import assert_refused
from tests.e2e.local_azure import LocalAzure

SECOND, LEAVER = "jetty", "leaver"


@pytest.fixture(scope="module")
def hosts(local: LocalAzure, harbour: str) -> Iterator[dict[str, str]]:
    """The login servers of two registries."""
    local.api.create_registry(SECOND)
    yield {
        name: local.api.call("GET", f"registries/{name}", 200)["loginServer"] for name in (harbour, SECOND)
    }
    local.api.delete_registry(SECOND)


def test_a_user_of_two_registries_is_refused_by_both(local: LocalAzure, hosts: dict[str, str]) -> None:
    passwords = {name: local.api.create_user(name, LEAVER) for name in hosts}
    assert all(local.door.lets_in(hosts[name], LEAVER, passwords[name]) for name in hosts)
    shown = local.api.call("GET", f"users/{LEAVER}", 200)["registries"]
    assert [each["registry"] for each in shown] == sorted(hosts)
    assert local.api.call("GET", f"registries/{SECOND}/users/{LEAVER}/diagnose", 200)["canLogIn"]
    began = time.monotonic()
    operation = local.api.finish(local.api.call("POST", f"users/{LEAVER}/revoke", 202))
    print(f"refused everywhere after {time.monotonic() - began:.1f} s")  # noqa: T201 - for whoever runs it with -s
    assert not any(local.door.lets_in(hosts[name], LEAVER, passwords[name]) for name in hosts)
    assert operation["result"] == {"registries": dict.fromkeys(hosts, "Refused")}
    assert_refused(local.api.send("GET", f"users/{LEAVER}"), 404, "UserNotFound")
    [finding] = local.api.call("GET", f"registries/{SECOND}/users/{LEAVER}/diagnose", 200)["findings"]
    assert finding["code"] == "UserNotFound"
