"""Findings: what one look at a registry means."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.health.codes import MEANINGS, Code, Severity, finding
from shared.domain.health.findings import findings
from shared.domain.health.observation import (
    CheckName,
    Failure,
    Observation,
    Outcome,
    ProbeCheck,
    Thresholds,
)
from tests.unit.domain.examples import NOW

THRESHOLDS = Thresholds(slow_ms=2000, tls_warning_days=14)
SOON, LATER, PAST = NOW + timedelta(days=13), NOW + timedelta(days=90), NOW - timedelta(days=1)
GOOD: dict[str, Any] = {
    "stranger": 401,
    "member": 200,
    "root": 200,
    "storage": 404,
    "is_registry": True,
    "certificate_expires": LATER,
}
NOTHING: dict[str, Any] = {**dict.fromkeys(GOOD), "is_registry": False}


def look(**seen: Any) -> Observation:
    """A healthy registry, but for `seen`."""
    return Observation(**{**GOOD, **seen})


def silence(failure: Failure) -> Observation:
    return look(**NOTHING, failure=failure)


def stranger(status: int, **seen: Any) -> Observation:
    """Something answers that is no registry."""
    return look(**{**NOTHING, "stranger": status, **seen})


def failed(name: CheckName) -> dict[str, Any]:
    """The check got no answer in time."""
    check = ProbeCheck(name=name, outcome=Outcome.FAILED, evidence=f"no answer to {name}", milliseconds=9)
    return {"failure": Failure.TIMEOUT, "checks": [check]}


def codes(seen: Observation, *, stopped: bool | None = False, restricted: bool = False) -> list[Code]:
    found = findings(seen, site_stopped=stopped, restricted=restricted, thresholds=THRESHOLDS, now=NOW)
    return [each.code for each in found]


ROWS: list[tuple[Observation, list[Code]]] = [
    (look(), [Code.HEALTHY]),
    (look(certificate_expires=None), [Code.HEALTHY]),
    (look(root=None, storage=None), [Code.HEALTHY]),  # whoever only asked for the login
    (look(storage=200), [Code.HEALTHY]),  # somebody has such a repository
    (look(latency_ms=2000), [Code.HEALTHY]),
    (look(certificate_expires=NOW + timedelta(days=14)), [Code.HEALTHY]),
    # no answer
    (silence(Failure.DNS), [Code.DNS_ERROR]),
    (silence(Failure.CONNECTION), [Code.CONNECTION_ERROR]),
    (silence(Failure.TLS), [Code.TLS_ERROR]),
    (silence(Failure.TIMEOUT), [Code.TIMEOUT]),
    (look(member=None, root=None, storage=None, failure=Failure.TIMEOUT), [Code.TIMEOUT]),
    (look(root=None, failure=Failure.CONNECTION), [Code.CONNECTION_ERROR]),
    # something else answers
    (stranger(200), [Code.NOT_A_REGISTRY]),
    (stranger(200, root=200), [Code.NOT_A_REGISTRY]),
    (stranger(401), [Code.NOT_A_REGISTRY]),
    (stranger(403, root=403), [Code.NOT_A_REGISTRY]),
    (stranger(404), [Code.NOT_A_REGISTRY]),
    (stranger(302), [Code.NOT_A_REGISTRY]),
    (stranger(503, root=503), [Code.UNEXPECTED_STATUS]),
    (stranger(404, failure=Failure.TIMEOUT), [Code.NOT_A_REGISTRY]),
    (Observation(), [Code.NOT_CHECKED]),
    # blobs are away: before or behind the password
    (look(stranger=503, member=None, root=503, storage=None), [Code.STORAGE_UNHEALTHY]),
    (look(member=503), [Code.STORAGE_UNHEALTHY]),
    (look(root=503), [Code.STORAGE_UNHEALTHY]),
    (look(storage=500), [Code.STORAGE_UNHEALTHY]),
    (look(storage=503), [Code.STORAGE_UNHEALTHY]),
    (look(storage=None, latency_ms=80, **failed(CheckName.STORAGE)), [Code.STORAGE_UNHEALTHY]),
    # who is slow all the time need not be waiting for blobs
    (look(storage=None, latency_ms=9000, **failed(CheckName.STORAGE)), [Code.TIMEOUT, Code.SLOW]),
    (look(root=None, storage=None, latency_ms=80, **failed(CheckName.ROOT)), [Code.TIMEOUT]),
    # the door
    (look(stranger=200, member=None, storage=None), [Code.AUTH_NOT_REQUIRED]),
    (look(stranger=200, member=401), [Code.AUTH_NOT_REQUIRED, Code.PROBE_REFUSED]),
    (look(stranger=200, member=None, root=503), [Code.AUTH_NOT_REQUIRED, Code.STORAGE_UNHEALTHY]),
    (look(stranger=200, root=None, failure=Failure.TIMEOUT), [Code.AUTH_NOT_REQUIRED, Code.TIMEOUT]),
    (look(member=401, storage=None), [Code.PROBE_REFUSED]),
    (look(member=401, storage=None, root=503), [Code.STORAGE_UNHEALTHY, Code.PROBE_REFUSED]),
    # 400 is what Distribution says when it can't read the file
    (look(stranger=400, member=None), [Code.UNEXPECTED_STATUS]),
    (look(member=400, storage=None), [Code.UNEXPECTED_STATUS]),
    (look(stranger=500, member=None), [Code.UNEXPECTED_STATUS]),
    (look(member=500), [Code.UNEXPECTED_STATUS]),
    (look(root=404), [Code.UNEXPECTED_STATUS]),
    (look(storage=401), [Code.UNEXPECTED_STATUS]),
    (look(member=None), [Code.UNEXPECTED_STATUS]),  # 401 without a challenge
    (look(stranger=429, member=None), [Code.UNEXPECTED_STATUS]),
    # warnings, the certificate before slowness, and both behind what is broken
    (look(certificate_expires=SOON), [Code.TLS_EXPIRING]),
    (look(certificate_expires=PAST), [Code.TLS_EXPIRING]),
    (look(latency_ms=2001), [Code.SLOW]),
    (look(certificate_expires=SOON, latency_ms=9000), [Code.TLS_EXPIRING, Code.SLOW]),
    (look(certificate_expires=SOON, member=401), [Code.PROBE_REFUSED, Code.TLS_EXPIRING]),
    (look(latency_ms=9000, stranger=200), [Code.AUTH_NOT_REQUIRED, Code.SLOW]),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "expected"), ROWS)
def test_everything_that_applies_is_found_the_gravest_first(seen: Observation, expected: list[Code]) -> None:
    assert codes(seen) == expected


STOPPED = [
    (look(), [Code.SITE_STOPPED]),
    (silence(Failure.TIMEOUT), [Code.SITE_STOPPED]),
    (stranger(403), [Code.SITE_STOPPED]),
    (stranger(403, certificate_expires=SOON), [Code.SITE_STOPPED, Code.TLS_EXPIRING]),
    (look(stranger=200, member=None), [Code.AUTH_NOT_REQUIRED, Code.SITE_STOPPED]),
]


@pytest.mark.parametrize(("seen", "expected"), STOPPED)
def test_a_stopped_site_explains_whatever_else_was_seen_but_an_open_door(
    seen: Observation, expected: list[Code]
) -> None:
    assert codes(seen, stopped=True) == codes(seen, stopped=True, restricted=True) == expected


UNSURE = [
    (silence(Failure.DNS), [Code.NOT_CHECKED]),
    (silence(Failure.CONNECTION), [Code.NOT_CHECKED]),
    (silence(Failure.TIMEOUT), [Code.NOT_CHECKED]),
    # somebody answers: our own network is fine
    (silence(Failure.TLS), [Code.TLS_ERROR]),
    (look(member=None, root=None, storage=None, failure=Failure.TIMEOUT), [Code.TIMEOUT]),
    (stranger(403), [Code.NOT_A_REGISTRY]),
    (look(), [Code.HEALTHY]),
    (look(member=401, storage=None), [Code.PROBE_REFUSED]),
]


@pytest.mark.parametrize(("seen", "expected"), UNSURE)
def test_without_resource_manager_silence_may_be_our_own_network(
    seen: Observation, expected: list[Code]
) -> None:
    assert codes(seen, stopped=None) == expected


@pytest.mark.parametrize(
    ("stopped", "restricted", "code"),
    [
        (False, True, Code.RESTRICTED),
        (True, True, Code.SITE_STOPPED),
        (False, False, Code.NOT_A_REGISTRY),
        (None, True, Code.NOT_CHECKED),
    ],
)
def test_a_refused_address_is_no_fault_of_a_registry_that_refuses_addresses(
    stopped: bool | None, restricted: bool, code: Code
) -> None:
    assert codes(stranger(403, root=403), stopped=stopped, restricted=restricted) == [code]


def test_access_rules_do_not_excuse_a_registry_without_a_lock() -> None:
    assert codes(look(stranger=200), restricted=True) == [Code.AUTH_NOT_REQUIRED]


def test_every_code_has_a_row() -> None:
    elsewhere = {  # what no probe can see
        Code.HTPASSWD_DRIFT,
        Code.HTPASSWD_STALE,
        Code.STORAGE_KEY_INVALID,
        Code.IMAGES_LOST,
        Code.USERS_EXPIRING,
        Code.MAINTENANCE,
    }
    rows = {code for _, expected in [*ROWS, *STOPPED, *UNSURE] for code in expected}
    assert rows | elsewhere | {Code.RESTRICTED} == set(Code)


EVIDENCE: list[tuple[Observation, bool | None, str]] = [
    (silence(Failure.DNS), False, "no answer: dns"),
    (silence(Failure.DNS), None, "no answer: dns; Resource Manager did not answer"),
    (look(member=401), False, "login answered 401"),
    (look(root=503, member=503), False, "login answered 503; root answered 503"),
    (look(latency_ms=2001), False, "the login took 2001 ms"),
    (stranger(403), True, "Resource Manager says Stopped; challenge answered 403"),
    (look(**{**NOTHING, **failed(CheckName.TCP)}), False, "no answer to tcp"),
    (look(storage=None, **failed(CheckName.STORAGE)), False, "no answer to storage"),
    (look(certificate_expires=SOON), False, f"valid until {SOON:%Y-%m-%d %H:%M} UTC, 13 days left"),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "stopped", "evidence"), EVIDENCE)
def test_a_finding_says_what_was_seen(seen: Observation, stopped: bool | None, evidence: str) -> None:
    [found] = findings(seen, site_stopped=stopped, thresholds=THRESHOLDS, now=NOW)
    assert found == finding(found.code, evidence)


def test_the_evidence_of_a_check_is_the_evidence_of_what_it_found() -> None:
    check = ProbeCheck(name=CheckName.LOGIN, outcome=Outcome.FAILED, evidence="GET /v2/ said 401")
    [found] = findings(look(member=401, checks=[check]), site_stopped=False, thresholds=THRESHOLDS, now=NOW)
    assert found.evidence == "GET /v2/ said 401"


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_severity_a_sentence_and_unless_all_is_well_a_fix(code: Code) -> None:
    found = finding(code)
    assert found.code.value == code.name
    assert found.message.endswith(".")
    assert (found.severity is Severity.OK) is (code in WELL)
    assert bool(found.fix) is (code not in WELL)


def test_only_what_still_works_is_a_mere_warning() -> None:
    warnings = {code for code in Code if MEANINGS[code].severity is Severity.WARNING}
    assert warnings == {Code.TLS_EXPIRING, Code.SLOW, Code.RESTRICTED, Code.NOT_CHECKED}


WELL = {Code.HEALTHY, Code.MAINTENANCE}

statuses = st.none() | st.sampled_from([200, 301, 400, 401, 403, 404, 429, 500, 502, 503])
observations = st.builds(
    Observation,
    failure=st.none() | st.sampled_from(Failure),
    stranger=statuses,
    member=statuses,
    root=statuses,
    storage=statuses,
    isRegistry=st.booleans(),
    latencyMs=st.integers(0, 60_000),
    certificateExpires=st.none() | st.sampled_from([PAST, SOON, LATER]),
)


@given(observations, st.sampled_from([True, False, None]), st.booleans())
def test_healthy_means_that_strangers_are_refused_and_the_probe_gets_in(
    seen: Observation, stopped: bool | None, restricted: bool
) -> None:
    found = findings(seen, site_stopped=stopped, restricted=restricted, thresholds=THRESHOLDS, now=NOW)
    assert len({each.code for each in found}) == len(found)
    if found[0].code in {Code.HEALTHY, Code.SLOW, Code.TLS_EXPIRING}:
        assert not stopped
        assert (seen.failure, seen.is_registry, seen.stranger, seen.member) == (None, True, 401, 200)
        assert seen.root in {None, 200}
        assert seen.storage in {None, 200, 404}


@given(observations, st.sampled_from([True, False, None]))
def test_an_open_registry_is_never_anything_less(seen: Observation, stopped: bool | None) -> None:
    is_open = seen.is_registry and seen.stranger == 200
    assert (codes(seen, stopped=stopped)[0] is Code.AUTH_NOT_REQUIRED) is is_open


@given(observations, st.sampled_from([True, False, None]), st.booleans())
def test_what_is_grave_stands_before_what_is_not(
    seen: Observation, stopped: bool | None, restricted: bool
) -> None:
    found = findings(seen, site_stopped=stopped, restricted=restricted, thresholds=THRESHOLDS, now=NOW)
    grave = [each.severity is Severity.CRITICAL for each in found]
    assert grave == sorted(grave, reverse=True)
    assert (Code.HEALTHY in {each.code for each in found}) is (found[0].code is Code.HEALTHY)


@pytest.mark.parametrize(
    ("days", "expires", "code"),
    [
        (0, PAST, Code.TLS_EXPIRING),
        (0, NOW + timedelta(seconds=1), Code.HEALTHY),
        (1, NOW + timedelta(hours=23), Code.TLS_EXPIRING),
        (30, NOW + timedelta(days=29), Code.TLS_EXPIRING),
    ],
)
def test_the_days_of_warning_are_a_threshold(days: int, expires: datetime, code: Code) -> None:
    thresholds = Thresholds(slow_ms=1, tls_warning_days=days)
    seen = look(certificate_expires=expires)
    [found] = findings(seen, site_stopped=False, thresholds=thresholds, now=NOW)
    assert found.code is code
