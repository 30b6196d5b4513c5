"""Names that stay busy for a while after a delete, on demand."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.localazure.emulator_fixture import (
    ACCOUNT,
    GROUP,
    PLAN,
    PLAN_ID,
    Running,
    running_emulator,
    site_body,
)

STORAGE = "Microsoft.Storage/storageAccounts"
CONTAINERS, SHARES = f"{STORAGE}/blobServices/containers", f"{STORAGE}/fileServices/shares"


def make_account(emulator: Running) -> None:
    emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT).result()


def make_site(emulator: Running) -> None:
    emulator.web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN).result()
    emulator.web.web_apps.begin_create_or_update(GROUP, "site1", site_body(PLAN_ID)).result()


def make_container(emulator: Running) -> None:
    make_account(emulator)
    emulator.storage.blob_containers.create(GROUP, "images1", "registry", {"properties": {}})


def make_share(emulator: Running) -> None:
    make_account(emulator)
    emulator.storage.file_shares.create(GROUP, "images1", "auth", {"properties": {}})


Call = Callable[[Running], Any]
KINDS: dict[str, tuple[Call, Call, str]] = {
    STORAGE: (
        make_account,
        lambda emulator: emulator.storage.storage_accounts.delete(GROUP, "images1"),
        "(StorageAccountAlreadyTaken) The storage account named images1 is already taken.",
    ),
    "Microsoft.Web/sites": (
        make_site,
        lambda emulator: emulator.web.web_apps.delete(GROUP, "site1"),
        "Website with given name site1 already exists.",
    ),
    CONTAINERS: (
        make_container,
        lambda emulator: emulator.storage.blob_containers.delete(GROUP, "images1", "registry"),
        "(ContainerOperationFailure) The specified container is being deleted. Try operation later.",
    ),
    SHARES: (
        make_share,
        lambda emulator: emulator.storage.file_shares.delete(GROUP, "images1", "auth"),
        "(ShareBeingDeleted) The specified share is being deleted. Try operation later.",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_free_at_once_unless_told_otherwise(emulator: Running, kind: str) -> None:
    make, delete, _ = KINDS[kind]
    for _ in range(2):
        make(emulator)
        delete(emulator)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_refused_for_its_time_and_free_afterwards(emulator: Running, kind: str) -> None:
    make, delete, message = KINDS[kind]
    emulator.control("PUT", "/deleted-names", {kind: 600})
    make(emulator)
    make(emulator)  # what is there may be sent again
    delete(emulator)
    delete(emulator)  # nothing there: no new time
    with pytest.raises(HttpResponseError) as refused:
        make(emulator)
    assert (refused.value.status_code, message in str(refused.value)) == (409, True), refused.value
    emulator.control("PUT", "/deleted-names", {kind: 0.3})
    time.sleep(0.4)
    make(emulator)


def test_a_reserved_name_is_not_available(emulator: Running) -> None:
    emulator.control("PUT", "/deleted-names", {STORAGE: 600})
    make_account(emulator)
    emulator.storage.storage_accounts.delete(GROUP, "images1")
    found = emulator.storage.storage_accounts.check_name_availability({"name": "images1"})
    assert (found.name_available, found.reason) == (False, "AlreadyExists")


def test_what_goes_with_its_account_is_free_in_the_next_one(emulator: Running) -> None:
    emulator.control("PUT", "/deleted-names", {CONTAINERS: 600, SHARES: 600})
    for _ in range(2):
        make_container(emulator)
        make_share(emulator)
        emulator.storage.storage_accounts.delete(GROUP, "images1")


def test_a_name_stays_reserved_over_a_restart_and_a_reset_frees_it(tmp_path: Path) -> None:
    with running_emulator(tmp_path) as first:
        first.delay(0)
        first.control("PUT", "/deleted-names", {STORAGE: 600})
        make_account(first)
        first.storage.storage_accounts.delete(GROUP, "images1")
    with running_emulator(tmp_path) as second:
        with pytest.raises(HttpResponseError, match="AlreadyTaken"):
            make_account(second)
        second.control("POST", "/reset")
        assert set(second.control("GET", "/deleted-names").values()) == {0}
        second.control("PUT", "/deleted-names", {STORAGE: 600})
        make_account(second)


@pytest.mark.parametrize("body", [{STORAGE: -1}, {"Microsoft.Web/serverfarms": 1}, [], {STORAGE: "long"}])
def test_settings_that_make_no_sense_are_refused(emulator: Running, body: object) -> None:
    status, _, answer = emulator.call("PUT", "/_emulator/deleted-names", body)
    assert (status, answer["error"]["code"]) == (400, "BadRequest")
