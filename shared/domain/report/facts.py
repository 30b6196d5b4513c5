"""What was read for a report, before anything is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.audit import AuditEntry
from shared.domain.health.board import BoardEntry, Sweep
from shared.domain.health.codes import Finding
from shared.domain.health.history import Incident
from shared.domain.notices.notice import Notice
from shared.domain.operations import Operation
from shared.domain.portal import portal_link
from shared.domain.registries.registry import Registry
from shared.domain.report.periods import PeriodName, Span
from shared.domain.report.timeline import Slot
from shared.domain.users.user import User


@dataclass(frozen=True)
class Links:
    """Where a report's links lead. Nothing that they name opens by itself: each asks for a login."""

    base: str = ""
    """Where callers reach the app: `https://host`."""
    subscription: str = ""
    group: str = ""

    @property
    def status_page(self) -> str:
        """Of all registries."""
        return f"{self.base}/api/status"

    def report(self, report_id: str) -> str:
        """A kept report."""
        return f"{self.base}/api/reports/health/{report_id}?format=html"

    def portal(self, site: str) -> str:
        """The site in Azure's portal."""
        return portal_link(self.subscription, self.group, site)


@dataclass(frozen=True)
class RegistryFacts:
    """Of one registry that is there at the end of the period."""

    registry: Registry
    board: BoardEntry | None
    """`None`: it has never been looked at."""
    slots: Sequence[Slot]
    """The whole period, the oldest first."""
    size_before: int | None = None
    """In bytes, when the period began."""
    incidents: Sequence[Incident] = ()
    """Those that lasted into the period, whenever they began."""
    findings: Sequence[Finding] = ()
    """What was found besides the code on the board."""
    expiring: Sequence[User] = ()

    @property
    def name(self) -> str:
        """The registry's."""
        return self.registry.name


@dataclass(frozen=True)
class Facts:
    """Of all registries that the report is about."""

    period: PeriodName
    span: Span
    time_zone: str
    """As IANA names it: in which the report is read."""
    now: datetime
    registries: Sequence[RegistryFacts]
    failed: Sequence[Operation] = ()
    """Operations that have failed in the period."""
    audit: Sequence[AuditEntry] = ()
    """Of the period, the newest first."""
    imports: Sequence[Operation] = ()
    """The imports among what the audit names."""
    unsent: Sequence[Notice] = ()
    """Notices of the period that a sink has not taken."""
    sweep: Sweep | None = None
    """The last one that has ended; one that has not, if there is no other."""
    is_cut: bool = False
    """Was there more in the audit than is read for one report?"""
    links: Links = Links()
