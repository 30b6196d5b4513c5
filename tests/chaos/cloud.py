"""One local Azure under chaos: what the matrix may do to it, and what it may see of it behind the product's back.

Rows and queues are read from Azurite itself, not through the proxy that misbehaves.
"""

import base64
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from localazure.up.state_folder import StateFolder
from shared.domain.operations import Kind
from tests.chaos.chat import Channel
from tests.chaos.notices import Notices
from tests.chaos.notices import settings as webhook
from tests.chaos.tally import Tally
from tests.e2e.emulated_azure import ACCOUNTS, PLANS, SITES
from tests.e2e.local_azure import LocalAzure, running
from tests.e2e.sinks import Sinks, receiving

Json = dict[str, Any]

PACE = {
    "RECONCILE_SCHEDULE": "*/2 * * * * *",
    "TURN_DELAY_SECONDS": "0",
    "OPERATION_STALE_SECONDS": "3",
    "MOUNT_CACHE_SECONDS": "0",
    "MAX_REGISTRIES": "10000",
    "PYTHON_THREADPOOL_THREAD_COUNT": "48",
    "WRITES_PER_MINUTE": "0",
    "SECRETS_PER_MINUTE": "0",
    "DRIFT_CHECK_SECONDS": "86400",
    "HEALTH_RECHECK_SECONDS": "1",
}
"""Every other second, but never while a request is held (`Cloud.quiet`): the process that holds it is killed before
anybody takes over from it. Held requests need threads of their own."""
QUIET_SECONDS = 15.0
_LIST_OF_REGISTRIES: Json = {
    "method": "GET",
    "pathRegex": r"^/tables/[^/]+/index\(\)$",
    "count": None,
    "hold": "before",
}
TRANSITION_SECONDS = 0.1
HOST_SECONDS = 60.0


