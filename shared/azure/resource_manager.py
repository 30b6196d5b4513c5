"""The `ResourceManager` port on azure-mgmt-storage and azure-mgmt-web.

Long-running requests are sent with `polling=False`: the next turn looks again. Nothing is retried in here, because
a turn that sleeps costs money and a turn that comes back does not.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.web import WebSiteManagementClient

from shared.azure.connection import TIMEOUTS, credential
from shared.azure.patience import Patience
from shared.azure.resource_manager_refusals import check_scope, refusals
from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.resources.account_keys import all_valid
from shared.domain.resources.resource import Json, Ref, Type
from shared.domain.resources.site_drift import differing


class AzureResourceManager:
    """The resources of one group. `base_url` is Resource Manager itself."""

    def __init__(self, base_url: str, subscription: str, group: str) -> None:
        options: dict[str, Any] = {
            "base_url": base_url,
            "credential_scopes": ["https://management.azure.com/.default"],
            "retry_total": 0,
            **TIMEOUTS,
        }
        self._storage = StorageManagementClient(
            credential(), subscription, per_call_policies=[Patience()], **options
        )
        self._web = WebSiteManagementClient(
            credential(), subscription, per_call_policies=[Patience()], **options
        )
        self._group = group

    def get(self, ref: Ref) -> Json | None:
        """See `ports.ResourceManager`."""
        name, child, group = ref.name, ref.child, self._group
        calls: dict[Type, Callable[[], Any]] = {
            Type.STORAGE_ACCOUNT: lambda: self._storage.storage_accounts.get_properties(group, name),
            Type.BLOB_SERVICE: lambda: self._storage.blob_services.get_service_properties(group, name),
            Type.FILE_SERVICE: lambda: self._storage.file_services.get_service_properties(group, name),
            Type.BLOB_CONTAINER: lambda: self._storage.blob_containers.get(group, name, child),
            Type.FILE_SHARE: lambda: self._storage.file_shares.get(group, name, child),
            Type.PLAN: lambda: self._web.app_service_plans.get(group, name),
            Type.SITE: lambda: self._web.web_apps.get(group, name),
            Type.PUBLISHING_POLICY: lambda: getattr(self._web.web_apps, f"get_{child}_allowed")(group, name),
        }
        with refusals(ref):
            try:
                found = calls[ref.type]()
            except ResourceNotFoundError as error:
                check_scope(error)
                return None
        return None if found is None else _plain(found)

    def put(self, ref: Ref, body: Json) -> None:
        """See `ports.ResourceManager`."""
        name, child, group = ref.name, ref.child, self._group
        sent: Any = dict(body)
        later: dict[str, Any] = {"polling": False}
        calls: dict[Type, Callable[[], Any]] = {
            Type.STORAGE_ACCOUNT: lambda: self._storage.storage_accounts.begin_create(
                group, name, sent, **later
            ),
            Type.BLOB_SERVICE: lambda: self._storage.blob_services.set_service_properties(group, name, sent),
            Type.FILE_SERVICE: lambda: self._storage.file_services.set_service_properties(group, name, sent),
            Type.BLOB_CONTAINER: lambda: self._storage.blob_containers.create(group, name, child, sent),
            Type.FILE_SHARE: lambda: self._storage.file_shares.create(group, name, child, sent),
            Type.PLAN: lambda: self._web.app_service_plans.begin_create_or_update(group, name, sent, **later),
            Type.SITE: lambda: self._web.web_apps.begin_create_or_update(group, name, sent, **later),
            Type.PUBLISHING_POLICY: lambda: getattr(self._web.web_apps, f"update_{child}_allowed")(
                group, name, sent
            ),
        }
        with refusals(ref):
            calls[ref.type]()

    def delete(self, ref: Ref) -> None:
        """See `ports.ResourceManager`. A site leaves its plan alone: the plan is a step of its own."""
        calls: dict[Type, Callable[[], Any]] = {
            Type.STORAGE_ACCOUNT: lambda: self._storage.storage_accounts.delete(self._group, ref.name),
            Type.PLAN: lambda: self._web.app_service_plans.delete(self._group, ref.name),
            Type.SITE: lambda: self._web.web_apps.delete(
                self._group, ref.name, delete_empty_server_farm=False
            ),
        }
        with refusals(ref), suppress(ResourceNotFoundError):
            calls[ref.type]()

    def restart(self, site: str) -> None:
        """See `ports.ResourceManager`. Not `synchronous`: that would wait for the end."""
        with refusals(Ref(Type.SITE, site)):
            try:
                self._web.web_apps.restart(self._group, site)
            except ResourceNotFoundError as error:
                check_scope(error)
                raise PermanentError(
                    "SiteMissing", f"{site}: there is no such site.", "PUT the registry with the same body."
                ) from None

    def account_key(self, account: str) -> str:
        """See `ports.ResourceManager`."""
        return self._keys(account)[0]

    def differences(self, site: str, body: Json) -> list[str]:
        """See `ports.ResourceManager`. A GET of a site shows neither: each has a list call of its own."""
        return differing(body, *self._settings_and_mounts(site))

    def mounted_key_is_valid(self, site: str, account: str) -> bool | None:
        """See `ports.ResourceManager`."""
        settings, mounts = self._settings_and_mounts(site)
        return all_valid(account, settings, mounts, self._keys(account))

    def all_of(self, kind: Type) -> Iterator[Json]:
        """See `ports.ResourceManager`."""
        lists: dict[Type, Callable[[], Any]] = {
            Type.STORAGE_ACCOUNT: lambda: self._storage.storage_accounts.list_by_resource_group(self._group),
            Type.PLAN: lambda: self._web.app_service_plans.list_by_resource_group(self._group),
            Type.SITE: lambda: self._web.web_apps.list_by_resource_group(self._group),
        }
        with refusals(Ref(kind, self._group)):
            yield from map(_plain, lists[kind]())

    def _keys(self, account: str) -> list[str]:
        """Both of the account's keys; not those of Kerberos, which the SDK asks for too. Never empty."""
        with refusals(Ref(Type.STORAGE_ACCOUNT, account)):
            found = self._storage.storage_accounts.list_keys(self._group, account).keys_property or []
        keys = [key.value for key in found if key.value and str(key.key_name).startswith("key")]
        if not keys:
            raise TemporaryError("NoAccountKey", f"storage account {account} has no key yet", 5)
        return keys

    def _settings_and_mounts(self, site: str) -> tuple[Json, Json]:
        apps = self._web.web_apps
        with refusals(Ref(Type.SITE, site)):
            settings = _plain(apps.list_application_settings(self._group, site))
            mounts = _plain(apps.list_azure_storage_accounts(self._group, site))
        return settings.get("properties") or {}, mounts.get("properties") or {}


def _plain(model: Any) -> Json:
    plain: Json = model.as_dict()
    return plain
