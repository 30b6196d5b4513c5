"""In-memory ports. Each passes the same contract suite as the adapter it stands for.

Nothing here waits: time comes from a `FakeClock`, and Azure's slowness is counted in looks.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.domain.chat.talk import Reply
from shared.domain.errors import ConflictError, DependencyError, PermanentError, TemporaryError
from shared.domain.health.daily import NO_CONTAINER, Size
from shared.domain.health.observation import Failure, Observation
from shared.domain.messages import AnyMessage, Message
from shared.domain.names import BLOB_CONTAINER
from shared.domain.notices.telling import Telling
from shared.domain.records import Change, Delete, Insert, Replace, Row
from shared.domain.users.htpasswd import FILE_NAME, MOST_BYTES, PROBE_USER
from shared.domain.users.passwords import matches
from tests.fake_resource_manager import FakeResourceManager

__all__ = [
    "FakeChat",
    "FakeClock",
    "FakeContainers",
    "FakeHeartbeat",
    "FakeProbe",
    "FakeQueue",
    "FakeResourceManager",
    "FakeShare",
    "FakeShares",
    "FakeTable",
]

LARGEST_PAGE = 1000
LARGEST_TRANSACTION = 100


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
        where: Mapping[str, bool | str] | None = None,
    ) -> Iterator[Row]:
        """A page shows the rows as they are when it is fetched, not when the query began."""
        size = min(page or LARGEST_PAGE, LARGEST_PAGE)
        while rows := self._page(partition, first, end, where or {}, size):
            yield from rows
            if len(rows) < size:
                return
            first = rows[-1].key + "\0"

    def partitions(self, after: str = "") -> Iterator[str]:
        while True:
            self._check()
            found = min((name for name, rows in self.rows.items() if rows and name > after), default=None)
            if found is None:
                return
            yield found
            after = found

    def transact(self, partition: str, changes: Sequence[Change]) -> None:
        self._check()
        assert 1 <= len(changes) <= LARGEST_TRANSACTION
        assert len({_key(change) for change in changes}) == len(changes), (
            "the service refuses a row named twice"
        )
        with self._lock:
            after = dict(self.rows.get(partition, {}))
            for change in changes:
                self._apply(after, change)
            self.rows[partition] = after

    def _page(
        self, partition: str, first: str, end: str, where: Mapping[str, bool | str], size: int
    ) -> list[Row]:
        self._check()
        rows = self.rows.get(partition, {})
        found = (rows[key] for key in sorted(rows) if first <= key < end)
        fitting = (row for row in found if where.items() <= row.values.items())
        return list(itertools.islice(fitting, size))

    def _apply(self, rows: dict[str, Row], change: Change) -> None:
        key = _key(change)
        present = rows.get(key)
        if isinstance(change, Insert) and present:
            raise ConflictError("EntityAlreadyExists")
        if isinstance(change, Replace | Delete):
            etag = change.etag if isinstance(change, Delete) else change.row.etag
            if present is None or (etag and etag != present.etag):
                raise ConflictError("UpdateConditionNotSatisfied" if present else "ResourceNotFound")
        if isinstance(change, Delete):
            del rows[key]
        else:
            rows[key] = Row(key, dict(change.row.values), f"etag-{next(self._etags)}")

    def _check(self) -> None:
        if self.down:
            raise DependencyError("Table Storage", "down")


def _key(change: Change) -> str:
    return change.key if isinstance(change, Delete) else change.row.key


class FakeQueue[M: AnyMessage = Message]:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[M, float]] = []
        self.down = False

    def send(self, message: M, delay: float = 0) -> None:
        if self.down:
            raise DependencyError("Queue Storage", "down")
        self.sent.append((message, delay))

    def take(self) -> M | None:
        """The next message, whatever its delay."""
        return self.sent.pop(0)[0] if self.sent else None


@dataclass
class FakeMessenger:
    """Keeps what sinks were told."""

    told: list[tuple[str, Telling]] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    """What comes of it, by the sink's name, as long as it is in here."""

    def send(self, sink: str, telling: Telling) -> None:
        if sink in self.failures:
            raise self.failures[sink]
        self.told.append((sink, telling))