class Cloud:
    """Faults, kills, restarts; rows, messages, resources."""

    def __init__(self, local: LocalAzure, tally: Tally, sinks: Sinks) -> None:
        self.local, self.tally = local, tally
        self.api, self.azure, self.door = local.api, local.azure, local.door
        self.channel = Channel(local)
        local.api.passwords |= sinks.secrets
        self.searched: set[str] = set()
        """The passwords for which the requests of their time have been searched."""
        direct = local.up.ready()["azuriteConnectionString"]
        self._tables = TableServiceClient.from_connection_string(direct, retry_total=8)
        self._rows = self._tables.get_table_client("state")
        self.notices = Notices(direct, sinks)
        self._queues = QueueServiceClient.from_connection_string(direct)
        self.azure.control("PUT", "transitions", dict.fromkeys((ACCOUNTS, PLANS, SITES), TRANSITION_SECONDS))

    def close(self) -> None:
        """Leave the local Azure alone."""
        self._tables.close()
        self._queues.close()
        self.channel.close()

    # faults

    def place(self, fault: Mapping[str, object]) -> str:
        """Live from now on; returns its id."""
        return str(self.azure.control("POST", "faults", dict(fault))["id"])

    def used(self) -> dict[str, int]:
        """How many requests each fault has hit, by its id; one that holds counts when the request waits."""
        shown = self.azure.control("GET", "faults")["value"]
        return {each["id"]: each["holding"] if each.get("hold") else each["used"] for each in shown}

    def remove(self, fault: str) -> None:
        """It hits no more; what it holds goes on."""
        with suppress(httpx.HTTPStatusError):
            self.azure.control("DELETE", f"faults/{fault}")

    # processes

    def kill_host(self) -> int:
        """SIGKILL to the Functions host, in the middle of whatever it does; returns what its pid was."""
        pid: int = self.local.up.ready()["processes"]["functions-host"]
        os.kill(pid, signal.SIGKILL)
        self.tally.kills += 1
        return pid

    def wait_for_another_host(self, killed: int) -> None:
        """The supervisor starts it by itself."""
        self.local.up.wait_until(
            lambda: self.local.up.ready()["processes"]["functions-host"] != killed, HOST_SECONDS
        )

    @contextmanager
    def stopped(self, program: str) -> Iterator[None]:
        """`azurite` or `emulator` is stopped in an orderly way, and started again on the way out."""
        before = self.local.up.ready()["processes"][program]
        hold = self.azure.state / "hold" / program
        hold.parent.mkdir(exist_ok=True)
        hold.touch()
        try:
            deadline = time.monotonic() + HOST_SECONDS
            while _is_alive(before):
                assert time.monotonic() < deadline, f"{program} did not stop"
                time.sleep(0.02)
            yield
        finally:
            hold.unlink()
            self.tally.restarts += 1
        self.local.up.wait_until(
            lambda: self.local.up.ready()["processes"].get(program, before) != before, HOST_SECONDS
        )

    def kill_registry(self, registry: str) -> bool:
        """SIGKILL to a registry's process. False if there is none."""
        for file in (self.azure.state / "emulator").rglob("run/*.json"):
            if file.stem.startswith(f"{registry}-"):
                with suppress(OSError, ValueError, KeyError):
                    os.kill(int(json.loads(file.read_text(encoding="utf-8"))["pid"]), signal.SIGKILL)
                    self.tally.registry_kills += 1
                    return True
        return False

    # reconcile

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """No `reconcile` runs meanwhile: the next run waits for its list of registries, and runs do not overlap."""
        pause = self.place(_LIST_OF_REGISTRIES)
        try:
            deadline = time.monotonic() + QUIET_SECONDS
            while not self.used().get(pause) and time.monotonic() < deadline:
                time.sleep(0.05)
            yield
        finally:
            self.remove(pause)

    # rows and messages

    def row(self, registry: str, key: str) -> Json | None:
        """One row of the table `state`, with its etag."""
        with suppress(ResourceNotFoundError):
            entity = self._rows.get_entity(registry, key)
            return {**entity, "etag": entity.metadata["etag"]}
        return None

    def partition(self, registry: str) -> dict[str, Json]:
        """All rows of one registry by their key."""
        found = self._rows.query_entities("PartitionKey eq @name", parameters={"name": registry})
        return {row["RowKey"]: {**row, "etag": row.metadata["etag"]} for row in found}

    def operations(self, registry: str) -> dict[str, Json]:
        """All operations of a registry, past incarnations included, by their id."""
        prefix = "operation:"
        rows = self.partition(registry)
        return {
            f"{registry}.{key.removeprefix(prefix)}": row
            for key, row in rows.items()
            if key.startswith(prefix)
        }

    def posts(self, registry: str) -> list[Json]:
        """The rows of the messages in chat about its operations."""
        span = {"first": f"{registry}.", "end": f"{registry}/"}
        with self._tables.get_table_client("chat") as table:
            found = table.query_entities(
                "PartitionKey eq '_posts' and operation ge @first and operation lt @end", parameters=span
            )
            return [dict(row) for row in found]

    def index(self) -> set[str]:
        """The names in the index of all registries."""
        with self._tables.get_table_client("index") as index:
            found = index.query_entities("PartitionKey eq 'registries'")
            return {row["RowKey"] for row in found if not row["RowKey"].startswith("!")}

    def send(self, operation: Json, operation_id: str, turn: int) -> None:
        """A message as the product sends them, past the product."""
        name = "registry-operations" if Kind(operation["kind"]).is_lifecycle else "htpasswd-sync"
        text = json.dumps({"version": 1, "operationId": operation_id, "turn": turn})
        with self._queues.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy()) as queue:
            queue.send_message(text)
        self.tally.messages += 1

    def poisoned(self) -> list[str]:
        """What lies in poison queues that nobody reads: there should be nothing."""
        found = []
        for queue in self._queues.list_queues():
            if queue.name.endswith("-poison"):
                with self._queues.get_queue_client(queue.name) as client:
                    found += [
                        f"{queue.name}: {base64.b64decode(message.content).decode()}"
                        for message in client.peek_messages(32)
                    ]
        return found

    # Azure

    def resources(self) -> list[Json]:
        """Storage accounts, plans and sites of all registries, as Resource Manager lists them."""
        return [
            {**found, "type": kind}
            for kind in (ACCOUNTS, PLANS, SITES)
            for found in self.azure.resource_manager("GET", kind)["value"]
        ]

    def share(self, account: str) -> Path:
        """The very folder that a site mounts."""
        return self.azure.state / "emulator" / "files" / "shares" / account / "config"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def chaos_cloud(folder: Path, tally: Tally, settings: Mapping[str, str] | None = None) -> Iterator[Cloud]:
    """A local Azure of its own in `folder`."""
    StateFolder.open(folder / "state").close()  # its own, whoever puts something there first
    with (
        receiving(folder / "state" / "emulator") as sinks,
        running(folder, {**PACE, **webhook(sinks), **(settings or {})}, "--storage-faults") as local,
    ):
        local.api.call("GET", "registries", 200)  # the first request makes the tables' clients
        cloud = Cloud(local, tally, sinks)
        try:
            yield cloud
        finally:
            cloud.close()


AWAY = (AzureError, httpx.TransportError)
"""What a look raises while Azurite is away."""
