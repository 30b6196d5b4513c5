"""Sites that crash, hang, dawdle or will not stop: a change takes longer, and is never called done before it is."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.local_azure import LocalAzure

Behave = Callable[[str, float], None]
PATH = "registries/dock"


@pytest.fixture(scope="module")
def server(local: LocalAzure) -> Iterator[str]:
    """The login server of a registry of this file's own."""
    yield local.api.create_registry("dock")["loginServer"]
    local.api.delete_registry("dock")


@pytest.fixture
def behave(local: LocalAzure, server: str) -> Iterator[Behave]:
    """Makes the site restart and misbehave, until the test ends."""
    assert server

    def begin(behaviour: str, seconds: float) -> None:
        rule = {"site": "dock-*", "behaviour": behaviour, "seconds": seconds}
        local.azure.control("PUT", "site-behaviour", [rule])

    yield begin
    local.azure.control("PUT", "site-behaviour", [])


def site_state(local: LocalAzure) -> object:
    sites = local.azure.resource_manager("GET", "Microsoft.Web/sites")["value"]
    return next(site["properties"]["state"] for site in sites if site["name"].startswith("dock-"))


def wait_for_state(local: LocalAzure, state: str) -> None:
    deadline = time.monotonic() + 30
    while site_state(local) != state:
        assert time.monotonic() < deadline, f"the site is {site_state(local)}, not {state}"
        time.sleep(0.1)


@pytest.mark.parametrize(("behaviour", "state"), [("dies", "Crashed"), ("never", "Running")])
def test_a_change_waits_for_a_site_that_does_not_serve_and_is_proven_when_it_does(
    local: LocalAzure, server: str, behave: Behave, behaviour: str, state: str
) -> None:
    api, user = local.api, f"of-{behaviour}"
    behave(behaviour, 0)
    wait_for_state(local, state)
    answer = api.call("PUT", f"{PATH}/users/{user}", 201, {})
    time.sleep(8)  # long enough to ask Resource Manager what it says of the site
    operation = api.call("GET", f"operations/{answer['operation']['id']}", 200)
    assert operation["status"] == "Running", operation
    assert site_state(local) == state
    local.azure.control("PUT", "site-behaviour", [])
    assert api.finish(answer)["result"] == {"proof": "probe"}
    assert local.door.lets_in(server, user, answer["password"])
    assert site_state(local) == "Running"


def test_a_slow_site_only_takes_its_time(local: LocalAzure, server: str, behave: Behave) -> None:
    behave("slow", 3)
    answer = local.api.call("PUT", f"{PATH}/users/of-slow", 201, {})
    assert local.api.finish(answer)["result"] == {"proof": "probe"}
    assert local.door.lets_in(server, "of-slow", answer["password"])


def test_a_site_that_ignores_sigterm_does_not_keep_an_update_from_its_end(
    local: LocalAzure, server: str, behave: Behave
) -> None:
    password = local.api.create_user("dock", "of-stubborn")
    behave("stubborn", 0)
    local.door.wait_until_open(server, "of-stubborn", password)
    local.api.finish(local.api.call("PUT", PATH, 200, {"deleteEnabled": True}))
    assert local.door.lets_in(server, "of-stubborn", password)
