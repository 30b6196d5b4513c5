"""The `ResourceManager` port on azure-mgmt-storage and azure-mgmt-web.

Long-running requests are sent with `polling=False`: the next turn looks again. Nothing is retried in here, because
a turn that sleeps costs money and a turn that comes back does not.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.web import WebSiteManagementClient

from shared.azure.connection import TIMEOUTS, credential
from shared.azure.failures import DEFAULT_RETRY_SECONDS, retry_after, summary
from shared.azure.patience import Patience
from shared.domain.account_keys import all_valid
from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.resources import Json, Ref, Type
from shared.domain.site_drift import differing

_FAILURES = (AzureError, json.JSONDecodeError)
"""What the SDK raises; the second for an answer of 200 that is not Resource Manager's, such as a proxy's page."""
BUSY_SECONDS = 2
"""Another operation is at work on the same resource: that does not take long."""
_BUSY = {
    "AnotherOperationInProgress",
    "StorageAccountOperationInProgress",
    "StorageAccountIsNotProvisioned",
    "RetryableError",
    "ShareBeingDeleted",
    "ContainerBeingDeleted",
}
_NAME_TAKEN = {"StorageAccountAlreadyTaken", "StorageAccountInAnotherResourceGroup"}
_FOR_NOW_OR_FOR_EVER = {"Conflict", "ContainerOperationFailure"}
"""Codes that App Service and Microsoft.Storage give both for "not now" and for "never"."""
_NOT_NOW = re.compile(
    r"in progress|try again|retry|exclusive|has web app|being deleted|operation later", re.IGNORECASE
)
_MISSING_SCOPES = {"ResourceGroupNotFound", "SubscriptionNotFound"}
_WAYS_OUT = {
    401: "Check that the app has a managed identity and that its token is accepted.",
    403: "Give the app's identity the role Contributor on the resource group, then send the same request again.",
}


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
        try:
            found = calls[ref.type]()
        except ResourceNotFoundError as error:
            _code_of_missing(error)
            return None
        except _FAILURES as error:
            raise _translate(error, ref) from None
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
        try:
            calls[ref.type]()
        except _FAILURES as error:
            raise _translate(error, ref) from None

    def delete(self, ref: Ref) -> None:
        """See `ports.ResourceManager`. A site leaves its plan alone: the plan is a step of its own."""
        calls: dict[Type, Callable[[], Any]] = {
            Type.STORAGE_ACCOUNT: lambda: self._storage.storage_accounts.delete(self._group, ref.name),
            Type.PLAN: lambda: self._web.app_service_plans.delete(self._group, ref.name),
            Type.SITE: lambda: self._web.web_apps.delete(
                self._group, ref.name, delete_empty_server_farm=False
            ),
        }
        try:
            calls[ref.type]()
        except ResourceNotFoundError:
            return
        except _FAILURES as error:
            raise _translate(error, ref) from None

    def restart(self, site: str) -> None:
        """See `ports.ResourceManager`. Not `synchronous`: that would wait for the end."""
        ref = Ref(Type.SITE, site)
        try:
            self._web.web_apps.restart(self._group, site)
        except ResourceNotFoundError as error:
            _code_of_missing(error)
            raise PermanentError(
                "SiteMissing", f"{site}: there is no such site.", "PUT the registry with the same body."
            ) from None
        except _FAILURES as error:
            raise _translate(error, ref) from None

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
        try:
            yield from map(_plain, lists[kind]())
        except _FAILURES as error:
            raise _translate(error, Ref(kind, self._group)) from None

    def _keys(self, account: str) -> list[str]:
        """Both of the account's keys; not those of Kerberos, which the SDK asks for too. Never empty."""
        try:
            found = self._storage.storage_accounts.list_keys(self._group, account).keys_property or []
        except _FAILURES as error:
            raise _translate(error, Ref(Type.STORAGE_ACCOUNT, account)) from None
        keys = [key.value for key in found if key.value and str(key.key_name).startswith("key")]
        if not keys:
            raise TemporaryError("NoAccountKey", f"storage account {account} has no key yet", 5)
        return keys

    def _settings_and_mounts(self, site: str) -> tuple[Json, Json]:
        apps = self._web.web_apps
        try:
            settings = _plain(apps.list_application_settings(self._group, site))
            mounts = _plain(apps.list_azure_storage_accounts(self._group, site))
        except _FAILURES as error:
            raise _translate(error, Ref(Type.SITE, site)) from None
        return settings.get("properties") or {}, mounts.get("properties") or {}


def _plain(model: Any) -> Json:
    plain: Json = model.as_dict()
    return plain


def _code_of_missing(error: HttpResponseError) -> None:
    """A missing resource is an answer; a missing group or subscription is not."""
    code, message = _code_and_message(error)
    if code in _MISSING_SCOPES:
        raise PermanentError(
            code,
            message,
            "Check AZURE_SUBSCRIPTION_ID, create the group that AZURE_RESOURCE_GROUP names, "
            "then send the request again.",
        )


def _code_and_message(error: HttpResponseError) -> tuple[str, str]:
    """From `{"error": {"code", "message"}}` or App Service's own `{"Code", "Message"}`."""
    try:
        body = json.loads(error.response.text()) if error.response is not None else {}
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    inner = body.get("error", body)
    inner = inner if isinstance(inner, dict) else {}
    code = inner.get("code") or inner.get("Code") or summary(error)
    return str(code), str(inner.get("message") or inner.get("Message") or error.reason or "no message")


def _translate(error: Exception, ref: Ref) -> Exception:
    what = f"{ref.type.rpartition('/')[2]} {ref.child or ref.name}"
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return TemporaryError("NoAnswer", f"{what}: {type(error).__name__}", DEFAULT_RETRY_SECONDS)
    code, message = _code_and_message(error)
    if code in _NAME_TAKEN or (
        ref.type is Type.SITE and error.status_code == 409 and "already exists" in message
    ):
        return NameTakenError(ref.type)
    if _is_temporary(error.status_code, code, message):
        wait = BUSY_SECONDS if error.status_code == 409 else retry_after(error)
        return TemporaryError(code, f"{what}: {message}", wait)
    fix = _WAYS_OUT.get(error.status_code, "Mend what Azure names here, then send the same request again.")
    return PermanentError(code, f"{what}: {message}", fix)


def _is_temporary(status: int, code: str, message: str) -> bool:
    if status == 404:  # a parent that is not yet visible everywhere
        return code not in _MISSING_SCOPES
    return status in {408, 429} or status >= 500 or (status == 409 and _is_busy(code, message))


def _is_busy(code: str, message: str) -> bool:
    """Of some codes only the message tells what they mean."""
    return code in _BUSY or (code in _FOR_NOW_OR_FOR_EVER and _NOT_NOW.search(message) is not None)
