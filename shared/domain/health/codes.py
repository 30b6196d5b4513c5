"""Health codes: stable names, each with a severity, a sentence, a fix, and the state that it puts a registry in."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.records import Model


class Severity(StrEnum):
    """How soon somebody must look."""

    OK = "ok"
    INFO = "info"
    """Nothing is wrong yet: somebody has to do something by a certain day."""
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
    STORAGE_KEY_INVALID = "STORAGE_KEY_INVALID"
    IMAGES_LOST = "IMAGES_LOST"
    USERS_EXPIRING = "USERS_EXPIRING"
    NOT_CHECKED = "NOT_CHECKED"
    MAINTENANCE = "MAINTENANCE"


class HealthState(StrEnum):
    """What a registry is in. Only what is confirmed becomes one."""

    HEALTHY = "Healthy"
    DEGRADED = "Degraded"
    """It serves its users, and something is wrong."""
    DOWN = "Down"
    """Its users can't use it, or nobody should."""
    MAINTENANCE = "Maintenance"
    """An operation of ours is at work on it."""
    UNKNOWN = "Unknown"
    """We could not look. Never shown as green."""


@dataclass(frozen=True)
class Meaning:
    """What a code says, whatever the registry."""

    severity: Severity
    message: str
    fix: str


class Finding(Model):
    """One thing that was found at one registry. `evidence`: what was seen, as statuses and dates; never a secret."""

    code: Code
    severity: Severity
    message: str
    fix: str = ""
    evidence: str = ""


def finding(code: Code, evidence: str = "") -> Finding:
    """The code with its meaning."""
    return Finding(code=code, evidence=evidence, **vars(MEANINGS[code]))


def state_of(code: Code) -> HealthState:
    """The state that a registry with this code is in."""
    if code in _APART:
        return _APART[code]
    if MEANINGS[code].severity is Severity.CRITICAL and code not in _SERVES:
        return HealthState.DOWN
    grave = {Severity.CRITICAL, Severity.WARNING}
    return HealthState.DEGRADED if MEANINGS[code].severity in grave else HealthState.HEALTHY


_SERVES = {Code.HTPASSWD_DRIFT, Code.HTPASSWD_STALE, Code.STORAGE_KEY_INVALID, Code.IMAGES_LOST}
"""Grave, and yet its users get in, and the registry does what it is asked for."""
_APART = {
    Code.RESTRICTED: HealthState.UNKNOWN,
    Code.NOT_CHECKED: HealthState.UNKNOWN,
    Code.MAINTENANCE: HealthState.MAINTENANCE,
}


MEANINGS: dict[Code, Meaning] = {
    Code.HEALTHY: Meaning(Severity.OK, "The registry refuses strangers and lets the right user in.", ""),
    Code.DNS_ERROR: Meaning(
        Severity.CRITICAL,
        "The login server's name can't be resolved.",
        "Check that the site still exists: GET the registry, then PUT it again to provision what is missing.",
    ),
    Code.CONNECTION_ERROR: Meaning(
        Severity.CRITICAL,
        "The login server does not take connections.",
        "Look at the site's log stream; restart the site if it does not come back.",
    ),
    Code.TLS_ERROR: Meaning(
        Severity.CRITICAL,
        "The login server's certificate is not trusted or not for this name.",
        "Check the site's custom domain and certificate bindings.",
    ),
    Code.TLS_EXPIRING: Meaning(
        Severity.WARNING,
        "The login server's certificate expires soon.",
        "Renew the certificate that is bound to the site.",
    ),
    Code.NOT_A_REGISTRY: Meaning(
        Severity.CRITICAL,
        "Something answers, but it is not a Docker registry.",
        "Look at the site's container settings and its log stream; PUT the registry again to restore them.",
    ),
    Code.AUTH_NOT_REQUIRED: Meaning(
        Severity.CRITICAL,
        "The registry lets anybody in without a password.",
        "Stop the site now, then PUT the registry again to restore its settings.",
    ),
    Code.PROBE_REFUSED: Meaning(
        Severity.CRITICAL,
        "The registry refuses a user that it should know: it does not read the present htpasswd file.",
        "Check the site's mount and its storage key; changing any user publishes the file again.",
    ),
    Code.STORAGE_UNHEALTHY: Meaning(
        Severity.CRITICAL,
        "The registry can't reach its blobs.",
        "Check that the storage account exists and that its key is the one in the site's settings.",
    ),
    Code.SITE_STOPPED: Meaning(Severity.CRITICAL, "The site is stopped.", "Start the site in App Service."),
    Code.HTPASSWD_DRIFT: Meaning(
        Severity.CRITICAL,
        "Somebody changed the htpasswd file, and the registry has not yet proven that it reads the repaired one.",
        "Look in the audit for RepairHtpasswd: it names who was added, removed or changed.",
    ),
    Code.HTPASSWD_STALE: Meaning(
        Severity.CRITICAL,
        "A user's change is not proven: what was revoked may still work.",
        "Look at the operation's obstacle, then at the site's mount, its storage key and its log stream.",
    ),
    Code.RESTRICTED: Meaning(
        Severity.WARNING,
        "Its own allowedIpRanges keep the control plane out: Azure says that it runs, and nothing more is known.",
        "Nothing, if that is meant. To have it looked at, add the outbound addresses of the control plane to them.",
    ),
    Code.SLOW: Meaning(
        Severity.WARNING,
        "The registry answers slowly.",
        "Look at the plan's CPU: users with a high bcrypt cost or a small plan are the usual reasons.",
    ),
    Code.TIMEOUT: Meaning(
        Severity.CRITICAL,
        "The registry did not answer in time.",
        "Look at the plan's CPU and the site's log stream.",
    ),
    Code.UNEXPECTED_STATUS: Meaning(
        Severity.CRITICAL,
        "The registry answers with a status that it should not.",
        "Look at the site's log stream.",
    ),
    Code.STORAGE_KEY_INVALID: Meaning(
        Severity.CRITICAL,
        "The storage key that is mounted into the site is no key of its storage account any more.",
        "PUT the registry again: the site then gets a key that is valid. It restarts.",
    ),
    Code.IMAGES_LOST: Meaning(
        Severity.CRITICAL,
        "The registry's images are gone: its blob container is not there, or holds nothing any more.",
        "Stop the site. Restore the container or its blobs in the portal, which keeps them for seven days after their "
        "deletion; an empty container that has taken its place has to be deleted before. Then start the site.",
    ),
    Code.USERS_EXPIRING: Meaning(
        Severity.INFO,
        "The time of some users is over soon.",
        "Rotate them with an overlap, or give them a later expiresOn.",
    ),
    Code.NOT_CHECKED: Meaning(
        Severity.WARNING,
        "We could not look: neither the registry nor Azure Resource Manager answered us.",
        "Look at the control plane's own network first: this says nothing of the registry.",
    ),
    Code.MAINTENANCE: Meaning(
        Severity.OK, "An operation of the control plane is at work on it: nothing else is said of it.", ""
    ),
}
"""In this order they are documented; `docs/operations.md` says when each is found."""
