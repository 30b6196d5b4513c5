"""Verdicts: what one look at a registry means."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.health.codes import Code, Severity
from shared.domain.health.observation import Failure, Observation, Thresholds, judge
from shared.domain.health.verdict import verdict
from tests.unit.domain.examples import NOW, UID

THRESHOLDS = Thresholds(slow_ms=2000, tls_warning_days=14)
SOON, LATER, PAST = NOW + timedelta(days=13), NOW + timedelta(days=90), NOW - timedelta(days=1)
GOOD: dict[str, Any] = {"stranger": 401, "member": 200, "is_registry": True, "certificate_expires": LATER}


def look(**seen: Any) -> Observation:
    """A healthy registry, but for `seen`."""
    return Observation(**{**GOOD, **seen})


NOBODY = {"stranger": None, "member": None, "is_registry": False, "certificate_expires": None}

ROWS: list[tuple[Observation, bool, Code]] = [
    (look(), False, Code.HEALTHY),
    (look(certificate_expires=None), False, Code.HEALTHY),
    (look(latency_ms=2000), False, Code.HEALTHY),
    (look(certificate_expires=NOW + timedelta(days=14)), False, Code.HEALTHY),
    # no answer
    (look(**NOBODY, failure=Failure.DNS), False, Code.DNS_ERROR),
    (look(**NOBODY, failure=Failure.CONNECTION), False, Code.CONNECTION_ERROR),
    (look(**NOBODY, failure=Failure.TLS), False, Code.TLS_ERROR),
    (look(**NOBODY, failure=Failure.TIMEOUT), False, Code.TIMEOUT),
    # Azure says that it is stopped: that explains whatever else was seen
    (look(), True, Code.SITE_STOPPED),
    (look(**NOBODY, failure=Failure.TIMEOUT), True, Code.SITE_STOPPED),
    (look(stranger=403, member=None, is_registry=False), True, Code.SITE_STOPPED),
    # something else answers
    (look(stranger=200, member=None, is_registry=False), False, Code.NOT_A_REGISTRY),
    (look(stranger=401, member=None, is_registry=False), False, Code.NOT_A_REGISTRY),
    (look(stranger=403, member=None, is_registry=False), False, Code.NOT_A_REGISTRY),
    (look(stranger=404, member=None, is_registry=False), False, Code.NOT_A_REGISTRY),
    (look(stranger=302, member=None, is_registry=False), False, Code.NOT_A_REGISTRY),
    # blobs are away: before or behind the password
    (look(stranger=503, member=None, is_registry=False), False, Code.UNEXPECTED_STATUS),
    (look(stranger=503, member=None), False, Code.STORAGE_UNHEALTHY),
    (look(member=503), False, Code.STORAGE_UNHEALTHY),
    # the door
    (look(stranger=200, member=None), False, Code.AUTH_NOT_REQUIRED),
    (look(stranger=200), False, Code.AUTH_NOT_REQUIRED),
    (look(stranger=200, member=401), False, Code.AUTH_NOT_REQUIRED),
    (look(stranger=200, member=503), False, Code.AUTH_NOT_REQUIRED),
    (look(member=401), False, Code.PROBE_REFUSED),
    # 400 is what Distribution says when it can't read the file
    (look(stranger=400, member=None), False, Code.UNEXPECTED_STATUS),
    (look(member=400), False, Code.UNEXPECTED_STATUS),
    (look(stranger=500, member=None), False, Code.UNEXPECTED_STATUS),
    (look(member=500), False, Code.UNEXPECTED_STATUS),
    (look(member=None), False, Code.UNEXPECTED_STATUS),
    (look(stranger=429, member=None), False, Code.UNEXPECTED_STATUS),
    # warnings, the certificate before slowness
    (look(certificate_expires=SOON), False, Code.TLS_EXPIRING),
    (look(certificate_expires=PAST), False, Code.TLS_EXPIRING),
    (look(certificate_expires=SOON, latency_ms=9000), False, Code.TLS_EXPIRING),
    (look(latency_ms=2001), False, Code.SLOW),
    # what is broken counts more than a warning
    (look(certificate_expires=SOON, member=401), False, Code.PROBE_REFUSED),
    (look(latency_ms=9000, stranger=200), False, Code.AUTH_NOT_REQUIRED),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "site_stopped", "code"), ROWS)
def test_the_gravest_verdict_that_applies(seen: Observation, site_stopped: bool, code: Code) -> None:
    assert judge(seen, site_stopped=site_stopped, thresholds=THRESHOLDS, now=NOW) is code


def test_every_code_has_a_row() -> None:
    others = {  # what no probe alone can see
        Code.HTPASSWD_DRIFT,
        Code.HTPASSWD_STALE,
        Code.NOT_CHECKED,
        Code.RESTRICTED,
        Code.STORAGE_KEY_INVALID,
        Code.USERS_EXPIRING,
    }
    assert {code for _, _, code in ROWS} | others == set(Code)


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_severity_a_sentence_and_unless_all_is_well_a_fix(code: Code) -> None:
    found = verdict(UID, code, look(latency_ms=7), NOW)
    assert found.code.value == code.name
    assert found.message.endswith(".")
    assert (found.severity is Severity.OK) is (code is Code.HEALTHY)
    assert bool(found.fix) is (code is not Code.HEALTHY)
    assert (found.uid, found.latency_ms, found.checked_at) == (UID, 7, NOW)


def test_only_what_still_works_is_a_mere_warning() -> None:
    warnings = {code for code in Code if verdict(UID, code, look(), NOW).severity is Severity.WARNING}
    assert warnings == {Code.TLS_EXPIRING, Code.SLOW, Code.RESTRICTED, Code.NOT_CHECKED}


statuses = st.none() | st.sampled_from([200, 301, 400, 401, 403, 404, 429, 500, 502, 503])
observations = st.builds(
    Observation,
    failure=st.none() | st.sampled_from(Failure),
    stranger=statuses,
    member=statuses,
    isRegistry=st.booleans(),
    latencyMs=st.integers(0, 60_000),
    certificateExpires=st.none() | st.sampled_from([PAST, SOON, LATER]),
)


@given(observations, st.booleans())
def test_healthy_means_that_strangers_are_refused_and_the_probe_gets_in(
    seen: Observation, stopped: bool
) -> None:
    code = judge(seen, site_stopped=stopped, thresholds=THRESHOLDS, now=NOW)
    if verdict(UID, code, seen, NOW).severity is not Severity.CRITICAL:
        assert not stopped
        assert (seen.failure, seen.is_registry, seen.stranger, seen.member) == (None, True, 401, 200)


@given(observations)
def test_an_open_registry_is_never_anything_less(seen: Observation) -> None:
    is_open = seen.failure is None and seen.is_registry and seen.stranger == 200
    code = judge(seen, site_stopped=False, thresholds=THRESHOLDS, now=NOW)
    assert (code is Code.AUTH_NOT_REQUIRED) is is_open


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
    assert judge(seen, site_stopped=False, thresholds=thresholds, now=NOW) is code


@pytest.mark.parametrize(
    ("stopped", "restricted", "code"),
    [
        (False, True, Code.RESTRICTED),
        (True, True, Code.SITE_STOPPED),
        (False, False, Code.NOT_A_REGISTRY),
    ],
)
def test_a_refused_address_is_no_fault_of_a_registry_that_refuses_addresses(
    stopped: bool, restricted: bool, code: Code
) -> None:
    seen = look(stranger=403, member=None, is_registry=False)
    assert judge(seen, site_stopped=stopped, restricted=restricted, thresholds=THRESHOLDS, now=NOW) is code


def test_access_rules_do_not_excuse_a_registry_without_a_lock() -> None:
    seen = look(stranger=200)
    found = judge(seen, site_stopped=False, restricted=True, thresholds=THRESHOLDS, now=NOW)
    assert found is Code.AUTH_NOT_REQUIRED
