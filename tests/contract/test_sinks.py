"""Sinks over real HTTPS: all three kinds arrive as they should, and whatever a server does, no secret gets out."""

import json
import logging
import ssl
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from jsonschema import Draft6Validator
from standardwebhooks.webhooks import Webhook

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.messages import NoticeMessage
from shared.domain.notices.notice import NOTICES, DeliveryStatus, Notice
from shared.domain.notices.sinks import Address, Sink, SinkKind, check_addresses
from shared.services.notifying.deliveries import Deliveries
from shared.services.notifying.outbox import Outbox
from shared.sinks import sender
from shared.sinks.messenger import SinkMessenger
from shared.sinks.sender import Sender
from tests.contract.odd_servers import MuteServer
from tests.contract.sink_servers import (
    Behaviour,
    Received,
    SinkServer,
    dribble,
    endless,
    hang,
    hang_up,
    status,
    trail_off,
)
from tests.contract.tls_servers import Certificate
from tests.fakes import FakeClock, FakeQueue, FakeTable
from tests.unit.services.notifying.rig import Reports
from tests.unit.sinks.examples import DOWN, PLACES, REPORT, told
from tests.unit.sinks.test_teams import card_of, schema

SECRET_PATH = "/services/T0/B0/s3cretPath?sig=s3cretQuery"
KEY = bytes(range(32))
SHORT_SECONDS = 0.4
MARGIN_SECONDS = 10
"""How much longer than its deadline a request may take on a busy machine; the servers hang for longer."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trustme.CA]:
    """The one that the sender trusts."""
    ca, file = trustme.CA(), tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(file))
        sender._trust.cache_clear()
        yield ca
    sender._trust.cache_clear()


def issue(ca: trustme.CA, folder: Path, *names: str) -> Certificate:
    issued = ca.issue_cert(*names)
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return chain, key


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return issue(authority, tmp_path_factory.mktemp("server"), "localhost")


def messenger(url: str, kind: SinkKind, *allowed: str, seconds: float = 5) -> SinkMessenger:
    sinks = [Sink(name="ops", kind=kind)]
    return SinkMessenger(
        sinks, {"ops": Address(url, KEY)}, Sender(allowed, seconds), lambda: datetime.now(UTC)
    )


def send(server: SinkServer, kind: SinkKind = SinkKind.WEBHOOK, **options: Any) -> None:
    messenger(server.url(SECRET_PATH), kind, "localhost", **options).send("ops", told())


def failure(server: SinkServer, **options: Any) -> Exception:
    with pytest.raises((TemporaryError, PermanentError)) as failed:
        send(server, **options)
    shown = "".join(traceback.format_exception(failed.value, chain=True)) + repr(failed.value)
    assert "s3cret" not in shown
    assert "localhost:" not in shown
    return failed.value


def only(server: SinkServer) -> Received:
    [received] = server.received
    assert (received.method, received.path) == ("POST", SECRET_PATH)
    assert received.headers["Content-Type"] == "application/json"
    assert "Cookie" not in received.headers
    assert "Authorization" not in received.headers
    return received


def test_slack_gets_blocks(certificate: Certificate) -> None:
    with SinkServer(certificate) as server:
        send(server, SinkKind.SLACK)
    message = json.loads(only(server).body)
    assert message["text"] == "🔴 search is down: STORAGE_UNHEALTHY"
    assert message["blocks"][0]["type"] == "header"


def test_teams_gets_a_valid_card(certificate: Certificate) -> None:
    with SinkServer(certificate, status(202, b"")) as server:
        send(server, SinkKind.TEAMS)
    received = only(server)
    schema().validate(card_of(json.loads(received.body)))
    assert isinstance(schema(), Draft6Validator)
    assert len(received.body) < 28 * 1024


def test_a_webhook_gets_an_event_that_its_library_accepts(certificate: Certificate) -> None:
    with SinkServer(certificate, status(204, b"")) as server:
        send(server)
    received = only(server)
    event = Webhook(KEY).verify(received.body, dict(received.headers.items()))
    assert event["type"] == "registry.problem"
    assert received.headers["webhook-id"] == told().id


def test_a_report_reaches_all_three_kinds(certificate: Certificate) -> None:
    with SinkServer(certificate) as server:
        for kind in SinkKind:
            messenger(server.url(SECRET_PATH), kind, "localhost").send("ops", told(report=REPORT))
    assert len(server.received) == 3
    assert all(b"1 of 40 registries" in received.body for received in server.received[:2])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(404, b"no_service"), "SinkRefused: it answered 404 no_service"),
        (status(410, b"s3cret"), "SinkRefused: it answered 410"),
        (status(500, b"s3cret"), "SinkUnavailable: it answered 500"),
        (status(429, b"", Retry_After="77"), "SinkThrottled: it answered 429"),
        (status(302, b"", Location="https://localhost/s3cret"), "SinkRefused: it answered 302"),
        (hang_up, "SinkUnreachable: it does not take the connection"),
    ],
    ids=["404", "410", "500", "429", "redirect", "hangs up"],
)
def test_an_answer_that_is_not_good_is_named_by_its_status_alone(
    certificate: Certificate, answer: Behaviour, error: str
) -> None:
    with SinkServer(certificate, answer) as server:
        assert str(failure(server)) == error
    assert len(server.received) == 1, "a redirect is not followed"


def test_retry_after_is_passed_on(certificate: Certificate) -> None:
    with SinkServer(certificate, status(429, b"", Retry_After="77")) as server:
        error = failure(server)
    assert isinstance(error, TemporaryError)
    assert error.retry_after == 77


@pytest.mark.parametrize("behaviour", [hang, dribble])
def test_the_deadline_holds_whatever_a_server_does(certificate: Certificate, behaviour: Behaviour) -> None:
    with SinkServer(certificate, behaviour) as server:
        began = time.monotonic()
        assert "did not answer in time" in str(failure(server, seconds=SHORT_SECONDS))
        assert time.monotonic() - began < SHORT_SECONDS + MARGIN_SECONDS


def test_a_server_that_never_finishes_its_handshake_is_left_in_time(certificate: Certificate) -> None:
    with MuteServer(certificate) as server:
        url = f"https://{server.address}{SECRET_PATH}"
        with pytest.raises(TemporaryError, match="did not answer in time"):
            messenger(url, SinkKind.SLACK, "localhost", seconds=SHORT_SECONDS).send("ops", told())


@pytest.mark.parametrize("behaviour", [trail_off, endless(200)])
def test_who_says_yes_is_not_told_again_whatever_follows(
    certificate: Certificate, behaviour: Behaviour
) -> None:
    with SinkServer(certificate, behaviour) as server:
        send(server)  # it would fail at its deadline
    only(server)


def test_an_endless_body_is_not_read(certificate: Certificate) -> None:
    with SinkServer(certificate, endless(404)) as server:
        assert str(failure(server)) == "SinkRefused: it answered 404"


def test_a_certificate_for_another_name_is_not_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    with SinkServer(issue(authority, tmp_path, "other.example")) as server:
        assert "its certificate is not trusted" in str(failure(server))
    assert server.received == []


def test_a_certificate_of_an_unknown_authority_is_not_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    _ = authority
    with SinkServer(issue(trustme.CA(), tmp_path, "localhost")) as server:
        assert "its certificate is not trusted" in str(failure(server))
    assert server.received == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "2130706433"])
def test_without_being_allowed_this_machine_gets_nothing(certificate: Certificate, host: str) -> None:
    with SinkServer(certificate) as server:
        with pytest.raises(PermanentError, match="SinkAddressNotAllowed"):
            messenger(server.url(SECRET_PATH, host), SinkKind.WEBHOOK, "hooks.internal").send("ops", told())
        assert not server.received


def test_a_proxy_of_the_environment_is_not_asked(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with SinkServer(certificate) as server:
        send(server)
    only(server)


SINKS = tuple(Sink(name=f"my-{kind}", kind=kind) for kind in SinkKind)


class Notifying:
    """All of it over in-memory tables and a real server."""

    def __init__(self, server: SinkServer) -> None:
        environ = {f"SINK_MY_{kind.upper()}_URL": server.url(f"/{kind}/s3cretPath") for kind in SinkKind}
        environ["SINK_MY_WEBHOOK_SECRET"] = "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0"
        addresses = check_addresses(SINKS, environ)
        self.clock, self.table, self.queue = FakeClock(), FakeTable(), FakeQueue[NoticeMessage]()
        outbox = Outbox(self.table, self.queue, SINKS, self.clock)
        spoken = SinkMessenger(SINKS, addresses, Sender(["localhost"], 5), self.clock)
        self.deliveries = Deliveries(self.table, outbox, spoken, Reports(), PLACES, self.clock)
        self.clock.now = DOWN.at + timedelta(seconds=5)
        outbox.announce(DOWN)

    def deliver_all(self) -> None:
        number = 0
        while self.queue.sent:
            message, delay = self.queue.sent.pop(0)
            self.clock.advance(delay)
            self.deliveries.run(message, f"m-{number}")
            number += 1

    def kept(self) -> Notice:
        [row] = self.table.query(NOTICES, " ", "~")
        return Notice.from_row(row)


def test_a_notice_gets_through_to_all_of_them_past_errors_and_throttling(certificate: Certificate) -> None:
    with SinkServer(certificate, status(500), status(429, Retry_After="60"), hang_up, status(200)) as server:
        world = Notifying(server)
        world.deliver_all()
    assert {len(server.at(f"/{kind}/s3cretPath")) for kind in SinkKind} == {2}
    assert {each.status for each in world.kept().deliveries.values()} == {DeliveryStatus.DELIVERED}
    ids = {received.headers["webhook-id"] for received in server.at("/webhook/s3cretPath")}
    assert len(ids) == 1


def test_no_address_and_no_key_is_in_any_line_row_or_message(
    certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "httpcore", "asyncio", "shared"):
        caplog.set_level(logging.DEBUG, logger=name)
    with SinkServer(certificate, status(500), hang_up, status(404, b"s3cret"), status(200)) as server:
        world = Notifying(server)
        messages = [message.encode() for message, _ in world.queue.sent]
        world.deliver_all()
    assert len(server.received) >= 5
    written = "\n".join(record.getMessage() + str(record.__dict__) for record in caplog.records)
    assert "connect_tcp" in written, "httpcore was listened to"
    everything = "\n".join([written, caplog.text, str(world.table.rows), *messages])
    for secret in ("s3cret", "czNjcmV0", "whsec"):
        assert secret not in everything
    assert "sink 'my-webhook', SinkRefused: it answered 404" in caplog.text


def test_the_trust_is_the_system_s() -> None:
    assert sender._trust().verify_mode is ssl.CERT_REQUIRED
    assert sender._trust().check_hostname
