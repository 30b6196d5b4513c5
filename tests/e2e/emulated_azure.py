"""Azure's side of a test: what Resource Manager lists, what the tables and queues hold, what came in."""

import json
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

Json = dict[str, Any]
Rows = dict[tuple[str, str, str], Json]

SITES = "Microsoft.Web/sites"
PLANS = "Microsoft.Web/serverfarms"
ACCOUNTS = "Microsoft.Storage/storageAccounts"
_API_VERSIONS = {SITES: "2025-05-01", PLANS: "2025-05-01", ACCOUNTS: "2026-09-01"}


class EmulatedAzure:
    """One local Azure, seen from its own side."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self.state = Path(ready["stateDir"])
        self.connection_string: str = ready["storageConnectionString"]
        settings = json.loads((self.state / "local.settings.json").read_text(encoding="utf-8"))
        self.settings: dict[str, str] = settings["Values"]
        self._control = ready["emulatorControlUrl"]
        trust = ssl.create_default_context(cafile=ready["caBundle"])
        self._client = httpx.Client(verify=trust, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def control(self, method: str, path: str, body: object = None) -> Json:
        """A request to /_emulator."""
        answer = self._client.request(method, f"{self._control}/{path}", json=body).raise_for_status()
        content: Json = answer.json() if answer.content else {}
        return content

    def slow_down(self, seconds: float) -> None:
        """How long creating a storage account, a plan or a site takes from now on."""
        self.control("PUT", "transitions", dict.fromkeys(_API_VERSIONS, seconds))

    def hold_names(self, accounts: list[str], sites: list[str]) -> None:
        """Names that somebody else in the world has from now on; no others."""
        self.control("PUT", "held-names", {ACCOUNTS: accounts, SITES: sites})

    def requests(self, after: int = 0) -> list[Json]:
        """What came in at the emulator, oldest first. Fails if the oldest ones are forgotten."""
        recorded = self.control("GET", f"requests?after={after}")
        assert recorded["dropped"] == 0, "too many requests to keep them all"
        found: list[Json] = recorded["value"]
        return found

    def resources(self, registry: str) -> list[str]:
        """What a registry of that name has in the resource group, as `type/name`. The last letters are a hash."""
        stems = (f"{registry}-", registry.replace("-", ""))
        return [
            f"{kind}/{found['name']}"
            for kind in _API_VERSIONS
            for found in self.resource_manager("GET", kind)["value"]
            if found["name"].startswith(stems)
        ]

    def account_keys(self) -> set[str]:
        """The keys of all storage accounts that there are, or were when somebody asked for them."""
        for account in self.resource_manager("GET", ACCOUNTS)["value"]:
            self.resource_manager("POST", ACCOUNTS, f"/{account['name']}/listKeys")
        answers = [entry for entry in self.requests() if entry["path"].endswith("/listKeys")]
        return {key["value"] for entry in answers for key in (entry["response_body"] or {}).get("keys", [])}

    def resource_manager(self, method: str, kind: str, path: str = "", body: object = None) -> Json:
        """A request to Resource Manager with a token of the managed identity's endpoint, as the app makes them."""
        token = self._client.get(
            self.settings["IDENTITY_ENDPOINT"],
            params={"api-version": "2019-08-01", "resource": "https://management.azure.com/"},
            headers={"X-IDENTITY-HEADER": self.settings["IDENTITY_HEADER"]},
        ).raise_for_status()
        answer = self._client.request(
            method,
            f"{self.settings['RESOURCE_MANAGER_URL']}/subscriptions/{self.settings['AZURE_SUBSCRIPTION_ID']}"
            f"/resourceGroups/{self.settings['AZURE_RESOURCE_GROUP']}/providers/{kind}{path}",
            params={"api-version": _API_VERSIONS[kind]},
            json=body,
            headers={"Authorization": f"Bearer {token.json()['access_token']}"},
        ).raise_for_status()
        content: Json = answer.json() if answer.content else {}
        return content

    def ask_for(self, path: str) -> int:
        """A GET that the emulator refuses, because nobody signed in. Returns the status."""
        return self._client.get(f"{self.settings['RESOURCE_MANAGER_URL']}{path}").status_code

    def tables(self) -> Rows:
        """Every row of every table: `(table, partition, row key)` to its columns and its version."""
        rows: Rows = {}
        with TableServiceClient.from_connection_string(self.connection_string) as service:
            for table in service.list_tables():
                with service.get_table_client(table.name) as client:
                    for entity in client.list_entities():
                        key = (table.name, str(entity["PartitionKey"]), str(entity["RowKey"]))
                        rows[key] = {**entity, "etag": entity.metadata["etag"]}
        return rows

    def tables_at_rest(self, seconds: float = 60) -> Rows:
        """Every row of every table, when no operation is at work any more."""
        deadline = time.monotonic() + seconds
        while True:
            rows = self.tables()
            if all(row.get("final", True) for row in rows.values()):
                return rows
            assert time.monotonic() < deadline, f"operations are still at work after {seconds} s"
            time.sleep(0.2)

    def messages(self) -> list[tuple[str, str]]:
        """`(queue, text as it is stored)` of every message that waits and is visible, poison queues included."""
        found = []
        with QueueServiceClient.from_connection_string(self.connection_string) as service:
            for queue in service.list_queues():
                with service.get_queue_client(queue.name) as client:
                    try:
                        found += [(queue.name, message.content) for message in client.peek_messages(32)]
                    except ResourceNotFoundError:  # deleted since it was listed
                        continue
        return found

    def users(self, registry: str) -> dict[str, Json]:
        """The user rows of a registry by name."""
        rows = self.tables()
        return {
            row["username"]: row
            for (table, partition, key), row in rows.items()
            if table == "state" and partition == registry and key.startswith("user:")
        }

    def share(self, registry: str) -> Path:
        """The very folder that a registry's site mounts."""
        [account] = [name for name in self.resources(registry) if name.startswith(ACCOUNTS)]
        return self.state / "emulator" / "files" / "shares" / account.rpartition("/")[2] / "config"

    def htpasswd(self, registry: str) -> bytes:
        """The live file of a registry."""
        return (self.share(registry) / "htpasswd").read_bytes()
