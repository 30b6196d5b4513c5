"""How often a caller may call: Resource Manager's limits and those of Microsoft.Storage, where the settings say so.

Resource Manager, since 2024: a bucket of tokens for reads, one for writes and one for deletes, per subscription and
principal; each request takes a token, and tokens come back at a fixed rate (https://aka.ms/arm-throttling). Azure's own
buckets hold 250, 200 and 200, and get back 25, 10 and 10 a second. Microsoft.Storage counts per subscription and
region in windows of five minutes: 800 reads, 100 lists (https://aka.ms/srpthrottlinglimits); its 10 writes a second are
a window of their own. Here all regions are one, a POST is a write to Resource Manager, and `listKeys` is a read to
Microsoft.Storage [?].

Counts live in memory: a restart, or another setting, begins anew.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from localazure.emulator.arm import errors, storage_errors

READS, WRITES, DELETES, LISTS = "reads", "writes", "deletes", "lists"
_KINDS = {"GET": READS, "HEAD": READS, "DELETE": DELETES}
_WORDS = {READS: "Read", WRITES: "Write", LISTS: "List"}
_LONGEST = 86_400


@dataclass(frozen=True)
class Limits:
    """How many requests of a kind; None = as many as one likes."""

    __pydantic_config__ = ConfigDict(alias_generator=to_camel, extra="forbid")

    reads: int | None = None
    writes: int | None = None
    deletes: int | None = None
    seconds: float = 60.0
    """In which an empty bucket is full again."""
    storage_reads: int | None = None
    storage_writes: int | None = None
    storage_lists: int | None = None
    storage_seconds: float = 300.0
    """How long a window of Microsoft.Storage is."""

    def __post_init__(self) -> None:
        """Raises ValueError for what makes no sense."""
        most = [self.reads, self.writes, self.deletes]
        most += [self.storage_reads, self.storage_writes, self.storage_lists]
        if min((number for number in most if number is not None), default=1) < 1:
            raise ValueError("a limit is 1 request or more")
        if (
            not 0
            < min(self.seconds, self.storage_seconds)
            <= max(self.seconds, self.storage_seconds)
            <= _LONGEST
        ):
            raise ValueError(f"a time is more than 0 and {_LONGEST} seconds at most")


@dataclass
class Bucket:
    """Tokens that come back at a fixed rate."""

    size: int
    seconds: float
    at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.size

    def take(self, now: float) -> float:
        """Takes a token, and says 0; or says in how many seconds there is one."""
        rate = self.size / self.seconds
        self.tokens, self.at = min(self.size, self.tokens + (now - self.at) * rate), now
        if self.tokens < 1:
            return (1 - self.tokens) / rate
        self.tokens -= 1
        return 0.0


@dataclass
class Window:
    """So many requests until the window is over, then the next one begins."""

    size: int
    seconds: float
    at: float
    used: int = 0

    def take(self, now: float) -> float:
        """Counts a request, and says 0; or says in how many seconds the window is over."""
        if now - self.at >= self.seconds:
            self.at, self.used = now, 0
        if self.used >= self.size:
            return self.at + self.seconds - now
        self.used += 1
        return 0.0


class Throttling:
    """Lets requests in, or not."""

    def __init__(self, limits: Callable[[], Limits], clock: Callable[[], float] = time.monotonic) -> None:
        """`limits` are asked for at each request; `clock` counts seconds."""
        self._limits, self._clock = limits, clock
        self._lock = threading.Lock()
        self._counted: Limits | None = None
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._windows: dict[tuple[str, ...], Window] = {}

    def admit(self, principal: str, method: str, path: str) -> dict[str, str]:
        """Counts a request. Returns headers that tell what is left. Raises ArmError 429."""
        segments = path.strip("/").lower().split("/")
        subscription = segments[1] if len(segments) > 1 else ""
        with self._lock:
            self._begin_anew_if_changed()
            told = self._resource_manager(subscription, principal, method)
            if "microsoft.storage" in segments:
                self._storage(subscription, method, segments, told)
        return told

    def _begin_anew_if_changed(self) -> None:
        if (limits := self._limits()) != self._counted:
            self._counted = limits
            self._buckets.clear()
            self._windows.clear()

    def _resource_manager(self, subscription: str, principal: str, method: str) -> dict[str, str]:
        limits, kind = self._limits(), _KINDS.get(method, WRITES)
        size: int | None = getattr(limits, kind)
        if size is None:
            return {}
        now = self._clock()
        key = (subscription, principal, kind)
        bucket = self._buckets.setdefault(key, Bucket(size, limits.seconds, now))
        if wait := bucket.take(now):
            raise errors.subscription_throttled(kind.removesuffix("s"), subscription, principal, wait)
        return {f"x-ms-ratelimit-remaining-subscription-{kind}": str(int(bucket.tokens))}

    def _storage(self, subscription: str, method: str, segments: list[str], told: dict[str, str]) -> None:
        limits, kind = self._limits(), _storage_kind(method, segments)
        size: int | None = getattr(limits, f"storage_{kind}")
        if size is None:
            return
        now = self._clock()
        window = self._windows.setdefault((subscription, kind), Window(size, limits.storage_seconds, now))
        if wait := window.take(now):
            raise storage_errors.storage_throttled(_WORDS[kind], limits.storage_seconds, wait, told)


def _storage_kind(method: str, segments: list[str]) -> str:
    if segments[-1] == "listkeys":
        return READS
    if _KINDS.get(method) != READS:
        return WRITES
    return LISTS if len(segments) % 2 else READS
