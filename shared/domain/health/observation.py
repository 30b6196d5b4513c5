"""What one probe of a registry saw: every check with its outcome, and what is decided by."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.domain.records import Model


class Failure(StrEnum):
    """Why there was no answer."""

    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"


class CheckName(StrEnum):
    """What is checked, in this order."""

    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    CHALLENGE = "challenge"
    LOGIN = "login"
    ROOT = "root"
    STORAGE = "storage"


class Outcome(StrEnum):
    """`skipped`: it needs one that failed, or there was no time left."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


class ProbeCheck(Model):
    """One check. `evidence`: statuses, addresses, dates, or why it was skipped; never a secret."""

    name: CheckName
    outcome: Outcome
    evidence: str = ""
    milliseconds: int = 0


class Observation(Model):
    """What one probe saw. A status is `None` where nobody asked, or nobody answered."""

    at: datetime | None = None
    """When: a batch is judged when all of it has been looked at. `None`: just now."""
    failure: Failure | None = None
    """Of the first check that got no answer."""
    stranger: int | None = None
    """The status of `GET /v2/` without a password."""
    member: int | None = None
    """The status of `GET /v2/` as `_probe`."""
    root: int | None = None
    """The status of `GET /`: 503 when the registry's own check of its storage fails."""
    storage: int | None = None
    """The status of a request that the registry can't answer without its storage."""
    is_registry: bool = False
    latency_ms: int = 0
    """How long the login took."""
    certificate_expires: datetime | None = None
    """Of a certificate that is trusted."""
    checks: list[ProbeCheck] = Field(default_factory=list)
    """Each one that was asked for, in order."""

    @property
    def is_shut_out(self) -> bool:
        """Has App Service answered in the registry's place, and refused the address? So it does for a stopped site."""
        return self.stranger == 403 and not self.is_registry

    @property
    def is_open(self) -> bool:
        """Does the registry let anybody in?"""
        return self.stranger == 200 and self.is_registry

    def check(self, name: CheckName) -> ProbeCheck | None:
        """That check, if it was asked for."""
        return next((check for check in self.checks if check.name is name), None)

    def has_failed(self, name: CheckName) -> bool:
        """Was it made, and not passed?"""
        check = self.check(name)
        return check is not None and check.outcome is Outcome.FAILED


class Thresholds(Model):
    """From when on a registry is slow, and a certificate about to expire."""

    slow_ms: int
    tls_warning_days: int
