"""`HttpProbe` among servers that are no registries, misbehave, or want to know the probe's password."""

import pytest

from shared.domain.health.observation import CheckName, Failure, Observation, Outcome
from shared.registry_probe import HttpProbe
from tests.contract.authority import PASSWORD, PATIENCE_SECONDS, look
from tests.contract.odd_servers import (
    Answering,
    AnsweringMembers,
    Babbler,
    DribblingBody,
    Echo,
    Hangup,
    KeepingRegistry,
    LongWinded,
    RegistryWithAnEndlessBody,
)
from tests.contract.tls_servers import CHALLENGE, HTML, JSON, REGISTRY, Certificate, TlsServer

FINE = Observation(stranger=401, member=200, root=200, storage=404, is_registry=True)
TAGS = "/v2/berthage-probe/tags/list"


def test_who_behaves_like_a_registry_is_one(certificate: Certificate) -> None:
    with TlsServer(certificate) as registry:
        assert look(registry.address) == [FINE]
    asked = [(request.path, request.is_member) for request in registry.requests]
    assert asked == [("/v2/", False), ("/v2/", True), ("/", False), (TAGS, True)]
    basic = "Basic X3Byb2JlOnRoZSBwcm9iZSdzIHBhc3N3b3Jk"
    assert {request.headers["Authorization"] for request in registry.requests} == {None, basic}


def test_whoever_only_wants_the_login_asks_for_nothing_else(certificate: Certificate) -> None:
    with TlsServer(certificate) as registry:
        [seen] = look(registry.address, login_only=True)
        [noted] = HttpProbe(PATIENCE_SECONDS, 1).look([(registry.address, PASSWORD)], login_only=True)
    assert seen == Observation(stranger=401, member=200, is_registry=True)
    assert {request.path for request in registry.requests} == {"/v2/"}
    names = [(check.name, check.outcome) for check in noted.checks]
    assert names == [(name, Outcome.OK) for name in list(CheckName)[:5]]


def test_one_connection_serves_the_whole_look(certificate: Certificate) -> None:
    with KeepingRegistry(certificate) as registry:
        assert look(registry.address) == [FINE]
    assert (registry.connections, len(registry.requests)) == (1, 4)


@pytest.mark.parametrize("lasts", [1, 2, 3])
def test_a_connection_that_was_closed_for_its_age_is_opened_anew(
    certificate: Certificate, lasts: int
) -> None:
    with KeepingRegistry(certificate, lasts) as registry:
        assert look(registry.address) == [FINE]
    assert registry.connections > 1


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
        assert look(server.address) == [Observation(stranger=status, root=status, is_registry=is_registry)]
    assert [request.path for request in server.requests] == ["/v2/", "/"]
    assert not server.passwords_seen


def test_who_does_not_say_which_password_it_wants_never_gets_it(certificate: Certificate) -> None:
    for headers in (REGISTRY, {**REGISTRY, "WWW-Authenticate": 'Bearer realm="https://elsewhere.example"'}):
        with Answering(certificate, 401, headers) as server:
            assert look(server.address) == [Observation(stranger=401, root=401, is_registry=True)]
        assert not server.passwords_seen


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_what_a_member_is_told_is_kept(certificate: Certificate, status: int) -> None:
    with AnsweringMembers(certificate, status, REGISTRY) as registry:
        seen = Observation(stranger=401, member=status, root=200, is_registry=True)
        assert look(registry.address) == [seen]
    assert [request.path for request in registry.requests if request.is_member] == ["/v2/"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(certificate: Certificate, status: int) -> None:
    with TlsServer(certificate) as elsewhere:
        headers = {**REGISTRY, "Location": f"https://{elsewhere.address}/v2/"}
        with (
            Answering(certificate, status, headers) as everybody,
            AnsweringMembers(certificate, status, headers) as some,
        ):
            assert look(everybody.address, some.address) == [
                Observation(stranger=status, root=status, is_registry=True),
                Observation(stranger=401, member=status, root=200, is_registry=True),
            ]
    assert elsewhere.requests == []


def test_a_body_is_never_read(certificate: Certificate) -> None:
    with RegistryWithAnEndlessBody(certificate) as registry:
        assert look(registry.address) == [FINE.model_copy(update={"storage": 200})]


def test_a_body_that_does_not_end_keeps_nobody_waiting(certificate: Certificate) -> None:
    with DribblingBody(certificate) as registry:
        assert look(registry.address) == [FINE.model_copy(update={"storage": 200})]


@pytest.mark.parametrize("kind", [Hangup, Babbler])
def test_who_does_not_answer_in_http_has_no_connection(
    certificate: Certificate, kind: type[TlsServer]
) -> None:
    with kind(certificate) as server:
        assert look(server.address) == [Observation(failure=Failure.CONNECTION)]


def test_what_a_server_says_that_is_no_http_is_not_repeated(certificate: Certificate) -> None:
    """It may be the password that it was sent; or more than a table's column can hold."""
    for kind, failed in ((Echo, CheckName.LOGIN), (LongWinded, CheckName.CHALLENGE)):
        with kind(certificate) as server:
            [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(server.address, PASSWORD)])
        check = seen.check(failed)
        assert check
        assert (seen.failure, check.outcome) == (Failure.CONNECTION, Outcome.FAILED)
        assert check.evidence.endswith(": it does not speak HTTP")


def test_a_proxy_of_the_environment_is_not_asked(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TlsServer(certificate) as registry, Hangup(certificate) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        assert look(registry.address) == [FINE]
