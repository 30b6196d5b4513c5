"""The way to a registry: names that lead nowhere, and TLS that nothing may be sent over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.domain.health.observation import CheckName, Failure, Observation
from shared.registry_probe import HttpProbe
from tests.contract.authority import PASSWORD, PATIENCE_SECONDS, Authority, look
from tests.contract.odd_servers import ChangingCertificate, Hangup, PlainTextServer
from tests.contract.tls_servers import Certificate, TlsServer

FINE = Observation(stranger=401, member=200, root=200, storage=404, is_registry=True)


def test_who_speaks_no_tls_has_a_tls_failure(certificate: Certificate) -> None:
    with PlainTextServer(certificate) as server:
        assert look(server.address) == [Observation(failure=Failure.TLS)]


def test_a_certificate_of_an_unknown_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    _ = authority
    with TlsServer(Authority(tmp_path).certificate()) as server:
        assert look(server.address) == [Observation(failure=Failure.TLS)]
    assert server.requests == []


def test_a_certificate_for_another_name_is_not_trusted(authority: Authority) -> None:
    with TlsServer(authority.certificate("registry.example")) as server:
        assert look(server.address) == [Observation(failure=Failure.TLS)]
    assert server.requests == []


def test_a_certificate_that_has_expired_is_not_trusted(authority: Authority) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with TlsServer(authority.certificate(expires=yesterday)) as server:
        assert look(server.address) == [Observation(failure=Failure.TLS)]
    assert server.requests == []


def test_a_certificate_that_was_good_once_is_looked_at_again(authority: Authority) -> None:
    certificates = authority.certificate(), authority.certificate("registry.example")
    with ChangingCertificate(*certificates) as server:
        seen = Observation(failure=Failure.TLS, stranger=401, is_registry=True)
        assert look(server.address) == [seen]
    assert [request.path for request in server.requests] == ["/v2/"]
    assert not server.passwords_seen


@pytest.mark.parametrize("server", [TlsServer, Hangup])
def test_it_tells_the_last_day_of_the_certificate(authority: Authority, server: type[TlsServer]) -> None:
    soon = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    with server(authority.certificate(expires=soon)) as registry:
        [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(registry.address, PASSWORD)])
    assert seen.certificate_expires == soon


NO_HOST = ".".join(["a" * 60] * 5)
"""Too long for a name in DNS: the resolver says that it is not known, and asks nobody on the network."""
BAD_NAMES = [NO_HOST, f"{'a' * 64}.example", "bad name", "", "localhost:port", "[::1", "a..b"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leads_nowhere_is_a_failure_of_its_own_alone(certificate: Certificate, name: str) -> None:
    with TlsServer(certificate) as registry:
        first, second = look(name, registry.address)
    assert first.failure in {Failure.DNS, Failure.CONNECTION}
    assert second == FINE


def test_a_host_that_is_not_known_is_a_dns_failure(authority: Authority) -> None:
    _ = authority
    assert look(NO_HOST) == [Observation(failure=Failure.DNS)]


def test_a_certificate_that_nobody_can_read_is_a_failure_of_its_own_alone(
    certificate: Certificate, tmp_path: Path
) -> None:
    with TlsServer(odd_certificate(tmp_path)) as odd, TlsServer(certificate) as registry:
        assert look(odd.address, registry.address) == [Observation(failure=Failure.TLS), FINE]
        [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(odd.address, PASSWORD)])
    tls = seen.check(CheckName.TLS)
    assert tls
    assert tls.evidence == "certificate not trusted (self-signed certificate)"


def odd_certificate(folder: Path) -> Certificate:
    """For a name of a kind that the library refuses to read: an X.400 address."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    x400_address = x509.UnrecognizedExtension(
        x509.OID_SUBJECT_ALTERNATIVE_NAME, bytes.fromhex("3004a3020500")
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)
        )
        .add_extension(x400_address, critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "odd.pem", folder / "odd-key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return chain, secret
