"""Accounts of Microsoft.Storage on the wire."""

from localazure.emulator.arm.models.accounts import KEY_NAMES, StorageAccounts
from localazure.emulator.arm.models.site_processes import SiteProcesses
from localazure.emulator.arm.models.store import Json, Resource, Store
from localazure.emulator.arm.requests import Answer, Call, deleted
from localazure.emulator.arm.responses.lists import Lists
from localazure.emulator.arm.responses.long_running import LongRunning

_ACCOUNT_DEFAULTS: Json = {
    "accessTier": "Hot",
    "allowBlobPublicAccess": False,
    "minimumTlsVersion": "TLS1_2",
    "supportsHttpsTrafficOnly": True,
    "networkAcls": {
        "bypass": "AzureServices",
        "defaultAction": "Allow",
        "ipRules": [],
        "virtualNetworkRules": [],
    },
}


class AccountView:
    """A storage account as a GET shows it."""

    def __init__(self, store: Store, origin: str) -> None:
        """Files, and lists of blobs, are at our own `origin`."""
        self._store = store
        self._origin = origin

    def __call__(self, account: Resource) -> Json:
        """The JSON of one account."""
        sku = account.body["sku"]
        return {
            **account.body,
            "id": str(account.id),
            "name": account.id.name,
            "type": account.id.type,
            "sku": {**sku, "tier": "Premium" if sku["name"].startswith("Premium") else "Standard"},
            "tags": account.body.get("tags", {}),
            "properties": {**_ACCOUNT_DEFAULTS, **account.properties, **self._read_only(account)},
        }

    def _read_only(self, account: Resource) -> Json:
        return {
            "provisioningState": self._store.provisioning_state(account, busy="Creating"),
            "creationTime": account.created,
            "keyCreationTime": {key: account.secrets[f"{key}Created"] for key in KEY_NAMES},
            "primaryLocation": account.body["location"],
            "statusOfPrimary": "available",
            "primaryEndpoints": {
                "blob": f"{self._origin}/blobs/{account.id.name}/",
                "file": f"{self._origin}/files/{account.id.name}/",
            },
        }


class StorageAccountResponses:
    """Calls about accounts themselves."""

    def __init__(
        self,
        accounts: StorageAccounts,
        view: AccountView,
        processes: SiteProcesses,
        long_running: LongRunning,
        lists: Lists,
    ) -> None:
        self._accounts = accounts
        self._view = view
        self._processes = processes
        self._long_running = long_running
        self._lists = lists

    def put(self, call: Call) -> Answer:
        """Create or update."""
        account = self._accounts.put(call.scope, call.names["account"], call.body)
        return self._long_running.accepted(call, account)

    def patch(self, call: Call) -> Answer:
        """Update."""
        return Answer(200, self._view(self._accounts.patch(call.scope, call.names["account"], call.body)))

    def get(self, call: Call) -> Answer:
        """Show."""
        return Answer(200, self._view(self._accounts.get(call.scope, call.names["account"])))

    def list(self, call: Call) -> Answer:
        """In a group or a subscription."""
        return self._lists.page(call, self._accounts.select(call.scope), self._view)

    def delete(self, call: Call) -> Answer:
        """200, or 204 if it was not there."""
        return deleted(there=self._accounts.delete(call.scope, call.names["account"]))

    def list_keys(self, call: Call) -> Answer:
        """Both keys. `$expand=kerb` would add Kerberos keys where a domain is joined: never here."""
        return _keys(self._accounts.ready(call.scope, call.names["account"]))

    def regenerate_key(self, call: Call) -> Answer:
        """Replace one key and show both. A site that mounts with the old one loses its files."""
        name, key = call.names["account"], str(call.body.get("keyName"))
        account = self._accounts.regenerate_key(call.scope, name, key)
        self._processes.drive_mounting(account.id.name)
        return _keys(account)

    def check_name(self, call: Call) -> Answer:
        """May a new account have this name?"""
        problem = self._accounts.unavailable(call.body.get("name"))
        if problem is None:
            return Answer(200, {"nameAvailable": True})
        reason = "AlreadyExists" if problem.status == 409 else "AccountNameInvalid"
        return Answer(200, {"nameAvailable": False, "reason": reason, "message": problem.message})


def _keys(account: Resource) -> Answer:
    keys = [
        {
            "keyName": key,
            "value": account.secrets[key],
            "permissions": "FULL",
            "creationTime": account.secrets[f"{key}Created"],
        }
        for key in KEY_NAMES
    ]
    return Answer(200, {"keys": keys})
