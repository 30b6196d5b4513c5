"""How long a look may take, and how many are taken at a time."""

import gc
import socket
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from shared.domain.health.observation import Failure, Observation
from shared.registry_probe import HttpProbe
from tests.contract.authority import PASSWORD, PATIENCE_SECONDS, look, plain
from tests.contract.odd_servers import (
    DribblingRegistry,
    GatheringRegistry,
    LateHangup,
    MuteServer,
    RegistrySlowForMembers,
    SlowRegistry,
)
from tests.contract.tls_servers import Certificate, TlsServer

SHORT_SECONDS = 2.0
"""Long enough for a handshake and some answers on a busy machine."""
MARGIN_SECONDS = 6.0
"""How much longer than its deadline a look may take there. Those who do not answer would take half a minute."""
FINE = Observation(stranger=401, member=200, root=200, storage=404, is_registry=True)


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


@pytest.mark.parametrize(
    ("kind", "stranger"), [(SlowRegistry, None), (RegistrySlowForMembers, 401)], ids=["all", "members"]
)
def test_all_requests_share_one_deadline_and_what_was_seen_until_then_is_kept(
    certificate: Certificate, kind: type[SlowRegistry], stranger: int | None
) -> None:
    with kind(certificate, seconds=30) as registry:
        began = time.monotonic()
        [seen] = look(registry.address, timeout=SHORT_SECONDS)
        assert time.monotonic() - began < SHORT_SECONDS + MARGIN_SECONDS
    known = stranger is not None
    assert seen == Observation(failure=Failure.TIMEOUT, stranger=stranger, is_registry=known)


def test_a_slow_registry_is_waited_for_and_its_latency_told(certificate: Certificate) -> None:
    with SlowRegistry(certificate, seconds=0.2) as registry:
        [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(registry.address, PASSWORD)], login_only=True)
    assert seen.member == 200
    assert 200 <= seen.latency_ms < PATIENCE_SECONDS * 1000


def test_a_login_that_is_over_at_once_has_a_latency(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, began = time.perf_counter, time.perf_counter()
    monkeypatch.setattr(
        time, "perf_counter", lambda: began + (real() - began) / 1000
    )  # all is a thousand times faster
    with TlsServer(certificate) as registry:
        [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(registry.address, PASSWORD)])
    assert (seen.member, seen.latency_ms) == (200, 1)


def test_what_went_wrong_on_an_old_connection_is_not_how_long_the_answer_took(
    certificate: Certificate,
) -> None:
    with LateHangup(certificate, seconds=4) as registry:
        [seen] = HttpProbe(PATIENCE_SECONDS, 1).look([(registry.address, PASSWORD)])
    assert seen.member == 200
    assert 0 < seen.latency_ms < 4000


def test_so_many_at_a_time_and_no_more(certificate: Certificate) -> None:
    with GatheringRegistry(certificate, 3) as registry:
        assert look(*[registry.address] * 9, concurrency=3) == [FINE] * 9
    assert registry.most_at_once == 3


def test_so_many_at_a_time_in_all_batches_of_a_process_together(certificate: Certificate) -> None:
    """The host lets one process work on several messages at a time, each in a thread of its own."""
    with GatheringRegistry(certificate, 3) as registry, ThreadPoolExecutor(4) as batches:
        probe = HttpProbe(PATIENCE_SECONDS, 3)
        targets = [(registry.address, PASSWORD)] * 4
        seen = list(batches.map(lambda _: plain(probe.look(targets)), range(4)))
    assert seen == [[FINE] * 4] * 4
    assert registry.most_at_once == 3


def test_waiting_for_a_place_is_not_waiting_for_an_answer(certificate: Certificate) -> None:
    with MuteServer(certificate) as mute, TlsServer(certificate) as registry:
        seen = look(mute.address, registry.address, concurrency=1, timeout=SHORT_SECONDS)
    assert seen == [Observation(failure=Failure.TIMEOUT), FINE]


def test_bad_registries_do_not_keep_good_ones_waiting(certificate: Certificate) -> None:
    with ExitStack() as stack:
        bad = [stack.enter_context(MuteServer(certificate)) for _ in range(6)]
        good = [stack.enter_context(TlsServer(certificate)) for _ in range(6)]
        began = time.monotonic()
        seen = look(*(server.address for pair in zip(bad, good, strict=True) for server in pair), timeout=3)
        assert time.monotonic() - began < 3 + MARGIN_SECONDS  # one after the other they would take 18 s
    assert seen == [Observation(failure=Failure.TIMEOUT), FINE] * 6


def test_resolvers_that_hang_do_not_keep_others_waiting(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real one hangs for half a minute when nobody answers it."""
    ask, over = socket.getaddrinfo, threading.Event()

    def hang(host: str, *more: int, **others: int) -> object:
        return over.wait(30) if host.startswith("hang") else ask(host, *more, **others)

    with TlsServer(certificate) as registry:
        monkeypatch.setattr(socket, "getaddrinfo", hang)
        began = time.monotonic()
        seen = look(*["hang.example"] * 3, registry.address, concurrency=1, timeout=SHORT_SECONDS)
        assert time.monotonic() - began < 3 * SHORT_SECONDS + MARGIN_SECONDS
        over.set()
    assert seen == [Observation(failure=Failure.DNS)] * 3 + [FINE]


def test_a_look_that_fails_as_nobody_foresaw_is_one_at_which_nobody_looked(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ask = socket.getaddrinfo

    def fail(host: str, *more: int, **others: int) -> object:
        if host == "odd.example":
            raise RuntimeError("nobody foresaw this")
        return ask(host, *more, **others)

    with TlsServer(certificate) as registry:
        monkeypatch.setattr(socket, "getaddrinfo", fail)
        seen = look("odd.example", "odd.example", registry.address, concurrency=1)
    assert seen == [Observation(), Observation(), FINE]
    assert "the look at odd.example failed" in caplog.text
    assert PASSWORD not in caplog.text
