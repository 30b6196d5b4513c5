"""What one probe of a registry saw, and which code that is.

A healthy private registry answers `401` with a challenge to a stranger and `200` to its probe.
"""

from datetime import datetime
from enum import StrEnum

from shared.domain.health.codes import Code
from shared.domain.records import Model


class Failure(StrEnum):
    """Why there was no answer."""

    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"


class Observation(Model):
    """What one probe saw. `stranger` and `member` are the statuses of `GET /v2/` without and with `_probe`."""

    failure: Failure | None = None
    stranger: int | None = None
    member: int | None = None
    is_registry: bool = False
    latency_ms: int = 0
    certificate_expires: datetime | None = None

    @property
    def is_shut_out(self) -> bool:
        """Has App Service answered in the registry's place, and refused the address? So it does for a stopped site."""
        return self.stranger == 403 and not self.is_registry


class Thresholds(Model):
    """From when on a registry is slow, and a certificate about to expire."""

    slow_ms: int
    tls_warning_days: int


_BY_FAILURE = {
    Failure.DNS: Code.DNS_ERROR,
    Failure.CONNECTION: Code.CONNECTION_ERROR,
    Failure.TLS: Code.TLS_ERROR,
    Failure.TIMEOUT: Code.TIMEOUT,
}


def judge(
    seen: Observation, *, site_stopped: bool, restricted: bool = False, thresholds: Thresholds, now: datetime
) -> Code:
    """The verdict; the gravest that applies. `restricted`: not every address may reach it."""
    if site_stopped:
        return Code.SITE_STOPPED
    if restricted and seen.is_shut_out:
        return Code.RESTRICTED
    if seen.failure:
        return _BY_FAILURE[seen.failure]
    return _refusal(seen) or _warning(seen, thresholds, now)


def _refusal(seen: Observation) -> Code | None:
    if seen.is_registry and seen.stranger == 200:
        return Code.AUTH_NOT_REQUIRED
    if not seen.is_registry:
        return Code.UNEXPECTED_STATUS if seen.stranger == 503 else Code.NOT_A_REGISTRY
    if 503 in {seen.stranger, seen.member}:
        return Code.STORAGE_UNHEALTHY
    if seen.member == 401:
        return Code.PROBE_REFUSED
    if seen.stranger != 401 or seen.member != 200:
        return Code.UNEXPECTED_STATUS
    return None


def _warning(seen: Observation, thresholds: Thresholds, now: datetime) -> Code:
    expires = seen.certificate_expires
    if expires and (expires - now).days < thresholds.tls_warning_days:
        return Code.TLS_EXPIRING
    return Code.SLOW if seen.latency_ms > thresholds.slow_ms else Code.HEALTHY
