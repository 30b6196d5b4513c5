"""What somebody is told, once: a registry went down or came back, or a report is ready.

Its key follows from what it is about, so that two checks that see the same change write the same notice.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from shared.domain.health.codes import Code, HealthState, Severity
from shared.domain.health.history import newest_first
from shared.domain.records import Model, Nested, Record

NOTICES = "_notices"
"""The partition of the table `health`, the newest first."""


class NoticeKind(StrEnum):
    """Why somebody is told."""

    PROBLEM = "Problem"
    RECOVERY = "Recovery"
    FLAPPING = "Flapping"
    """It changes again and again: nothing more is said of it until it keeps still."""
    REPORT = "Report"


class DeliveryStatus(StrEnum):
    """What became of a notice at one sink."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"
    """Given up: `error` says why."""


class Delivery(Model):
    """One notice at one sink."""

    status: DeliveryStatus = DeliveryStatus.PENDING
    attempt: int = 0
    """How often it was tried; a message that names a lower one is late and dropped."""
    claimed_by: str | None = None
    """The queue message that is at this attempt: the host may deliver it again."""
    deadline: datetime | None = None
    """When it is set in motion again if it has not moved."""
    error: str | None = None
    """A code and a status, never an address."""


class Notice(Record):
    """`subject` is a registry's name, or a report's id. No address of a sink, no secret."""

    kind: NoticeKind
    subject: str
    at: datetime
    """When it was found out; part of its key."""
    state: HealthState | None = None
    before: HealthState | None = None
    code: Code | None = None
    severity: Severity = Severity.OK
    message: str = ""
    fix: str = ""
    evidence: str = ""
    since: datetime | None = None
    """When it began: of a recovery, when what has just ended had begun."""
    tags: Nested[dict[str, str]] = Field(default_factory=dict)
    """Of the registry: a sink may want only some of them."""
    login_server: str | None = None
    site: str | None = None
    pending: bool = True
    """Is there a sink that it has not reached? A flag, so that a query finds them."""
    deliveries: Nested[dict[str, Delivery]] = Field(default_factory=dict)
    """By the name of the sink."""

    @property
    def key(self) -> str:
        return f"{newest_first(self.at)}.{self.subject}.{self.kind}"

    def addressed(self, sinks: Iterable[str], deadline: datetime) -> Self:
        """With a delivery that waits for each of these."""
        deliveries = {name: Delivery(deadline=deadline) for name in sinks}
        return self.change(deliveries=deliveries, pending=bool(deliveries))

    def delivery(self, sink: str, **fields: object) -> Self:
        """With other values in one delivery."""
        changed = self.deliveries[sink].model_copy(update=fields)
        deliveries = {**self.deliveries, sink: changed}
        pending = any(each.status is DeliveryStatus.PENDING for each in deliveries.values())
        return self.change(deliveries=deliveries, pending=pending)
