"""Does a request about one registry get slower when there are many? `scripts/bench` runs this.

One local Azure is measured with one registry, then with `MANY` more, through HTTP. The rows of the many are written
directly: they only have to be there. Prints the median of each request, and the ratio of the two.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from localazure.demo.api import Api
from localazure.demo.azure import temporary_azure
from shared.azure.connection import StorageConnection
from shared.azure.tables import StorageTable
from shared.domain.names import azure_names
from shared.domain.registries.registry import Desired, ProvisioningState, Registry
from shared.domain.users.htpasswd import Projection
from shared.services.capacity import Capacity
from shared.services.state import State

MANY = 90
"""`MAX_REGISTRIES` is 100 by default."""
ROUNDS = 60
UNLIMITED = {"WRITES_PER_MINUTE": "0", "SECRETS_PER_MINUTE": "0"}
"""The load is the point here."""
LIMIT = 1.5
"""A ratio above this fails: twice the work would show as about 2."""

REQUESTS: Mapping[str, tuple[str, str, dict[str, Any] | None]] = {
    "GET a registry": ("GET", "registries/first", None),
    "PUT a registry again": ("PUT", "registries/first", {}),
    "GET a user": ("GET", "registries/first/users/alice", None),
    "PUT a user again": ("PUT", "registries/first/users/alice", {}),
    "GET the users": ("GET", "registries/first/users", None),
}


def medians(api: Api) -> dict[str, float]:
    """Milliseconds for each request, taken in turn so that a slow moment hits all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in REQUESTS}
    for _ in range(ROUNDS):
        for name, (method, path, body) in REQUESTS.items():
            times[name].append(_milliseconds(lambda: api.call(method, path, 200, body=body)))  # noqa: B023 - called at once
    return {name: statistics.median(taken) for name, taken in times.items()}


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def add_many(connection_string: str) -> None:
    """Registries at rest, as rows and in the index."""
    connection = StorageConnection(connection_string=connection_string)
    state = State(StorageTable(connection, "state"))
    now = datetime.now(UTC)
    capacity = Capacity(StorageTable(connection, "index"), lambda: now, maximum=1000)
    desired = Desired(location="westeurope", sku="B1", image="registry:2.8.3", storage_replication="LRS")
    for number in range(MANY):
        name = f"many{number:03}"
        capacity.remember(name)
        registry = Registry(
            name=name,
            uid=f"uid-{number:03}",
            desired=desired,
            provisioning_state=ProvisioningState.SUCCEEDED,
            names=azure_names("s", "g", name),
            created_at=now,
            updated_at=now,
        )
        state.commit(name, registry.save(), Projection(uid=registry.uid).save())


def main() -> int:
    """0 if no request grew beyond `LIMIT`."""
    with temporary_azure() as azure:
        os.environ |= UNLIMITED
        ready = azure.start()
        api = Api(ready)
        api.finish(api.call("PUT", "registries/first", 201, body={}))
        api.finish(api.call("PUT", "registries/first/users/alice", 201, body={}))
        medians(api)  # warm
        few = medians(api)
        add_many(ready["storageConnectionString"])
        many = medians(api)
    print(f"{'request':24} {'1 registry':>12} {MANY + 1:>4} registries {'ratio':>8}")
    for name in REQUESTS:
        print(f"{name:24} {few[name]:>9.1f} ms {many[name]:>12.1f} ms {many[name] / few[name]:>8.2f}")
    return int(any(many[name] / few[name] > LIMIT for name in REQUESTS))


if __name__ == "__main__":
    sys.exit(main())
