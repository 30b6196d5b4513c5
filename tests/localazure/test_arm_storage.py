"""Storage accounts, containers and shares through the real SDK, over TLS, on a running emulator."""

import base64
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from tests.localazure.emulator_fixture import ACCOUNT, GROUP, SUBSCRIPTION, Running

ACCOUNTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts"


@pytest.fixture
def storage(emulator: Running) -> Any:
    return emulator.storage


def code_of(error: HttpResponseError) -> str:
    assert error.error is not None
    return str(error.error.code)


def create(storage: Any, name: str = "images1", **changes: object) -> None:
    storage.storage_accounts.begin_create(GROUP, name, {**ACCOUNT, **changes}, polling=False)


def test_an_account_is_created_updated_and_deleted(storage: Any) -> None:
    create(storage, tags={"team": "a"}, properties={"minimumTlsVersion": "TLS1_2", "accessTier": "Cool"})
    account = storage.storage_accounts.get_properties(GROUP, "images1")
    assert (account.name, account.location, account.tags) == ("images1", "westeurope", {"team": "a"})
    assert account.properties.provisioning_state == "Succeeded"
    assert account.properties.access_tier == "Cool"
    assert account.properties.primary_endpoints.file.endswith("/files/images1/")

    storage.storage_accounts.update(GROUP, "images1", {"tags": {"team": "b"}})
    account = storage.storage_accounts.get_properties(GROUP, "images1")
    assert account.tags == {"team": "b"}
    assert account.properties.access_tier == "Cool"  # what is not sent stays

    storage.storage_accounts.delete(GROUP, "images1")
    with pytest.raises(ResourceNotFoundError) as error:
        storage.storage_accounts.get_properties(GROUP, "images1")
    assert code_of(error.value) == "ResourceNotFound"
    storage.storage_accounts.delete(GROUP, "images1")  # 204 is no error


def test_creating_takes_time_and_the_poller_waits_for_it(emulator: Running, storage: Any) -> None:
    emulator.delay(1.2)
    poller = storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT)
    assert (
        storage.storage_accounts.get_properties(GROUP, "images1").properties.provisioning_state == "Creating"
    )
    with pytest.raises(HttpResponseError) as error:
        storage.storage_accounts.list_keys(GROUP, "images1")
    assert (error.value.status_code, code_of(error.value)) == (409, "StorageAccountIsNotProvisioned")
    with pytest.raises(HttpResponseError) as error:
        create(storage)
    assert code_of(error.value) == "StorageAccountOperationInProgress"

    assert poller.result().properties.provisioning_state == "Succeeded"


def test_a_create_that_takes_time_is_answered_as_microsoft_storage_does(emulator: Running) -> None:
    emulator.delay(30)
    path = f"{ACCOUNTS}/images1"
    status, headers, body = emulator.call(
        "PUT", f"{path}?api-version=2026-09-01", ACCOUNT, headers=emulator.bearer()
    )
    assert (status, body) == (202, None)
    assert 25 <= int(headers["retry-after"]) <= 30
    status, _, _ = emulator.call(
        "GET", headers["location"].removeprefix(emulator.url), headers=emulator.bearer()
    )
    assert status == 202


def test_two_keys_that_are_keys(storage: Any) -> None:
    create(storage)
    keys = storage.storage_accounts.list_keys(GROUP, "images1", expand="kerb").keys_property
    assert keys is not None
    assert [key.key_name for key in keys] == ["key1", "key2"]
    assert all(len(base64.b64decode(key.value or "")) == 64 for key in keys)
    after = storage.storage_accounts.regenerate_key(GROUP, "images1", {"keyName": "key1"}).keys_property
    assert after is not None
    assert after[0].value != keys[0].value
    assert after[1].value == keys[1].value


def test_names_are_unique_in_the_world(emulator: Running, storage: Any) -> None:
    emulator.control("PUT", "/held-names", {"Microsoft.Storage/storageAccounts": ["Somebody1"]})
    with pytest.raises(ResourceExistsError) as error:
        create(storage, "somebody1")
    assert code_of(error.value) == "StorageAccountAlreadyTaken"
    create(storage)
    with pytest.raises(ResourceExistsError) as error:
        storage.storage_accounts.begin_create("other-group", "images1", ACCOUNT)
    assert code_of(error.value) == "StorageAccountInAnotherResourceGroup"

    answers = {
        name: storage.storage_accounts.check_name_availability({"name": name}).reason
        for name in ("free1", "images1", "somebody1", "Not-valid")
    }
    assert answers == {
        "free1": None,
        "images1": "AlreadyExists",
        "somebody1": "AlreadyExists",
        "Not-valid": "AccountNameInvalid",
    }


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("Bad-Name", {}, "AccountNameInvalid"),
        ("ab", {}, "AccountNameInvalid"),
        ("a" * 25, {}, "AccountNameInvalid"),
        ("images1", {"location": None}, "LocationRequired"),
        ("images1", {"location": "atlantis"}, "LocationNotAvailableForResourceType"),
        ("images1", {"sku": {"name": "Gold_LRS"}}, "InvalidValuesForRequestParameters"),
        ("images1", {"kind": "BlockBlobStorage"}, "InvalidValuesForRequestParameters"),
        ("images1", {"sku": None}, "InvalidValuesForRequestParameters"),
    ],
)
def test_what_azure_refuses_is_refused(
    storage: Any, emulator: Running, name: str, changes: dict[str, object], code: str
) -> None:
    body = {key: value for key, value in {**ACCOUNT, **changes}.items() if value is not None}
    path = f"{ACCOUNTS}/{name}"
    status, _, answer = emulator.call("PUT", f"{path}?api-version=2026-09-01", body, emulator.bearer())
    assert (status, answer["error"]["code"]) == (400, code)
    assert list(storage.storage_accounts.list_by_resource_group(GROUP)) == []


