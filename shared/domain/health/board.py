"""What the status page shows of each registry: one row each in one partition, so that the page costs one query.

A hint, never truth: each check writes its registries' rows anew, and makes one that is missing from the days.
"""

from datetime import date, datetime

from pydantic import Field

from shared.domain.audit import mirrored
from shared.domain.health.codes import Code, HealthState
from shared.domain.health.history import GAP
from shared.domain.records import Model, Nested, Record

BOARD = "_board"
"""The partition of the table `health`; no registry can have such a name."""
SWEEPS = "_sweeps"
"""The partition of the sweeps, the newest first."""
BOARD_DAYS = 90
RECENT_LATENCIES = 48
MOST_TROUBLES = 10


class Bar(Model):
    """One day, in seconds. What is missing to the whole day is unknown."""

    day: date
    up: int = 0
    """`Healthy`."""
    degraded: int = 0
    down: int = 0
    maintenance: int = 0


class Trouble(Model):
    """An incident in short."""

    started_at: datetime
    ended_at: datetime | None = None
    state: HealthState
    code: Code
    message: str = ""


class BoardEntry(Record):
    """One registry. Latencies and bars: the oldest first; days without a look have no bar."""

    name: str
    uid: str
    tags: Nested[dict[str, str]] = Field(default_factory=dict)
    login_server: str | None = None
    site: str
    """The name of its App Service site: the portal's link is made of it."""
    state: HealthState
    since: datetime
    code: Code
    message: str
    fix: str = ""
    evidence: str = ""
    latency_ms: int | None = None
    checked_at: datetime
    muted_until: datetime | None = None
    certificate_expires: datetime | None = None
    size_bytes: int | None = None
    """Of its blobs, when they were last counted."""
    blobs: int | None = None
    user_count: int | None = None
    latencies: Nested[list[int | None]] = Field(default_factory=list)
    """Of the last checks; `None` where nobody got in."""
    days: Nested[list[Bar]] = Field(default_factory=list)
    incidents: Nested[list[Trouble]] = Field(default_factory=list)
    """The last ten, the newest first."""

    @property
    def key(self) -> str:
        return self.name

    def is_stale(self, now: datetime) -> bool:
        """Was it looked at so long ago that nobody knows how it is? Such time counts for no uptime either."""
        return now - self.checked_at >= GAP

    def state_at(self, now: datetime) -> HealthState:
        """The state that may be claimed of it now."""
        return HealthState.UNKNOWN if self.is_stale(now) else self.state


class Sweep(Record):
    """One run of the timer. It has ended when all of its batches are in `done`."""

    id_key: str
    """A ULID."""
    started_at: datetime
    registries: int
    """How many names were handed out; of what is deleted or never came up nobody looks at anything."""
    batches: int
    done: Nested[list[int]] = Field(default_factory=list)
    ended_at: datetime | None = None
    stopped: Nested[list[str] | None] = None
    """Sites that Resource Manager says are stopped; `None` if it did not answer."""
    states: Nested[dict[HealthState, int]] = Field(default_factory=dict)
    """How many registries were found in which state."""

    @property
    def key(self) -> str:
        return self.key_of(self.id_key)

    @staticmethod
    def key_of(id_key: str) -> str:
        """The newest sweep stands first."""
        return mirrored(id_key)
