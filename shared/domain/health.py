"""Health verdicts: stable codes, each with a severity, a sentence and a fix.

A healthy private registry answers `401` with a challenge to a stranger and `200` to its probe.
"""

from datetime import datetime
from enum import StrEnum

from shared.domain.records import Model, Record


class Severity(StrEnum):
    """How soon somebody must look."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


class Code(StrEnum):
    """What was found. The names never change meaning."""

    HEALTHY = "HEALTHY"
    DNS_ERROR = "DNS_ERROR"
    CONNECTION_ERROR = "CONNECTION_ERROR"
    TLS_ERROR = "TLS_ERROR"
    TLS_EXPIRING = "TLS_EXPIRING"
    NOT_A_REGISTRY = "NOT_A_REGISTRY"
    AUTH_NOT_REQUIRED = "AUTH_NOT_REQUIRED"
    PROBE_REFUSED = "PROBE_REFUSED"
    STORAGE_UNHEALTHY = "STORAGE_UNHEALTHY"
    SITE_STOPPED = "SITE_STOPPED"
    HTPASSWD_DRIFT = "HTPASSWD_DRIFT"
    HTPASSWD_STALE = "HTPASSWD_STALE"
    RESTRICTED = "RESTRICTED"
    SLOW = "SLOW"
    TIMEOUT = "TIMEOUT"
    UNEXPECTED_STATUS = "UNEXPECTED_STATUS"


_MEANING: dict[Code, tuple[Severity, str, str]] = {
    Code.HEALTHY: (Severity.OK, "The registry refuses strangers and lets the right user in.", ""),
    Code.DNS_ERROR: (
        Severity.CRITICAL,
        "The login server's name can't be resolved.",
        "Check that the site still exists: GET the registry, then PUT it again to provision what is missing.",
    ),
    Code.CONNECTION_ERROR: (
        Severity.CRITICAL,
        "The login server does not take connections.",
        "Look at the site's log stream; restart the site if it does not come back.",
    ),
    Code.TLS_ERROR: (
        Severity.CRITICAL,
        "The login server's certificate is not trusted or not for this name.",
        "Check the site's custom domain and certificate bindings.",
    ),
    Code.TLS_EXPIRING: (
        Severity.WARNING,
        "The login server's certificate expires soon.",
        "Renew the certificate that is bound to the site.",
    ),
    Code.NOT_A_REGISTRY: (
        Severity.CRITICAL,
        "Something answers, but it is not a Docker registry.",
        "Look at the site's container settings and its log stream; PUT the registry again to restore them.",
    ),
    Code.AUTH_NOT_REQUIRED: (
        Severity.CRITICAL,
        "The registry lets anybody in without a password.",
        "Stop the site now, then PUT the registry again to restore its settings.",
    ),
    Code.PROBE_REFUSED: (
        Severity.CRITICAL,
        "The registry refuses a user that it should know: it does not read the present htpasswd file.",
        "Check the site's mount and its storage key; changing any user publishes the file again.",
    ),
    Code.STORAGE_UNHEALTHY: (
        Severity.CRITICAL,
        "The registry can't reach its blobs.",
        "Check that the storage account exists and that its key is the one in the site's settings.",
    ),
    Code.SITE_STOPPED: (Severity.CRITICAL, "The site is stopped.", "Start the site in App Service."),
    Code.HTPASSWD_DRIFT: (
        Severity.CRITICAL,
        "Somebody changed the htpasswd file, and the registry has not yet proven that it reads the repaired one.",
        "Look in the audit for RepairHtpasswd: it names who was added, removed or changed.",
    ),
    Code.HTPASSWD_STALE: (
        Severity.CRITICAL,
        "A user's change is not proven: what was revoked may still work.",
        "Look at the operation's obstacle, then at the site's mount, its storage key and its log stream.",
    ),
    Code.RESTRICTED: (
        Severity.WARNING,
        "Its own allowedIpRanges keep the control plane out: Azure says that it runs, and nothing more is known.",
        "Nothing, if that is meant. To have it looked at, add the outbound addresses of the control plane to them.",
    ),
    Code.SLOW: (
        Severity.WARNING,
        "The registry answers slowly.",
        "Look at the plan's CPU: users with a high bcrypt cost or a small plan are the usual reasons.",
    ),
    Code.TIMEOUT: (
        Severity.CRITICAL,
        "The registry did not answer in time.",
        "Look at the plan's CPU and the site's log stream.",
    ),
    Code.UNEXPECTED_STATUS: (
        Severity.CRITICAL,
        "The registry answers with a status that it should not.",
        "Look at the site's log stream.",
    ),
}


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


class Verdict(Record):
    """The last verdict of one registry, as `GET` of the registry shows it."""

    uid: str
    code: Code
    severity: Severity
    message: str
    fix: str = ""
    latency_ms: int
    checked_at: datetime

    @property
    def key(self) -> str:
        return VERDICT_KEY


VERDICT_KEY = "last"
ALARM_KEY = f"{VERDICT_KEY}-alarm"


class Alarm(Verdict):
    """What `reconcile` found out about the htpasswd file. It stands beside the last verdict until it is over."""

    @property
    def key(self) -> str:
        return ALARM_KEY


def alarm(uid: str, code: Code, about: str, now: datetime) -> Alarm:
    """The code with its meaning; `about` names operations and users."""
    severity, message, fix = _MEANING[code]
    text = f"{message} {about}"
    return Alarm(uid=uid, code=code, severity=severity, message=text, fix=fix, latency_ms=0, checked_at=now)


def gravest(last: Verdict | None, alarmed: Alarm | None) -> Verdict | None:
    """An alarm says why a registry is not as it should be; only a registry without any lock is worse."""
    if last and last.code is Code.AUTH_NOT_REQUIRED:
        return last
    return alarmed or last


def verdict(uid: str, code: Code, seen: Observation, now: datetime) -> Verdict:
    """The code with its meaning."""
    severity, message, fix = _MEANING[code]
    return Verdict(
        uid=uid,
        code=code,
        severity=severity,
        message=message,
        fix=fix,
        latency_ms=seen.latency_ms,
        checked_at=now,
    )