class FakeChat:
    """Keeps what was posted, as it says now. `closed`: channels that we are not in."""

    def __init__(self) -> None:
        self.messages: dict[tuple[str, str], Reply] = {}
        self.updates = 0
        self.closed: set[str] = set()
        self.errors: list[Exception] = []

    def post(self, channel: str, reply: Reply) -> tuple[str, str]:
        self._check(channel)
        message = f"{len(self.messages)}.000100"
        self.messages[channel, message] = reply
        return channel, message

    def update(self, channel: str, message_id: str, reply: Reply) -> None:
        self._check(channel)
        if (channel, message_id) not in self.messages:
            raise PermanentError("MessageNotFound", "there is no such message", "Post it.")
        self.messages[channel, message_id] = reply
        self.updates += 1

    def _check(self, channel: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        if channel in self.closed:
            raise PermanentError("NotInChannel", "it is not in the channel", "Invite it.")


class FakeHeartbeat:
    """Counts how often it was heard."""

    def __init__(self) -> None:
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1


class FakeShare:
    """Files in one folder; a rename is atomic, and a write never creates. `down`: busy, or the share is gone."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.down = False

    def create(self, name: str) -> None:
        self._check()
        self.files[name] = b""

    def names(self) -> list[str]:
        self._check()
        return sorted(self.files)

    def write(self, name: str, content: bytes) -> bool:
        self._check()
        if name not in self.files:
            return False
        self.files[name] = content
        return True

    def rename(self, source: str, target: str) -> bool:
        self._check()
        if source not in self.files:
            return False
        self.files[target] = self.files.pop(source)
        return True

    def delete(self, name: str) -> None:
        self._check()
        self.files.pop(name, None)

    def read(self, name: str) -> bytes | None:
        self._check()
        content = self.files.get(name)
        return None if content is None else content[:MOST_BYTES]

    def _check(self) -> None:
        if self.down:
            raise TemporaryError("FilesUnavailable", "Azure Files answered: 503 ServerBusy", 5)


class FakeShares:
    """One share for each file endpoint."""

    def __init__(self) -> None:
        self.by_endpoint: dict[str, FakeShare] = {}

    def open(self, file_endpoint: str, share: str) -> FakeShare:
        _ = share
        return self.by_endpoint.setdefault(file_endpoint, FakeShare())


class FakeContainers:
    """The sizes of the blobs of each account's container. A page is what one answer holds."""

    def __init__(self, page: int = 5000) -> None:
        self.by_endpoint: dict[str, list[int]] = {}
        self.elsewhere: list[int] | None = None
        """What is in all others; `None`: there are none."""
        self.errors: list[Exception] = []
        """What the next calls raise."""
        self.measured: list[str] = []
        self._page = page

    def measure(self, blob_endpoint: str, container: str, *, most_pages: int, seconds: float) -> Size:
        self.measured.append(blob_endpoint)
        if self.errors:
            raise self.errors.pop(0)
        sizes = self.by_endpoint.get(blob_endpoint, self.elsewhere)
        if sizes is None:
            raise TemporaryError("BlobsUnavailable", f"{blob_endpoint} did not answer", 5)
        if container != BLOB_CONTAINER:
            return NO_CONTAINER
        counted = sizes[: self._page * (most_pages if seconds > 0 else 1)]
        return Size(sum(counted), len(counted), complete=len(counted) == len(sizes))


NO_FILE = b"what a registry finds where there is no file: nothing that it can read"


@dataclass
class FakeProbe:
    """A registry that reads the file of its share, as Distribution does.

    `reads` says which file content a login server sees; `None` = it does not answer.
    """

    reads: Callable[[str], bytes | None]
    failures: dict[str, Failure] = field(default_factory=dict)
    """How a login server fails to answer, whatever `reads` says."""
    stopped: set[str] = field(default_factory=set)
    """Login servers of stopped sites: App Service answers 403 in their place."""
    restricted: set[str] = field(default_factory=set)
    """Login servers of sites whose access rules keep us out: App Service answers 403 in their place, too."""
    stale: set[str] = field(default_factory=set)
    """Login servers that keep the content they saw first."""
    lag: int = 0
    """For so many looks after a change, the content before it is seen."""
    certificate_expires: datetime | None = None
    seen_at: datetime | None = None
    looked: list[str] = field(default_factory=list)
    _seen: dict[str, bytes] = field(default_factory=dict)
    _late: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, mounts: Mapping[str, FakeShare]) -> Self:
        """Registries by login server, each with its mounted share."""

        def reads(server: str) -> bytes | None:
            return mounts[server].files.get(FILE_NAME, NO_FILE) if server in mounts else None

        return cls(reads)

    def look(self, targets: Sequence[tuple[str, str]], *, login_only: bool = False) -> list[Observation]:
        seen = [self._look(*target) for target in targets]
        cut = {"root": None, "storage": None} if login_only else {}
        return [each.model_copy(update={"at": self.seen_at, **cut}) for each in seen]

    def _look(self, server: str, password: str) -> Observation:
        self.looked.append(server)
        content = self.reads(server)
        if server in self.failures or content is None:
            return Observation(failure=self.failures.get(server, Failure.CONNECTION))
        if server in self.stopped | self.restricted:
            return Observation(stranger=403, root=403, certificate_expires=self.certificate_expires)
        member = _login(self._mounted(server, content), password)
        return Observation(
            stranger=401,
            member=member,
            root=200,
            storage=404 if member == 200 else None,
            is_registry=True,
            latency_ms=1,
            certificate_expires=self.certificate_expires,
        )

    def _mounted(self, server: str, content: bytes) -> bytes:
        """What the mount shows: `content`, or what it showed before."""
        before = self._seen.setdefault(server, content)
        if content == before or server in self.stale:
            return before
        if self._late[server] < self.lag:
            self._late[server] += 1
            return before
        self._late[server], self._seen[server] = 0, content
        return content


def _login(content: bytes, password: str) -> int:
    """The status for `_probe`. A line without a colon makes the whole file unreadable: 400 (registry/auth/htpasswd)."""
    lines = [line for line in content.decode().splitlines() if line.strip() and not line.startswith("#")]
    if any(":" not in line for line in lines):
        return 400
    hashes = dict(line.strip().split(":", 1) for line in lines)
    return 200 if PROBE_USER in hashes and matches(password, hashes[PROBE_USER]) else 401
