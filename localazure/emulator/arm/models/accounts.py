"""Storage accounts: names that are unique in the world, two keys, and a creation that takes a while."""

import base64
import re
import secrets
from typing import Any

from localazure.emulator.arm import errors, storage_errors
from localazure.emulator.arm.models.deleted_names import DeletedNames
from localazure.emulator.arm.models.ports import FileShares, Sites
from localazure.emulator.arm.models.regions import region
from localazure.emulator.arm.models.store import Json, Resource, Store, utc_text
from localazure.emulator.arm.resource_ids import STORAGE_ACCOUNTS, ResourceId, Scope

KEY_NAMES = ("key1", "key2")

_NAME = re.compile(r"[a-z0-9]{3,24}")
_KINDS = ("Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage")
_STANDARD = (
    "Standard_LRS",
    "Standard_GRS",
    "Standard_RAGRS",
    "Standard_ZRS",
    "Standard_GZRS",
    "Standard_RAGZRS",
)
_PREMIUM = ("Premium_LRS", "Premium_ZRS")
_SKUS = {
    "Storage": _STANDARD,
    "StorageV2": (*_STANDARD, "Premium_LRS"),
    "BlobStorage": _STANDARD,
    "FileStorage": (*_PREMIUM, "StandardV2_LRS", "StandardV2_ZRS", "StandardV2_GRS", "StandardV2_GZRS"),
    "BlockBlobStorage": _PREMIUM,
}
"""Which skus a kind may have: https://aka.ms/storageaccounttypes"""

_MERGED = ("sku", "kind", "tags", "identity", "zones", "placement", "extendedLocation")


class StorageAccounts:
    """The storage accounts of all subscriptions."""

    def __init__(self, store: Store, shares: FileShares, sites: Sites) -> None:
        self._store = store
        self._deleted = DeletedNames(store)
        self._shares = shares
        self._sites = sites

    def put(self, scope: Scope, name: str, body: Json) -> Resource:
        """Create an account, or update the one that is there. Raises ArmError."""
        wanted = region(body.get("location"), STORAGE_ACCOUNTS)
        with self._store.transaction():
            account = self._store.get(scope.account(name))
            if account is None:
                return self._create(scope.account(name), wanted, body)
            if account.body["location"] != wanted:
                has = account.body["location"]
                raise errors.invalid_resource_location(name, scope.group, has, wanted)
            return self._change(account, body)

    def patch(self, scope: Scope, name: str, body: Json) -> Resource:
        """Change an account that is there. Raises ArmError, also if it is not."""
        with self._store.transaction():
            return self._change(self.get(scope, name), body)

    def get(self, scope: Scope, name: str) -> Resource:
        """That account. Raises ArmError 404."""
        if account := self._store.get(scope.account(name)):
            return account
        raise errors.resource_not_found(STORAGE_ACCOUNTS, name, scope.group)

    def ready(self, scope: Scope, name: str) -> Resource:
        """That account, done being created: keys, containers and shares need that. Raises ArmError 404, 409."""
        account = self.get(scope, name)
        if self._store.pending(account) or self._store.failed(account):
            raise storage_errors.account_not_provisioned()
        return account

    def select(self, scope: Scope) -> list[Resource]:
        """All accounts in the group, or in the subscription."""
        return self._store.select(STORAGE_ACCOUNTS, scope)

    def delete(self, scope: Scope, name: str) -> bool:
        """Delete the account with all files and blobs in it. False if it was not there. Raises ArmError 409."""
        account = self._store.get(scope.account(name))
        if account is None:
            return False
        if self._store.pending(account):
            raise storage_errors.account_busy()
        with self._store.transaction():
            self._store.delete(account.id)
            self._deleted.note(account.id)
        self.forget(account.id.name)
        return True

    def forget(self, name: str) -> None:
        """Delete the files and blobs of an account that is gone."""
        self._shares.delete_account(name)
        self._sites.forget_account(name)

    def regenerate_key(self, scope: Scope, name: str, key_name: str) -> Resource:
        """Replace `key1` or `key2`: whoever mounts with the old one is out. Raises ArmError."""
        if key_name not in KEY_NAMES:
            raise storage_errors.invalid_values("keyName")
        with self._store.transaction():
            account = self.ready(scope, name)
            account.secrets[key_name] = _new_key()
            account.secrets[f"{key_name}Created"] = utc_text()
            return self._store.put(account)

    def keys(self, name: str) -> list[str] | None:
        """The account's keys (base64), whichever subscription it is in; None if there is no such account."""
        account = self._store.find_global(STORAGE_ACCOUNTS, name)
        return [account.secrets[key] for key in KEY_NAMES] if account else None

    def unavailable(self, name: object) -> errors.ArmError | None:
        """Why a new account cannot have that name, or None."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return storage_errors.account_name_invalid(str(name))
        held = self._store.settings.is_held(STORAGE_ACCOUNTS, name)
        held = held or self._deleted.has_global(STORAGE_ACCOUNTS, name)
        if held or self._store.find_global(STORAGE_ACCOUNTS, name):
            return storage_errors.account_taken(name)
        return None

    def _create(self, account_id: ResourceId, location: str, body: Json) -> Resource:
        _check_sku(body.get("kind"), body.get("sku"))
        if problem := self.unavailable(account_id.name):
            raise self._in_another_group(account_id) or problem
        account = Resource(account_id, {"location": location})
        for key in KEY_NAMES:
            account.secrets[key] = _new_key()
            account.secrets[f"{key}Created"] = account.created
        _merge(account, body)
        self._store.start_operation(account)
        return self._store.put(account)

    def _in_another_group(self, account_id: ResourceId) -> errors.ArmError | None:
        other = self._store.find_global(STORAGE_ACCOUNTS, account_id.name)
        if other and Scope(account_id.subscription).contains(other.id):
            return storage_errors.account_in_another_group(account_id.name)
        return None

    def _change(self, account: Resource, body: Json) -> Resource:
        if self._store.pending(account):
            raise storage_errors.account_busy()
        _check_sku(body.get("kind", account.body["kind"]), body.get("sku", account.body["sku"]))
        _merge(account, body)
        return self._store.put(account)


def _merge(account: Resource, body: Json) -> None:
    """What is not sent stays: Microsoft.Storage treats a PUT on an existing account as an update."""
    account.body.update({name: body[name] for name in _MERGED if body.get(name) is not None})
    account.properties.update(body.get("properties") or {})


def _check_sku(kind: Any, sku: Any) -> None:
    name = sku.get("name") if isinstance(sku, dict) else None
    if kind not in _KINDS:
        raise storage_errors.invalid_values("kind")
    if name not in _SKUS[kind]:
        raise storage_errors.invalid_values("sku")


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()
