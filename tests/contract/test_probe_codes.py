"""Every code that a look can find, at something that is really so, with evidence that says what was seen."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localazure.ports import Ports
from shared.domain.health.codes import Code, Finding
from tests.contract.authority import PASSWORD, Authority, found
from tests.contract.odd_servers import (
    Answering,
    AnsweringMembers,
    DribblingRegistry,
    HandshakeForEver,
    MuteServer,
    RegistrySlowForMembers,
    RegistryThatLosesItsStorage,
)
from tests.contract.tls_servers import HTML, REGISTRY, Certificate, TlsServer

SHORT_SECONDS = 2.0
"""Long enough for a handshake on a busy machine."""
TAGS = "GET /v2/berthage-probe/tags/list"


def codes(findings: list[Finding]) -> list[Code]:
    return [each.code for each in findings]


def test_healthy(certificate: Certificate) -> None:
    with TlsServer(certificate) as registry:
        [healthy] = found(registry.address)
    assert healthy.code is Code.HEALTHY
    assert "GET /v2/ as _probe answered 200 in" in healthy.evidence
    assert "days left, issuer" in healthy.evidence


def test_dns_error(authority: Authority) -> None:
    _ = authority
    [error] = found("registry.invalid", timeout=2.0)  # never to be found: RFC 6761
    assert error.code is Code.DNS_ERROR
    assert error.evidence.startswith("registry.invalid: ")


def test_a_name_that_is_none_is_a_dns_error(authority: Authority) -> None:
    _ = authority
    [error] = found("user@host")
    assert (error.code, error.evidence) == (Code.DNS_ERROR, "user@host: it is no name of a host")


def test_connection_error(authority: Authority) -> None:
    _ = authority
    port = Ports.free({}).emulator
    [error] = found(f"localhost:{port}")
    assert error.code is Code.CONNECTION_ERROR
    assert f"127.0.0.1:{port} connection refused" in error.evidence


def test_not_checked_if_resource_manager_is_silent_too(authority: Authority) -> None:
    _ = authority
    [unsure] = found(f"localhost:{Ports.free({}).emulator}", site_stopped=None)
    assert unsure.code is Code.NOT_CHECKED
    assert unsure.evidence.endswith("connection refused; Resource Manager did not answer")


@pytest.mark.parametrize(
    ("kind", "what"),
    [(MuteServer, "tls"), (HandshakeForEver, "tls"), (DribblingRegistry, "GET /v2/")],
)
def test_timeout(certificate: Certificate, kind: type[TlsServer], what: str) -> None:
    with kind(certificate) as server:
        [error] = found(server.address, timeout=SHORT_SECONDS)
    assert error.code is Code.TIMEOUT
    assert re.fullmatch(rf"{what}: no answer in \d+ ms", error.evidence)


def yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


TLS: dict[str, tuple[Callable[[Authority, Path], Certificate], str]] = {
    "expired": (
        lambda ours, _: ours.certificate(expires=yesterday()),
        f"certificate expired: for localhost, 127.0.0.1, valid from 2000-01-01 00:00 UTC until {yesterday():%Y-%m-%d}",
    ),
    "another-name": (
        lambda ours, _: ours.certificate("registry.example"),
        "certificate for another name: for registry.example, ",
    ),
    "nobody-we-trust": (
        lambda _, folder: Authority(folder).certificate(),
        "certificate not trusted (unable to get local issuer certificate): for localhost, 127.0.0.1, ",
    ),
}


@pytest.mark.parametrize("kind", TLS)
def test_tls_error(authority: Authority, tmp_path: Path, kind: str) -> None:
    make, evidence = TLS[kind]
    with TlsServer(make(authority, tmp_path)) as server:
        [error] = found(server.address)
    assert error.code is Code.TLS_ERROR
    assert error.evidence.startswith(evidence)
    assert "issuer trustme v" in error.evidence
    assert server.requests == []


def test_tls_expiring(authority: Authority) -> None:
    soon = datetime.now(UTC) + timedelta(days=3, hours=1)
    with TlsServer(authority.certificate(expires=soon)) as registry:
        [warning] = found(registry.address)
    assert warning.code is Code.TLS_EXPIRING
    assert warning.evidence.startswith(f"valid until {soon:%Y-%m-%d %H:%M} UTC, 3 days left, issuer trustme")


def test_not_a_registry(certificate: Certificate) -> None:
    with Answering(certificate, 200, HTML) as server:
        [error] = found(server.address)
    assert error.code is Code.NOT_A_REGISTRY
    assert error.evidence == "GET /v2/ answered 200 without the header of a registry"


def test_a_stopped_site(certificate: Certificate) -> None:
    with Answering(certificate, 403, HTML) as front_end:
        [error] = found(front_end.address, site_stopped=True)
    assert error.code is Code.SITE_STOPPED
    assert error.evidence.startswith("Resource Manager says Stopped; GET /v2/ answered 403")


def test_addresses_that_are_refused(certificate: Certificate) -> None:
    with Answering(certificate, 403, HTML) as front_end:
        assert codes(found(front_end.address, restricted=True)) == [Code.RESTRICTED]
        assert codes(found(front_end.address, restricted=True, site_stopped=None)) == [Code.NOT_CHECKED]
        assert codes(found(front_end.address)) == [Code.NOT_A_REGISTRY]


def test_a_front_end_without_a_container(certificate: Certificate) -> None:
    with Answering(certificate, 503, HTML) as front_end:
        assert codes(found(front_end.address)) == [Code.UNEXPECTED_STATUS]


def test_unexpected_status(certificate: Certificate) -> None:
    with AnsweringMembers(certificate, 400, REGISTRY) as registry:
        [error] = found(registry.address)
    assert error.code is Code.UNEXPECTED_STATUS
    assert error.evidence.startswith("GET /v2/ as _probe answered 400 in")


def test_slow(certificate: Certificate) -> None:
    with RegistrySlowForMembers(certificate, seconds=3.1) as registry:
        [warning] = found(registry.address)
    assert warning.code is Code.SLOW
    took = re.fullmatch(r"the login took (\d+) ms", warning.evidence)
    assert took
    assert int(took[1]) > 3000


def test_storage_that_never_answers_is_not_a_slow_registry(certificate: Certificate) -> None:
    with RegistryThatLosesItsStorage(certificate) as registry:
        [error] = found(registry.address, timeout=SHORT_SECONDS)
    assert error.code is Code.STORAGE_UNHEALTHY
    assert re.fullmatch(rf"{TAGS}: no answer in \d+ ms", error.evidence)


def test_no_evidence_holds_the_password(certificate: Certificate) -> None:
    for status in (200, 401, 503):
        with AnsweringMembers(certificate, status, {**REGISTRY, "X-Echo": PASSWORD}) as registry:
            assert PASSWORD not in str(found(registry.address))
