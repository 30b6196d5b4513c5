"""Names that stay busy for a while after what had them was deleted, where the settings say so.

What Azure does, each for a time that it does not promise:

- Storage accounts: another tenant is refused for days (aka.ms "Resolve errors for storage account names"), and people
  report the same refusal in their own subscription soon after a delete (azure-powershell#19219); a GET says 404.
- Sites: other tenants are refused for a cooldown; the same tenant may have the name at once ("Name Reservation on App
  Service"). That the refusal is the one of a name in use is not verified [?].
- Blob containers: at least 30 seconds ("Delete Container"); shares: until they are collected.

Here every caller is refused: who survives that survives less. Shares deleted through Azure Files do not count.
"""

import time

from localazure.emulator.arm.models.store import Store
from localazure.emulator.arm.resource_ids import ResourceId

_MOST = 1000


class DeletedNames:
    """When names came free, and whether they may be used again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, resource_id: ResourceId) -> None:
        """It is being deleted now. Within the transaction of the deletion, if there is one."""
        with self._store.transaction():
            kept = {**self._store.deleted, _key(resource_id.type, _name(resource_id)): time.time()}
            latest = sorted(kept.items(), key=lambda entry: entry[1])[-_MOST:]
            self._store.keep_deleted(dict(latest))

    def has_global(self, resource_type: str, name: str) -> bool:
        """Is that name, unique in the world, still busy?"""
        when = self._store.deleted.get(_key(resource_type, name))
        return when is not None and time.time() - when < self._store.settings.busy_seconds(resource_type)

    def has(self, resource_id: ResourceId) -> bool:
        """Is the name of that container or share still busy?"""
        return self.has_global(resource_id.type, _name(resource_id))


def _name(resource_id: ResourceId) -> str:
    """Names of top-level resources are unique in the world, others in their parent."""
    return resource_id.name if resource_id == resource_id.parent else str(resource_id)


def _key(resource_type: str, name: str) -> str:
    return f"{resource_type}:{name}".lower()
