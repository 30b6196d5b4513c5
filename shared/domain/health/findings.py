"""Which codes an observation means: every one that applies, the gravest first.

A healthy private registry answers `401` with a challenge to a stranger and `200` to its probe, and reaches its blobs.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from shared.domain.health.codes import Code, Finding, finding
from shared.domain.health.observation import CheckName, Failure, Observation, Outcome, Thresholds

_BY_FAILURE = {
    Failure.DNS: Code.DNS_ERROR,
    Failure.CONNECTION: Code.CONNECTION_ERROR,
    Failure.TLS: Code.TLS_ERROR,
    Failure.TIMEOUT: Code.TIMEOUT,
}
_MAYBE_OUR_OWN_NETWORK = {Failure.DNS, Failure.CONNECTION, Failure.TIMEOUT}
_SICK_STORAGE: Mapping[CheckName, set[int]] = {
    CheckName.CHALLENGE: {503},
    CheckName.LOGIN: {503},
    CheckName.ROOT: {503},
    CheckName.STORAGE: {500, 503},
}
"""With 503 a registry refuses everything while its own check of its storage fails; 500 is a storage driver's error."""
_EXPECTED: Mapping[CheckName, set[int]] = {
    CheckName.CHALLENGE: {200, 401},
    CheckName.LOGIN: {200, 401},
    CheckName.ROOT: {200},
    CheckName.STORAGE: {200, 404},
}
"""Statuses that say nothing worse than what another code says already; 404: there is no such repository."""


def findings(
    seen: Observation,
    *,
    site_stopped: bool | None,
    restricted: bool = False,
    thresholds: Thresholds,
    now: datetime,
) -> list[Finding]:
    """All that was found, the gravest first; `HEALTHY` alone if that is nothing.

    `site_stopped`: what Resource Manager says of the site, or `None` if it did not answer: then a registry that does
    not answer either is `NOT_CHECKED`, because the fault may be in our own network. `restricted`: not every address
    may reach it.
    """
    found = [*_open(seen), *_grave(seen, site_stopped, restricted, thresholds)]
    found += _warnings(seen, thresholds, now)
    return found or [finding(Code.HEALTHY, _said(seen, [CheckName.TLS, CheckName.LOGIN]))]


def _open(seen: Observation) -> Iterator[Finding]:
    if seen.is_open:
        yield finding(Code.AUTH_NOT_REQUIRED, _said(seen, [CheckName.CHALLENGE]))


def _grave(
    seen: Observation, site_stopped: bool | None, restricted: bool, thresholds: Thresholds
) -> Iterator[Finding]:
    """A site that is stopped or shuts us out explains whatever else was seen."""
    if site_stopped:
        yield finding(Code.SITE_STOPPED, _and("Resource Manager says Stopped", _answer(seen)))
    elif seen.stranger is None and seen.failure is None:
        yield finding(Code.NOT_CHECKED, "nobody looked")
    elif site_stopped is None and _may_be_us(seen, restricted):
        yield finding(Code.NOT_CHECKED, _and(_answer(seen), "Resource Manager did not answer"))
    elif restricted and seen.is_shut_out:
        yield finding(Code.RESTRICTED, _answer(seen))
    else:
        yield from _broken(seen, thresholds)


def _may_be_us(seen: Observation, restricted: bool) -> bool:
    silent = seen.stranger is None and seen.failure in _MAYBE_OUR_OWN_NETWORK
    return silent or (restricted and seen.is_shut_out)


def _broken(seen: Observation, thresholds: Thresholds) -> Iterator[Finding]:
    if seen.stranger is not None and not seen.is_registry:
        unserved = seen.stranger == 503
        code = Code.UNEXPECTED_STATUS if unserved else Code.NOT_A_REGISTRY
        yield finding(code, _said(seen, [CheckName.CHALLENGE]))
        return
    silent_storage = _is_storage_silent(seen, thresholds)
    if seen.failure and not silent_storage:
        yield finding(_BY_FAILURE[seen.failure], _failed(seen))
    sick = [name for name, status in _statuses(seen).items() if status in _SICK_STORAGE[name]]
    if silent_storage or sick:
        yield finding(Code.STORAGE_UNHEALTHY, _said(seen, sick or [CheckName.STORAGE]))
    if seen.member == 401:
        yield finding(Code.PROBE_REFUSED, _said(seen, [CheckName.LOGIN]))
    if odd := _odd(seen):
        yield finding(Code.UNEXPECTED_STATUS, _said(seen, odd))


def _is_storage_silent(seen: Observation, thresholds: Thresholds) -> bool:
    """Whoever lets a user in at once, and then can't say what a repository holds, waits for its storage."""
    quick = seen.member == 200 and seen.latency_ms <= thresholds.slow_ms
    return quick and seen.failure is Failure.TIMEOUT and seen.has_failed(CheckName.STORAGE)


def _odd(seen: Observation) -> list[CheckName]:
    odd = [
        name
        for name, status in _statuses(seen).items()
        if status not in _EXPECTED[name] | _SICK_STORAGE[name]
    ]
    unasked = seen.stranger == 401 and seen.member is None and seen.failure is None
    return odd or ([CheckName.CHALLENGE] if unasked else [])


def _warnings(seen: Observation, thresholds: Thresholds, now: datetime) -> Iterator[Finding]:
    expires = seen.certificate_expires
    if expires and (expires - now).days < thresholds.tls_warning_days:
        said = f"valid until {expires:%Y-%m-%d %H:%M} UTC, {(expires - now).days} days left"
        yield finding(Code.TLS_EXPIRING, _said(seen, [CheckName.TLS]) or said)
    if seen.latency_ms > thresholds.slow_ms:
        yield finding(Code.SLOW, f"the login took {seen.latency_ms} ms")


def _statuses(seen: Observation) -> dict[CheckName, int]:
    """Of the checks that got an answer."""
    answers = {
        CheckName.CHALLENGE: seen.stranger,
        CheckName.LOGIN: seen.member,
        CheckName.ROOT: seen.root,
        CheckName.STORAGE: seen.storage,
    }
    return {name: status for name, status in answers.items() if status is not None}


def _said(seen: Observation, names: Iterable[CheckName]) -> str:
    """The evidence of these checks; of one that left none, its status."""
    checks, statuses = {check.name: check for check in seen.checks}, _statuses(seen)
    known = [
        checks[name].evidence if name in checks else f"{name} answered {statuses[name]}"
        for name in names
        if name in checks or name in statuses
    ]
    return _and(*known)


def _failed(seen: Observation) -> str:
    """Of the checks that were made and not passed."""
    failed = [check.name for check in seen.checks if check.outcome is Outcome.FAILED]
    return _said(seen, failed) or f"no answer: {seen.failure}"


def _answer(seen: Observation) -> str:
    return _failed(seen) if seen.failure else _said(seen, [CheckName.CHALLENGE])


def _and(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
