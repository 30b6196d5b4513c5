"""Everything that Resource Manager remembers, in memory and in one file that is replaced as a whole.

The state is small (a few KB per resource), so each change writes all of it: a killed emulator restarts with either
the state before a change or the one after it, never something between.
"""

import copy
import dataclasses
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localazure.emulator.arm.models.failures import OperationFailure
from localazure.emulator.arm.models.settings import Settings
from localazure.emulator.arm.resource_ids import ResourceId, Scope
from localazure.private_files import read_json, write_private

Json = dict[str, Any]

_FORMAT = 1
_OPERATIONS_KEPT = 1000
_SHORTEST_FAILURE = 0.5


def utc_text() -> str:
    """Now, as Azure writes times: `2026-01-31T12:00:00.1234567Z` has seven digits; six are enough for us."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass
class Operation:
    """A long-running operation. It ends by itself at `ready_at` (seconds since 1970): with `error` if that is set."""

    id: str
    resource: str
    ready_at: float
    created: str
    error: Json | None = None
    """`code` and `message`."""
    in_web_shape: bool = False
    """The error is shown as App Service shows errors."""

    @property
    def status(self) -> str:
        """`InProgress`, `Succeeded` or `Failed`."""
        if self.remaining > 0:
            return "InProgress"
        return "Failed" if self.error else "Succeeded"

    @property
    def remaining(self) -> float:
        """Seconds until it ends; 0 once it has."""
        return max(0.0, self.ready_at - time.time())


@dataclass
class Resource:
    """One resource: `body` is what clients may read back, `secrets` is what a GET never shows."""

    id: ResourceId
    body: Json = field(default_factory=dict)
    secrets: Json = field(default_factory=dict)
    created: str = field(default_factory=utc_text)
    changed: str = field(default_factory=utc_text)
    operation: str = ""

    @property
    def properties(self) -> Json:
        """`body["properties"]`, made if it is not there."""
        properties: Json = self.body.setdefault("properties", {})
        return properties


class Store:
    """All resources, operations and settings. Take `transaction()` around whatever must not interleave."""

    def __init__(self, file: Path) -> None:
        """Load `file` if it is there. Raises ValueError if it was written by another version."""
        self._file = file
        self._lock = threading.RLock()
        self._depth = 0
        self._dirty = False
        self._resources: dict[str, Resource] = {}
        self.operations: dict[str, Operation] = {}
        self.deleted: dict[str, float] = {}
        """When (seconds since 1970) a resource was deleted: see `DeletedNames`."""
        self.settings = Settings()
        self._load()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Alone with the state; what was put or deleted is on disk when the outermost block ends."""
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._dirty and not self._depth:
                    self._dirty = False
                    write_private(self._file, json.dumps(self._dump()))

    def get(self, resource_id: ResourceId) -> Resource | None:
        """A copy of that resource, or None. A change counts once it is put: a refused request changes nothing."""
        with self._lock:
            return copy.deepcopy(self._resources.get(resource_id.key))

    def put(self, resource: Resource) -> Resource:
        """Add or replace a resource; marks it as changed now."""
        with self.transaction():
            resource.changed = utc_text()
            self._dirty = True
            self._resources[resource.id.key] = copy.deepcopy(resource)
            return resource

    def delete(self, resource_id: ResourceId) -> bool:
        """Remove a resource and all below it. False if it was not there."""
        with self.transaction():
            there = resource_id.key in self._resources
            self._dirty = True
            below = resource_id.key + "/"
            for key in [k for k in self._resources if k == resource_id.key or k.startswith(below)]:
                del self._resources[key]
            return there

    def keep_deleted(self, deleted: dict[str, float]) -> None:
        """Remember these deletions, and no others."""
        with self.transaction():
            self._dirty = True
            self.deleted = deleted

    def select(self, resource_type: str, scope: Scope | None = None) -> list[Resource]:
        """Copies of all resources of that type (in that scope), sorted by id whatever happened before."""
        with self._lock:
            found = [r for r in self._resources.values() if r.id.type.lower() == resource_type.lower()]
            found = [copy.deepcopy(r) for r in found if scope is None or scope.contains(r.id)]
        return sorted(found, key=lambda r: r.id.key)

    def find_global(self, resource_type: str, name: str) -> Resource | None:
        """The resource of that name in any subscription, for names that are unique in the world."""
        wanted = (resource_type.lower(), name.lower())
        with self._lock:
            found = (r for r in self._resources.values() if (r.id.type.lower(), r.id.name.lower()) == wanted)
            return copy.deepcopy(next(found, None))

    def start_operation(self, resource: Resource) -> None:
        """The resource is being created from now on, for as long as the settings say for its type."""
        now = time.time()
        operation = Operation(
            id=str(uuid.uuid4()),
            resource=str(resource.id),
            ready_at=now + self.settings.delay(resource.id.type),
            created=utc_text(),
        )
        resource.operation = operation.id
        self.operations[operation.id] = operation
        for old in list(self.operations)[:-_OPERATIONS_KEPT]:
            del self.operations[old]

    def restart_operation(self, resource: Resource) -> Resource:
        """The resource is worked on once more, after a failure."""
        with self.transaction():
            self.start_operation(resource)
            return self.put(resource)

    def fail_operation(self, resource: Resource, failure: OperationFailure) -> Resource:
        """The operation on this resource will fail; one is started if there is none."""
        with self.transaction():
            if not self.pending(resource):
                self.start_operation(resource)
            operation = self.operations[resource.operation]
            operation.error = {"code": failure.code, "message": failure.message}
            operation.in_web_shape = failure.shown == "appservice"
            now = time.time()
            # Where creating takes no time there would be no operation to look at.
            shown_later = max(operation.ready_at, now + _SHORTEST_FAILURE)
            operation.ready_at = now if failure.shown == "resource" else shown_later
            return self.put(resource)

    def failed(self, resource: Resource) -> bool:
        """Did the last operation on this resource fail? Its `provisioningState` is then `Failed`."""
        operation = self.operations.get(resource.operation)
        return operation is not None and operation.status == "Failed"

    def provisioning_state(self, resource: Resource, *, busy: str) -> str:
        """`Succeeded`, `Failed`, or what the provider calls being `busy`."""
        if self.pending(resource):
            return busy
        return "Failed" if self.failed(resource) else "Succeeded"

    def pending(self, resource: Resource) -> Operation | None:
        """The operation that still works on this resource, or None."""
        operation = self.operations.get(resource.operation)
        return operation if operation and operation.status == "InProgress" else None

    def change_settings(self, **changes: Any) -> Settings:
        """Replace the named settings and keep the others. Raises ValueError for a value that makes no sense."""
        with self.transaction():
            self.settings = dataclasses.replace(self.settings, **changes)
            self._dirty = True
            return self.settings

    def clear(self) -> None:
        """Forget everything, settings too."""
        with self.transaction():
            self._dirty = True
            self._resources.clear()
            self.operations.clear()
            self.deleted = {}
            self.settings = Settings()

    def _dump(self) -> Json:
        return {
            "format": _FORMAT,
            "resources": [
                {**dataclasses.asdict(resource), "id": str(resource.id)}
                for resource in self._resources.values()
            ],
            "operations": [dataclasses.asdict(operation) for operation in self.operations.values()],
            "deleted": self.deleted,
            "settings": dataclasses.asdict(self.settings),
        }

    def _load(self) -> None:
        state = read_json(self._file)
        if not state:
            return
        if state.get("format") != _FORMAT:
            raise ValueError(f"{self._file} was written by another version; start with --reset")
        for entry in state["resources"]:
            resource = Resource(**{**entry, "id": ResourceId.parse(entry["id"])})
            self._resources[resource.id.key] = resource
        self.operations = {entry["id"]: Operation(**entry) for entry in state["operations"]}
        self.deleted = state.get("deleted", {})
        self.settings = Settings(**state["settings"])
