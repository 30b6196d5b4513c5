"""What is inside a storage account as Resource Manager sees it: service properties, blob containers, file shares.

Containers and shares are also reachable without Resource Manager; a share's existence is what the file store says,
so that both ways agree.
"""

import re

from localazure.emulator.arm import storage_errors
from localazure.emulator.arm.models.accounts import StorageAccounts
from localazure.emulator.arm.models.deleted_names import DeletedNames
from localazure.emulator.arm.models.ports import FileShares, Sites
from localazure.emulator.arm.models.store import Json, Resource, Store
from localazure.emulator.arm.resource_ids import CONTAINERS, STORAGE_ACCOUNTS, ResourceId, Scope

BLOB_SERVICES = "blobServices"
FILE_SERVICES = "fileServices"

_DEFAULTS: dict[str, Json] = {
    BLOB_SERVICES: {"cors": {"corsRules": []}, "deleteRetentionPolicy": {"enabled": False}},
    FILE_SERVICES: {
        "cors": {"corsRules": []},
        "shareDeleteRetentionPolicy": {"enabled": True, "days": 7},
        "protocolSettings": {"smb": {}},
    },
}
"""What a new account has: https://learn.microsoft.com/azure/storage/files/storage-files-enable-soft-delete"""

_CHILD_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_DEFAULT_QUOTA_GIB = 5120
_MAX_QUOTA_GIB = 102400


class StorageServices:
    """`blobServices/default`, `fileServices/default` and what they contain."""

    def __init__(self, store: Store, accounts: StorageAccounts, shares: FileShares, sites: Sites) -> None:
        self._store = store
        self._deleted = DeletedNames(store)
        self._accounts = accounts
        self._shares = shares
        self._sites = sites

    def service(self, scope: Scope, account: str, service: str) -> Resource:
        """The properties of `blobServices` or `fileServices`. Raises ArmError if the account is not ready."""
        service_id = self._accounts.ready(scope, account).id.child(service, "default")
        return self._store.get(service_id) or Resource(service_id, {"properties": dict(_DEFAULTS[service])})

    def put_service(self, scope: Scope, account: str, service: str, body: Json) -> Resource:
        """Replace the properties that are sent, keep the others. Raises ArmError."""
        with self._store.transaction():
            resource = self.service(scope, account, service)
            sent = body.get("properties") or {}
            for name, value in sent.items():
                _check_retention(name, value)
            resource.properties.update(sent)
            return self._store.put(resource)

    def put_container(self, scope: Scope, account: str, name: str, body: Json) -> tuple[Resource, bool]:
        """Create or update a blob container; True if it is new. Raises ArmError."""
        with self._store.transaction():
            container_id = self._child(scope, account, BLOB_SERVICES, "containers", name)
            container = self._store.get(container_id)
            if container is None and self._deleted.has(container_id):
                raise storage_errors.container_being_deleted()
            resource = container or Resource(container_id)
            resource.properties.update(body.get("properties") or {})
            return self._store.put(resource), container is None

    def container(self, scope: Scope, account: str, name: str) -> Resource:
        """That blob container. Raises ArmError 404."""
        container = self._store.get(self._child(scope, account, BLOB_SERVICES, "containers", name))
        if container is None:
            raise storage_errors.container_not_found()
        return container

    def has_container(self, account: str, name: str) -> bool:
        """Is there such a container in that account, whichever subscription it is in?"""
        found = self._store.find_global(STORAGE_ACCOUNTS, account)
        return (
            found is not None
            and self._store.get(found.id.child(BLOB_SERVICES, "default", "containers", name)) is not None
        )

    def containers(self, scope: Scope, account: str) -> list[Resource]:
        """All containers of the account."""
        return self._below(self._accounts.ready(scope, account).id, CONTAINERS)

    def delete_container(self, scope: Scope, account: str, name: str) -> bool:
        """Delete a container with its blobs. False if it was not there."""
        container_id = self._child(scope, account, BLOB_SERVICES, "containers", name)
        if not self._store.delete(container_id):
            return False
        self._deleted.note(container_id)
        self._sites.forget_container(container_id.parent.name, container_id.name)
        return True

    def put_share(self, scope: Scope, account: str, name: str, body: Json) -> tuple[Resource, bool]:
        """Create or update a file share; True if it is new. Raises ArmError."""
        share_id = self._child(scope, account, FILE_SERVICES, "shares", name)
        sent = body.get("properties") or {}
        quota = _quota(sent)
        if self._deleted.has(share_id) and not self._shares.has_share(share_id.parent.name, share_id.name):
            raise storage_errors.share_being_deleted()
        created = self._shares.create_share(share_id.parent.name, share_id.name, quota)
        with self._store.transaction():
            share = self._store.get(share_id) or Resource(share_id, {"properties": {"shareQuota": quota}})
            share.properties.update(sent)
            return self._store.put(share), created

    def share(self, scope: Scope, account: str, name: str) -> Resource:
        """That file share, also if it was made without Resource Manager. Raises ArmError 404."""
        share_id = self._child(scope, account, FILE_SERVICES, "shares", name)
        if not self._shares.has_share(share_id.parent.name, share_id.name):
            raise storage_errors.share_not_found()
        return self._known_share(share_id)

    def shares(self, scope: Scope, account: str) -> list[Resource]:
        """All shares of the account."""
        account_id = self._accounts.ready(scope, account).id
        names = sorted(self._shares.list_shares(account_id.name))
        return [
            self._known_share(account_id.child(FILE_SERVICES, "default", "shares", name)) for name in names
        ]

    def delete_share(self, scope: Scope, account: str, name: str) -> bool:
        """Delete a share with its files. False if it was not there."""
        share_id = self._child(scope, account, FILE_SERVICES, "shares", name)
        self._store.delete(share_id)
        there = self._shares.delete_share(share_id.parent.name, share_id.name)
        if there:
            self._deleted.note(share_id)
        return there

    def _known_share(self, share_id: ResourceId) -> Resource:
        return self._store.get(share_id) or Resource(
            share_id, {"properties": {"shareQuota": _DEFAULT_QUOTA_GIB}}
        )

    def _child(self, scope: Scope, account: str, service: str, kind: str, name: str) -> ResourceId:
        account_id = self._accounts.ready(scope, account).id
        if not 3 <= len(name) <= 63:
            raise storage_errors.child_name_length()
        if not _CHILD_NAME.fullmatch(name):
            raise storage_errors.invalid_child_name()
        return account_id.child(service, "default", kind, name)

    def _below(self, account_id: ResourceId, resource_type: str) -> list[Resource]:
        everywhere = self._store.select(resource_type, account_id.scope)
        return [r for r in everywhere if r.id.parent.key == account_id.key]


def _quota(properties: Json) -> int:
    quota = properties.get("shareQuota", _DEFAULT_QUOTA_GIB)
    if not isinstance(quota, int) or not 1 <= quota <= _MAX_QUOTA_GIB:
        raise storage_errors.invalid_property("shareQuota", quota)
    return quota


def _check_retention(name: str, policy: object) -> None:
    """Soft delete keeps things for 1 to 365 days."""
    if not name.lower().endswith("retentionpolicy") or not isinstance(policy, dict):
        return
    days = policy.get("days")
    if policy.get("enabled") and (not isinstance(days, int) or not 1 <= days <= 365):
        raise storage_errors.invalid_property(f"{name}.days", days)
