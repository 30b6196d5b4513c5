"""What the suite of the port `ResourceManager` runs on."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from shared.azure.resource_manager import AzureResourceManager
from shared.domain.errors import TemporaryError
from shared.domain.registries.registry import Registry
from shared.domain.resources.plan import Found, assess
from shared.domain.resources.resource import Json, Type
from shared.ports import ResourceManager
from tests.contract.processes import Emulator
from tests.contract.registries import GROUP, Resource, Resources
from tests.fakes import FakeResourceManager, FakeShares

DELAYED = (Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE)
PATIENCE_SECONDS = 20


class Cloud(Protocol):
    """An Azure of which a test may ask what no client can."""

    manager: ResourceManager

    def slow_down(self) -> None:
        """Creating takes a while from now on: more than one look."""

    def hold(self, kind: Type, name: str) -> None:
        """Somebody else has that name."""

    def keep_deleted_names(self) -> None:
        """The name of a deleted account or site stays reserved."""

    def stop_site(self, name: str) -> None:
        """As in the portal."""

    def configure(
        self, site: str, settings: Mapping[str, str | None], mounts: Mapping[str, str | None]
    ) -> None:
        """As in the portal: values of settings, and paths of mounts, by name; `None` removes one."""

    def keys(self, account: str) -> list[str]:
        """Both keys of a storage account."""

    def regenerate_key(self, account: str, number: int) -> None:
        """As in the portal: the first or the second."""

    def crash_site(self, name: str) -> None:
        """Its registry ends by itself from now on, soon after each start."""


class FakeCloud:
    """The in-memory one."""

    def __init__(self) -> None:
        self.fake = FakeResourceManager(shares=FakeShares())
        self.manager: ResourceManager = self.fake

    def slow_down(self) -> None:
        self.fake.looks = 2

    def hold(self, kind: Type, name: str) -> None:
        _ = kind
        self.fake.held.add(name)

    def keep_deleted_names(self) -> None:
        self.fake.keeps_names = True

    def stop_site(self, name: str) -> None:
        self.fake.stop_site(name)

    def configure(
        self, site: str, settings: Mapping[str, str | None], mounts: Mapping[str, str | None]
    ) -> None:
        config = self.fake.site_config(site)
        present = {pair["name"]: pair["value"] for pair in config["appSettings"]}
        config["appSettings"] = [
            {"name": name, "value": value} for name, value in _changed(present, settings).items()
        ]
        config["azureStorageAccounts"] = _moved(config["azureStorageAccounts"], mounts)

    def keys(self, account: str) -> list[str]:
        return self.fake.keys[account]

    def regenerate_key(self, account: str, number: int) -> None:
        self.fake.regenerate_key(account, number)

    def crash_site(self, name: str) -> None:
        self.fake.crash_site(name)


class EmulatedCloud:
    """The emulator, through the real SDK."""

    def __init__(self, emulator: Emulator, manager: AzureResourceManager) -> None:
        self.manager: ResourceManager = manager
        self._emulator, self._web, self._storage = emulator, manager._web, manager._storage

    def slow_down(self) -> None:
        self._emulator.control("PUT", "transitions", dict.fromkeys(DELAYED, 0.8))

    def hold(self, kind: Type, name: str) -> None:
        self._emulator.control("PUT", "held-names", {kind: [name]})

    def keep_deleted_names(self) -> None:
        self._emulator.control("PUT", "deleted-names", {Type.STORAGE_ACCOUNT: 600, Type.SITE: 600})

    def stop_site(self, name: str) -> None:
        self._web.web_apps.stop(GROUP, name)

    def keys(self, account: str) -> list[str]:
        found = self._storage.storage_accounts.list_keys(GROUP, account).keys_property or []
        return [str(key.value) for key in found]

    def regenerate_key(self, account: str, number: int) -> None:
        asked: Any = {"keyName": f"key{number}"}
        self._storage.storage_accounts.regenerate_key(GROUP, account, asked)

    def crash_site(self, name: str) -> None:
        behaviour = [{"site": name, "behaviour": "dies", "seconds": 0}]
        self._emulator.control("PUT", "site-behaviour", behaviour)

    def configure(
        self, site: str, settings: Mapping[str, str | None], mounts: Mapping[str, str | None]
    ) -> None:
        apps = self._web.web_apps
        if settings:
            present = apps.list_application_settings(GROUP, site).properties or {}
            wanted: Any = {"properties": _changed(present, settings)}
            apps.update_application_settings(GROUP, site, wanted)
        if mounts:
            listed = apps.list_azure_storage_accounts(GROUP, site).as_dict()["properties"]
            wanted = {"properties": _moved(listed, mounts)}
            apps.update_azure_storage_accounts(GROUP, site, wanted)


def _changed(present: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**present, **changes}.items() if value is not None}


def _moved(present: Mapping[str, Any], paths: Mapping[str, str | None]) -> dict[str, Any]:
    model = next(iter(present.values()))
    moved = {
        name: {**present.get(name, model), "mountPath": path}
        for name, path in paths.items()
        if path is not None
    }
    return {**{name: mount for name, mount in present.items() if name not in paths}, **moved}


@contextmanager
def emulated_cloud(emulator: Emulator, manager: AzureResourceManager) -> Iterator[EmulatedCloud]:
    """An empty cloud that makes everything at once; emptied again in the end, so that no site stays."""
    emulator.control("POST", "reset")
    emulator.control("PUT", "transitions", dict.fromkeys(DELAYED, 0))
    yield EmulatedCloud(emulator, manager)
    emulator.control("POST", "reset")


def wait_for[T](look: Callable[[], T | None], what: str) -> T:
    """The first thing that `look` finds. Temporary errors pass."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            found = look()
        except TemporaryError:
            found = None
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")


def make(cloud: Cloud, registry: Registry, resource: Resource) -> Json:
    """PUTs a resource and waits until it is what was asked for."""
    cloud.manager.put(resource.ref, resource.body)
    return wait_until_ready(cloud, registry, resource)


def wait_until_ready(cloud: Cloud, registry: Registry, resource: Resource) -> Json:
    """The resource, once the product's own plan takes it for ready."""

    def look() -> Json | None:
        seen = cloud.manager.get(resource.ref)
        return seen if assess(resource.node, registry, seen) is Found.READY else None

    return wait_for(look, f"{resource.ref} is ready")


def make_up_to(cloud: Cloud, registry: Registry, *kinds: Type) -> Resources:
    """PUTs the resources of these types, in this order."""
    resources = Resources(registry)
    for kind in kinds:
        for resource in resources.all(kind):
            make(cloud, registry, resource)
            if kind is Type.STORAGE_ACCOUNT:
                resources = Resources(registry, cloud.manager.account_key(resource.ref.name))
    return resources
