"""`HttpProbe` among servers that are no registries, misbehave, or want to know the probe's password."""

import gc
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from shared import registry_probe
from shared.domain.health.observation import Failure, Observation
from shared.registry_probe import HttpProbe
from tests.contract.tls_servers import (
    CHALLENGE,
    HTML,
    JSON,
    REGISTRY,
    Answering,
    AnsweringMembers,
    Babbler,
    Certificate,
    DribblingRegistry,
    Hangup,
    MuteServer,
    PlainTextServer,
    RegistrySlowForMembers,
    RegistryWithAnEndlessBody,
    SlowRegistry,
    TlsServer,
)

PASSWORD = "the probe's password"
PATIENCE_SECONDS = 5.0
SHORT_SECONDS = 0.4
MARGIN_SECONDS = 1.5
"""How much longer than its deadline a look may take on a busy machine."""


class Authority:
    """A CA of a test, and certificates of it for servers on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._ca = folder, trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def certificate(self, *names: str, expires: datetime | None = None) -> Certificate:
        naive = expires.replace(tzinfo=None) if expires else None  # trustme wants it naive
        issued = self._ca.issue_cert(*(names or ("localhost", "127.0.0.1")), not_after=naive)
        number = len(list(self._folder.iterdir()))
        chain, key = self._folder / f"{number}.pem", self._folder / f"{number}-key.pem"
        chain.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(key))
        return chain, key


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """The one that the probe trusts."""
    ours = Authority(tmp_path_factory.mktemp("ca"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(ours.file))
        registry_probe._trust.cache_clear()
        yield ours
    registry_probe._trust.cache_clear()


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.certificate()


def look(*servers: str, timeout: float = PATIENCE_SECONDS, concurrency: int = 8) -> list[Observation]:
    """What is seen, without what differs from machine to machine."""
    found = HttpProbe(timeout, concurrency).look([(server, PASSWORD) for server in servers])
    return [seen.model_copy(update={"latency_ms": 0, "certificate_expires": None}) for seen in found]


FINE = Observation(stranger=401, member=200, is_registry=True)


def test_who_behaves_like_a_registry_is_one(certificate: Certificate) -> None:
    with TlsServer(certificate) as registry:
        assert look(registry.address) == [FINE]
    stranger, member = registry.requests
    assert stranger["Authorization"] is None
    assert member["Authorization"] == "Basic X3Byb2JlOnRoZSBwcm9iZSdzIHBhc3N3b3Jk"


NOT_A_REGISTRY = [
    pytest.param(200, {}, False, id="website"),
    pytest.param(401, CHALLENGE, False, id="website-behind-a-login"),
    pytest.param(
        401, {**CHALLENGE, "Docker-Distribution-Api-Version": "registry/1.0"}, False, id="old-registry"
    ),
    pytest.param(404, {}, False, id="nothing-here"),
    pytest.param(403, {}, False, id="stopped-site"),
    pytest.param(502, {}, False, id="gateway"),
    pytest.param(503, {}, False, id="nobody-behind-the-front-end"),
    pytest.param(503, HTML, False, id="front-end-without-a-container"),
    pytest.param(503, JSON, True, id="registry-without-its-storage"),
    pytest.param(503, REGISTRY, True, id="overloaded-registry"),
    pytest.param(401, {**CHALLENGE, **JSON}, False, id="api-behind-a-login"),
    pytest.param(200, REGISTRY, True, id="open-registry"),
    pytest.param(404, REGISTRY, True, id="odd-registry"),
]


@pytest.mark.parametrize(("status", "headers", "is_registry"), NOT_A_REGISTRY)
def test_who_does_not_answer_like_a_private_registry_never_gets_the_password(
    certificate: Certificate, status: int, headers: dict[str, str], is_registry: bool
) -> None:
    with Answering(certificate, status, headers) as server:
        assert look(server.address) == [Observation(stranger=status, is_registry=is_registry)]
    assert len(server.requests) == 1
    assert not server.passwords_seen


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_what_a_member_is_told_is_kept(certificate: Certificate, status: int) -> None:
    with AnsweringMembers(certificate, status, REGISTRY) as registry:
        assert look(registry.address) == [Observation(stranger=401, member=status, is_registry=True)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(certificate: Certificate, status: int) -> None:
    with TlsServer(certificate) as elsewhere:
        headers = {**REGISTRY, "Location": f"https://{elsewhere.address}/v2/"}
        with (
            Answering(certificate, status, headers) as everybody,
            AnsweringMembers(certificate, status, headers) as some,
        ):
            assert look(everybody.address, some.address) == [
                Observation(stranger=status, is_registry=True),
                Observation(stranger=401, member=status, is_registry=True),
            ]
    assert elsewhere.requests == []


def test_a_body_is_never_read(certificate: Certificate) -> None:
    with RegistryWithAnEndlessBody(certificate) as registry:
        assert look(registry.address) == [FINE]


@pytest.mark.parametrize("kind", [Hangup, Babbler])
def test_who_does_not_answer_in_http_has_no_connection(
    certificate: Certificate, kind: type[TlsServer]
) -> None:
    with kind(certificate) as server:
        assert look(server.address) == [Observation(failure=Failure.CONNECTION)]


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


@pytest.mark.parametrize("server", [TlsServer, Hangup])
def test_it_tells_the_last_day_of_the_certificate(authority: Authority, server: type[TlsServer]) -> None:
    soon = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    with server(authority.certificate(expires=soon)) as registry:
        [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(registry.address, PASSWORD)])
    assert seen.certificate_expires == (soon if server is TlsServer else None)


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


@pytest.mark.parametrize("kind", [DribblingRegistry, MuteServer])
def test_the_deadline_holds_whatever_a_server_does(certificate: Certificate, kind: type[TlsServer]) -> None:
    with kind(certificate) as server:
        began = time.monotonic()
        assert look(server.address, timeout=SHORT_SECONDS) == [Observation(failure=Failure.TIMEOUT)]
        assert time.monotonic() - began < SHORT_SECONDS + MARGIN_SECONDS


def test_a_handshake_that_hangs_leaves_no_socket_open(certificate: Certificate) -> None:
    gc.collect()
    with warnings.catch_warnings(record=True) as caught, MuteServer(certificate) as server:
        warnings.simplefilter("always")
        look(server.address, timeout=SHORT_SECONDS)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize("kind", [SlowRegistry, RegistrySlowForMembers])
def test_both_requests_share_one_deadline(certificate: Certificate, kind: type[SlowRegistry]) -> None:
    with kind(certificate, seconds=10) as registry:
        began = time.monotonic()
        assert look(registry.address, timeout=SHORT_SECONDS) == [Observation(failure=Failure.TIMEOUT)]
        assert time.monotonic() - began < SHORT_SECONDS + MARGIN_SECONDS


def test_a_slow_registry_is_waited_for_and_its_latency_told(certificate: Certificate) -> None:
    with SlowRegistry(certificate, seconds=0.2) as registry:
        [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(registry.address, PASSWORD)])
    assert seen.member == 200
    assert 200 <= seen.latency_ms < PATIENCE_SECONDS * 1000


def test_so_many_at_a_time_and_no_more(certificate: Certificate) -> None:
    with SlowRegistry(certificate, seconds=0.1) as registry:
        assert look(*[registry.address] * 9, concurrency=3) == [FINE] * 9
    assert registry.most_at_once == 3


def test_waiting_for_a_place_is_not_waiting_for_an_answer(certificate: Certificate) -> None:
    with SlowRegistry(certificate, seconds=0.25) as registry:
        assert look(*[registry.address] * 3, concurrency=1, timeout=1.2) == [FINE] * 3


def test_bad_registries_do_not_keep_good_ones_waiting(certificate: Certificate) -> None:
    with ExitStack() as stack:
        bad = [stack.enter_context(MuteServer(certificate)) for _ in range(6)]
        good = [stack.enter_context(TlsServer(certificate)) for _ in range(6)]
        began = time.monotonic()
        seen = look(*(server.address for pair in zip(bad, good, strict=True) for server in pair), timeout=1.0)
        assert time.monotonic() - began < 1.0 + MARGIN_SECONDS
    assert seen == [Observation(failure=Failure.TIMEOUT), FINE] * 6


def test_a_proxy_of_the_environment_is_not_asked(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TlsServer(certificate) as registry, Hangup(certificate) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        assert look(registry.address) == [FINE]
