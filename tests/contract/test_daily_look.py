"""The daily look at a registry whose site, account and blobs are really there, through the adapters."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.azure.containers import StorageContainers
from shared.azure.resource_manager import AzureResourceManager
from shared.domain.health.codes import Code
from shared.domain.health.daily import DailyLook, findings_of
from shared.domain.registries import Registry
from shared.domain.resources import Type
from shared.services.health.daily import DailyLooks
from tests.contract.processes import Emulator
from tests.contract.registries import Resources, new_registry
from tests.contract.resource_managers import Cloud, emulated_cloud, make, make_up_to

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


def look(cloud: Cloud, registry: Registry) -> DailyLook:
    found = DailyLooks(lambda: cloud.manager, StorageContainers(), lambda: NOW).look(registry)
    assert found.failed == []
    return found


def codes(found: DailyLook) -> list[Code]:
    return [finding.code for finding in findings_of(found, [], NOW + timedelta(hours=1), days=7)]


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
