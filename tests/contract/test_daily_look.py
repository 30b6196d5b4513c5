"""The daily look at a registry whose site, account and blobs are really there, through the adapters."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from azure.storage.blob import ContainerClient

from localazure.azurite import ACCOUNT, ACCOUNT_KEY
from localazure.ports import Ports
from shared.azure.containers import StorageContainers
from shared.azure.resource_manager import AzureResourceManager
from shared.domain.health.codes import Code, Severity
from shared.domain.health.daily import DailyLook, findings_of
from shared.domain.names import BLOB_CONTAINER
from shared.domain.registries.registry import Registry
from shared.domain.resources.resource import Type
from shared.services.health.daily import DailyLooks
from tests.contract.processes import Emulator
from tests.contract.registries import Resources, new_registry
from tests.contract.resource_managers import Cloud, emulated_cloud, make, make_up_to
from tests.fakes import FakeResourceManager

NEEDED = (Type.STORAGE_ACCOUNT, Type.PLAN, Type.BLOB_CONTAINER, Type.FILE_SHARE, Type.SITE)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def cloud(emulator: Emulator, manager: AzureResourceManager) -> Iterator[Cloud]:
    with emulated_cloud(emulator, manager) as emulated:
        yield emulated


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    made = new_registry()
    make_up_to(cloud, made, *NEEDED)
    return made


def look(cloud: Cloud, registry: Registry, last: DailyLook | None = None) -> DailyLook:
    found = DailyLooks(lambda: cloud.manager, StorageContainers(), lambda: NOW).look(registry, last)
    assert found.failed == []
    return found


def codes(found: DailyLook) -> list[Code]:
    return [finding.code for finding in findings_of(found)]


def test_keys_that_were_regenerated_behind_our_back_are_found_until_the_site_gets_a_new_one(
    cloud: Cloud, registry: Registry
) -> None:
    account = registry.names.storage_account
    assert codes(look(cloud, registry)) == []
    cloud.regenerate_key(account, 2)
    assert codes(look(cloud, registry)) == []  # it is the first that is mounted
    cloud.regenerate_key(account, 1)
    assert codes(look(cloud, registry)) == [Code.STORAGE_KEY_INVALID]
    make(cloud, registry, Resources(registry, cloud.manager.account_key(account)).of(Type.SITE))
    assert codes(look(cloud, registry)) == []


def test_what_the_registry_has_stored_is_measured(
    cloud: Cloud, registry: Registry, emulator: Emulator
) -> None:
    empty = look(cloud, registry)
    assert (empty.size_bytes, empty.blobs, empty.counted_all) == (0, 0, True)
    folder = emulator.folder / "sites/blobs" / registry.names.storage_account / "registry/docker"
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"x" * 1000)
    found = look(cloud, registry)
    assert (found.size_bytes, found.blobs, found.counted_all) == (1000, 1, True)


def test_a_folder_of_blobs_that_somebody_removed_is_found_although_the_registry_is_content(
    cloud: Cloud, registry: Registry, emulator: Emulator
) -> None:
    folder = emulator.folder / "sites/blobs" / registry.names.storage_account / "registry"
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"x")
    full = look(cloud, registry)
    assert codes(full) == []
    shutil.rmtree(folder)
    lost = look(cloud, registry, full)
    assert codes(lost) == [Code.IMAGES_LOST]
    assert codes(look(cloud, registry, lost)) == [Code.IMAGES_LOST]  # as long as nothing is there again


@pytest.fixture
def container(secure_azurite: Ports) -> Iterator[ContainerClient]:
    """The registry's container in real storage, with three blobs."""
    endpoint = f"https://127.0.0.1:{secure_azurite.blob}/{ACCOUNT}/"
    key = {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}
    with ContainerClient(endpoint, BLOB_CONTAINER, credential=key) as client:
        client.create_container()
        push(client, "a", "b", "c")
        yield client
        if client.exists():
            client.delete_container()


def push(client: ContainerClient, *names: str) -> None:
    for name in names:
        client.upload_blob(name, b"x")


def stored_at(client: ContainerClient, made: Registry) -> DailyLooks:
    """Looks at a registry whose blobs are in that storage."""
    azure = FakeResourceManager()
    account = Resources(made).of(Type.STORAGE_ACCOUNT)
    azure.put(account.ref, account.body)
    endpoints = azure.resources[account.ref]["properties"]["primaryEndpoints"]
    endpoints["blob"] = client.url.removesuffix(client.container_name)
    return DailyLooks(lambda: azure, StorageContainers(), lambda: NOW)


def test_a_container_that_somebody_deleted_is_found_and_an_empty_one_in_its_place_hides_nothing(
    container: ContainerClient,
) -> None:
    """Distribution 2.8 makes an empty container when it starts and finds none."""
    made = new_registry()
    daily = stored_at(container, made)
    full = daily.look(made, None)
    assert (full.blobs, codes(full)) == (3, [])
    container.delete_container()
    gone = daily.look(made, full)
    [finding] = findings_of(gone)
    assert (finding.code, finding.severity) == (Code.IMAGES_LOST, Severity.CRITICAL)
    assert "there is no container" in finding.evidence
    assert "Restore" in finding.fix
    container.create_container()
    empty = daily.look(made, gone)
    [finding] = findings_of(empty)
    assert finding.code is Code.IMAGES_LOST
    assert "it held 3 blobs" in finding.evidence
    push(container, "a")
    assert codes(daily.look(made, empty)) == []


def test_a_container_that_was_never_filled_has_lost_nothing(container: ContainerClient) -> None:
    for name in ("a", "b", "c"):
        container.delete_blob(name)
    made = new_registry()
    daily = stored_at(container, made)
    first = daily.look(made, None)
    assert (first.blobs, codes(first), codes(daily.look(made, first))) == (0, [], [])