def test_an_account_does_not_move(storage: Any) -> None:
    create(storage)
    with pytest.raises(ResourceExistsError) as error:
        create(storage, location="northeurope")
    assert code_of(error.value) == "InvalidResourceLocation"


def test_containers(storage: Any, emulator: Running) -> None:
    create(storage)
    storage.blob_containers.create(GROUP, "images1", "registry", {"properties": {"publicAccess": "None"}})
    storage.blob_containers.create(GROUP, "images1", "registry", {"properties": {"metadata": {"a": "b"}}})
    container = storage.blob_containers.get(GROUP, "images1", "registry")
    assert container.metadata == {"a": "b"}
    assert [item.name for item in storage.blob_containers.list(GROUP, "images1")] == ["registry"]

    storage.blob_containers.delete(GROUP, "images1", "registry")
    storage.blob_containers.delete(GROUP, "images1", "registry")
    assert emulator.sites.calls.count(("forget_container", "images1", "registry")) == 1
    with pytest.raises(ResourceNotFoundError) as error:
        storage.blob_containers.get(GROUP, "images1", "registry")
    assert code_of(error.value) == "ContainerNotFound"


def test_new_containers_and_shares_are_201_and_known_ones_200(emulator: Running) -> None:
    create(emulator.storage)
    base = f"{ACCOUNTS}/images1"
    for below in ("blobServices/default/containers/registry", "fileServices/default/shares/auth"):
        path = f"{base}/{below}?api-version=2026-09-01"
        statuses = [emulator.call("PUT", path, {"properties": {}}, emulator.bearer())[0] for _ in range(2)]
        statuses += [emulator.call("DELETE", path, headers=emulator.bearer())[0] for _ in range(2)]
        assert statuses == [201, 200, 200, 204]


def test_shares(storage: Any) -> None:
    create(storage)
    storage.file_shares.create(GROUP, "images1", "auth", {"properties": {"shareQuota": 1}})
    assert storage.file_shares.get(GROUP, "images1", "auth").share_quota == 1
    assert [share.name for share in storage.file_shares.list(GROUP, "images1")] == ["auth"]
    storage.file_shares.delete(GROUP, "images1", "auth")
    with pytest.raises(ResourceNotFoundError) as error:
        storage.file_shares.get(GROUP, "images1", "auth")
    assert code_of(error.value) == "ShareNotFound"


@pytest.mark.parametrize("name", ["ab", "Upper", "two--hyphens", "-first"])
def test_bad_names_of_shares_and_containers(storage: Any, name: str) -> None:
    create(storage)
    for make in (storage.file_shares.create, storage.blob_containers.create):
        with pytest.raises(HttpResponseError) as error:
            make(GROUP, "images1", name, {"properties": {}})
        assert error.value.status_code == 400


def test_deleting_an_account_deletes_its_shares(storage: Any, emulator: Running) -> None:
    create(storage)
    storage.file_shares.create(GROUP, "images1", "auth", {"properties": {}})
    storage.storage_accounts.delete(GROUP, "images1")
    assert ("forget_account", "images1") in emulator.sites.calls
    create(storage)
    assert list(storage.file_shares.list(GROUP, "images1")) == []


def test_soft_delete_is_remembered(storage: Any) -> None:
    create(storage)
    seven = {"enabled": True, "days": 7}
    storage.blob_services.set_service_properties(
        GROUP,
        "images1",
        {"properties": {"deleteRetentionPolicy": seven, "containerDeleteRetentionPolicy": seven}},
    )
    storage.file_services.set_service_properties(
        GROUP, "images1", {"properties": {"shareDeleteRetentionPolicy": {"enabled": True, "days": 14}}}
    )
    blobs = storage.blob_services.get_service_properties(GROUP, "images1")
    files = storage.file_services.get_service_properties(GROUP, "images1")
    assert blobs.container_delete_retention_policy.days == 7
    assert blobs.delete_retention_policy.enabled is True
    assert files.share_delete_retention_policy.days == 14
    with pytest.raises(HttpResponseError):
        storage.file_services.set_service_properties(
            GROUP, "images1", {"properties": {"shareDeleteRetentionPolicy": {"enabled": True, "days": 0}}}
        )


def test_lists_come_in_pages(storage: Any, emulator: Running) -> None:
    emulator.control("PUT", "/paging", {"pageSize": 2})
    names = [f"images{n}" for n in range(5)]
    for name in names:
        create(storage, name)
    assert [account.name for account in storage.storage_accounts.list_by_resource_group(GROUP)] == names
    requests = emulator.control("GET", "/requests")["value"]
    lists = [r for r in requests if r["path"].endswith("/storageAccounts") and r["method"] == "GET"]
    assert [len(r["response_body"]["value"]) for r in lists] == [2, 2, 1]
    assert list(storage.storage_accounts.list_by_resource_group("other-group")) == []


def test_what_is_sent_is_echoed_even_if_the_emulator_does_not_know_it(emulator: Running) -> None:
    path = f"{ACCOUNTS}/images1"
    body = {**ACCOUNT, "properties": {"aNameOfTheFuture": {"deep": [1]}}}
    _, _, answer = emulator.call("PUT", f"{path}?api-version=2026-09-01", body, emulator.bearer())
    assert answer["properties"]["aNameOfTheFuture"] == {"deep": [1]}
