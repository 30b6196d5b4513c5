"""In-memory ports. Each passes the same contract suite as the adapter it stands for."""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.errors import ConflictError, DependencyError, NameTakenError, TemporaryError
from shared.domain.health import Failure, Observation
from shared.domain.htpasswd import PROBE_USER
from shared.domain.messages import Message
from shared.domain.passwords import matches
from shared.domain.records import Change, Delete, Insert, Replace, Row
from shared.domain.resources import Json, Ref, Type
from shared.ports import Share


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeTable:
    """Rows with ETags; a transaction is all or nothing. `down` makes every call fail."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {}
        self.down = False
        self._etags = itertools.count(1)
        self._lock = threading.Lock()

    def get(self, partition: str, key: str) -> Row | None:
        self._check()
        return self.rows.get(partition, {}).get(key)

    def query(
        self,
        partition: str,
        first: str,
        end: str,
        page: int | None = None,
        where: Mapping[str, bool] | None = None,
    ) -> Iterator[Row]:
        self._check()
        _ = page
        found = sorted(self.rows.get(partition, {}).items())
        for key, row in found:
            if first <= key < end and all(
                row.values.get(name) == wanted for name, wanted in (where or {}).items()
            ):
                yield row

    def transact(self, partition: str, changes: Sequence[Change]) -> None:
        self._check()
        assert 0 < len(changes) <= 100
        with self._lock:
            after = dict(self.rows.get(partition, {}))
            for change in changes:
                self._apply(after, change)
            self.rows[partition] = after

    def _apply(self, rows: dict[str, Row], change: Change) -> None:
        key = change.key if isinstance(change, Delete) else change.row.key
        present = rows.get(key)
        if isinstance(change, Insert) and present:
            raise ConflictError("EntityAlreadyExists")
        if isinstance(change, Replace | Delete):
            etag = change.etag if isinstance(change, Delete) else change.row.etag
            if present is None or (etag and etag != present.etag):
                raise ConflictError("UpdateConditionNotSatisfied")
        if isinstance(change, Delete):
            del rows[key]
        else:
            rows[key] = Row(key, dict(change.row.values), f"etag-{next(self._etags)}")

    def _check(self) -> None:
        if self.down:
            raise DependencyError("Table Storage", "down")


class FakeQueue:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, float]] = []
        self.down = False

    def send(self, message: Message, delay: float = 0) -> None:
        if self.down:
            raise DependencyError("Queue Storage", "down")
        self.sent.append((message, delay))

    def take(self) -> Message | None:
        """The next message, whatever its delay."""
        return self.sent.pop(0)[0] if self.sent else None


class FakeShare:
    """Files in one folder; a rename is atomic, and a write never creates."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def create(self, name: str) -> None:
        self.files[name] = b""

    def names(self) -> list[str]:
        return sorted(self.files)

    def write(self, name: str, content: bytes) -> bool:
        if name not in self.files:
            return False
        self.files[name] = content
        return True

    def rename(self, source: str, target: str) -> bool:
        if source not in self.files:
            return False
        self.files[target] = self.files.pop(source)
        return True

    def delete(self, name: str) -> None:
        self.files.pop(name, None)

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)


class FakeShares:
    """One share for each file endpoint."""

    def __init__(self) -> None:
        self.by_endpoint: dict[str, FakeShare] = {}

    def open(self, file_endpoint: str, share: str) -> Share:
        _ = share
        return self.by_endpoint.setdefault(file_endpoint, FakeShare())


class FakeProbe:
    """A registry that reads the file of its share, as Distribution does.

    `reads` says which file content a login server sees; `None` = it does not answer.
    """

    def __init__(self, reads: Callable[[str], bytes | None]) -> None:
        self.reads = reads
        self.looked: list[str] = []

    def look(self, targets: Sequence[tuple[str, str]]) -> list[Observation]:
        return [self._look(*target) for target in targets]

    def _look(self, server: str, password: str) -> Observation:
        self.looked.append(server)
        content = self.reads(server)
        if content is None:
            return Observation(failure=Failure.CONNECTION)
        lets_in = _logs_in(content, PROBE_USER, password)
        return Observation(stranger=401, member=200 if lets_in else 401, is_registry=True, latency_ms=1)


def _logs_in(content: bytes, username: str, password: str) -> bool:
    lines = (line.partition(":") for line in content.decode().splitlines() if not line.startswith("#"))
    hashes = {name: value for name, _, value in lines}
    return username in hashes and matches(password, hashes[username])


@dataclass
class FakeResourceManager:
    """Resources that need some looks until they are ready.

    `looks`: how many GETs a new account, plan or site answers `InProgress` to; `held`: names that somebody else holds;
    `refusals`: what the next PUT of a type raises, once for each entry.
    """

    looks: int = 0
    held: set[str] = field(default_factory=set)
    refusals: dict[Type, list[Exception]] = field(default_factory=dict)
    resources: dict[Ref, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, Ref]] = field(default_factory=list)
    _left: dict[Ref, int] = field(default_factory=dict)

    def get(self, ref: Ref) -> Json | None:
        found = self.resources.get(ref)
        if found is None:
            return None
        if self._left.get(ref, 0) > 0:
            self._left[ref] -= 1
            return {**found, "properties": {**found["properties"], "provisioningState": "Creating"}}
        return found

    def put(self, ref: Ref, body: Json) -> None:
        self.calls.append(("put", ref))
        if ref.name in self.held:
            raise NameTakenError(ref.type)
        if self.refusals.get(ref.type):
            raise self.refusals[ref.type].pop(0)
        slow = ref.type in {Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE}
        self._left[ref] = self.looks if slow and ref not in self.resources else 0
        self.resources[ref] = {**body, "name": ref.name, "properties": {**body["properties"], **_told(ref)}}

    def delete(self, ref: Ref) -> None:
        self.calls.append(("delete", ref))
        gone = [each for each in self.resources if each == ref or (each.name == ref.name and not ref.child)]
        for each in gone:
            if each.type.startswith(ref.type):
                del self.resources[each]

    def account_key(self, account: str) -> str:
        if Ref(Type.STORAGE_ACCOUNT, account) not in self.resources:
            raise TemporaryError("ResourceNotFound", "no such account", 1)
        return f"key-of-{account}"

    def sites(self) -> Iterator[Json]:
        return iter([body for ref, body in self.resources.items() if ref.type is Type.SITE])


def _told(ref: Ref) -> dict[str, Any]:
    """What Azure adds to its answer."""
    if ref.type is Type.STORAGE_ACCOUNT:
        return {"primaryEndpoints": {"file": f"https://{ref.name}.file.example/"}}
    if ref.type is Type.SITE:
        return {"defaultHostName": f"{ref.name}.example", "state": "Running"}
    return {}
