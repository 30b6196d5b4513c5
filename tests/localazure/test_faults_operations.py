"""Long-running operations that fail because a fault says so, as the real SDKs see them."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.localazure.emulator_fixture import (
    ACCOUNT,
    GROUP,
    PLAN,
    PLAN_ID,
    Running,
    site_body,
)


@pytest.fixture(params=[0, 0.2])
def emulator(running: Running, request: pytest.FixtureRequest) -> Running:
    running.control("POST", "/reset")
    running.delay(request.param)
    return running


def fail(emulator: Running, path: str, **operation: str) -> None:
    """The next PUT there starts an operation that fails."""
    emulator.control("POST", "/faults", {"method": "PUT", "path": path, "operation": operation})


def put_account(emulator: Running, **options: Any) -> Any:
    return emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, **options)


def put_plan(emulator: Running, **options: Any) -> Any:
    return emulator.web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN, **options)


@pytest.mark.parametrize("shown", ["arm", "appservice"])
def test_an_account_whose_creation_fails_and_then_does_not(emulator: Running, shown: str) -> None:
    fail(emulator, "/**/storageAccounts/*", shown=shown, code="OutOfLuck", message="No {room}.")
    with pytest.raises(HttpResponseError, match=r"No \{room\}\.") as failed:
        put_account(emulator).result()
    assert failed.value.status_code == 409
    assert emulator.storage.storage_accounts.get_properties(GROUP, "images1").provisioning_state == "Failed"
    with pytest.raises(HttpResponseError, match="StorageAccountIsNotProvisioned"):
        emulator.storage.storage_accounts.list_keys(GROUP, "images1")
    assert put_account(emulator).result().provisioning_state == "Succeeded"
    assert emulator.storage.storage_accounts.list_keys(GROUP, "images1").keys_property


@pytest.mark.parametrize("shown", ["arm", "appservice"])
def test_a_plan_whose_creation_fails(emulator: Running, shown: str) -> None:
    fail(emulator, "/**/serverfarms/*", shown=shown, code="OutOfLuck", message="No room.")
    with pytest.raises(HttpResponseError, match=r"No room\."):
        put_plan(emulator).result()
    polled = emulator.control("GET", "/requests")["value"][-1]
    assert (polled["status"], polled["response_body"]["status"]) == (200, "Failed")
    code = "Code" if shown == "appservice" else "code"
    assert polled["response_body"]["error"][code] == "OutOfLuck"
    assert emulator.web.app_service_plans.get(GROUP, "plan1").provisioning_state == "Failed"


def test_a_failure_that_only_the_resource_shows(emulator: Running) -> None:
    for path in ("/**/storageAccounts/*", "/**/serverfarms/*"):
        fail(emulator, path, shown="resource")
    # An initial 200 with `Failed` raises nothing: only who looks finds out.
    assert put_account(emulator).result().provisioning_state == "Failed"
    assert put_plan(emulator).result().provisioning_state == "Failed"
    assert [e["status"] for e in emulator.control("GET", "/requests")["value"]] == [200, 200]
    assert put_plan(emulator).result().provisioning_state == "Succeeded"


def test_a_site_whose_change_fails(emulator: Running) -> None:
    put_plan(emulator).result()
    sites = emulator.web.web_apps
    sites.begin_create_or_update(GROUP, "site1", site_body(PLAN_ID)).result()
    fail(emulator, "/**/sites/*", code="OutOfLuck", message="No room.")
    with pytest.raises(HttpResponseError, match=r"No room\."):
        sites.begin_create_or_update(GROUP, "site1", site_body(PLAN_ID)).result()
    site = f"{PLAN_ID.replace('serverfarms/plan1', 'sites/site1')}?api-version=2025-05-01"
    shown = emulator.call("GET", site, headers=emulator.bearer())[2]
    assert shown["properties"]["provisioningState"] == "Failed"
    sites.begin_create_or_update(GROUP, "site1", site_body(PLAN_ID)).result()
    assert "provisioningState" not in emulator.call("GET", site, headers=emulator.bearer())[2]["properties"]
