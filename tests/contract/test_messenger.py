"""The `Messenger` port: one suite for the in-memory one and for the one that speaks to a server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.notices.sinks import Address, Sink, SinkKind
from shared.ports import Messenger
from shared.sinks import sender
from shared.sinks.messenger import SinkMessenger
from shared.sinks.sender import Sender
from tests.contract.sink_servers import SinkServer, status
from tests.fakes import FakeMessenger
from tests.unit.sinks.examples import told


@dataclass
class Spoken:
    """A messenger that knows the sink `ops`, and what became of its messages."""

    messenger: Messenger
    arrived: Callable[[], int]
    fail: Callable[[int], None]
    """From now on `ops` answers with that status."""


@contextmanager
def in_memory() -> Iterator[Spoken]:
    fake = FakeMessenger(failures={"stranger": PermanentError("SinkNotFound", "it is not there", "")})

    def fail(code: int) -> None:
        gone = PermanentError("SinkRefused", f"it answered {code}", "Look.")
        later = TemporaryError("SinkThrottled", f"it answered {code}", 7)
        fake.failures["ops"] = later if code == 429 else gone

    yield Spoken(fake, lambda: len(fake.told), fail)


@contextmanager
def over_https(folder: Path) -> Iterator[Spoken]:
    ca = trustme.CA()
    files = folder / "ca.pem", folder / "chain.pem", folder / "key.pem"
    issued = ca.issue_cert("localhost")
    ca.cert_pem.write_to_path(str(files[0]))
    issued.cert_chain_pems[0].write_to_path(str(files[1]))
    issued.private_key_pem.write_to_path(str(files[2]))
    with pytest.MonkeyPatch.context() as environment, SinkServer(files[1:]) as server:
        environment.setenv("SSL_CERT_FILE", str(files[0]))
        sender._trust.cache_clear()
        sinks = [Sink(name="ops", kind=SinkKind.TEAMS)]
        addresses = {"ops": Address(server.url("/s3cret"))}
        real = SinkMessenger(sinks, addresses, Sender(["localhost"]), lambda: datetime.now(UTC))
        failed = status(429, Retry_After="7")

        def fail(code: int) -> None:
            server.answers = [failed if code == 429 else status(code)]
            server.received.clear()

        good = server.answers
        yield Spoken(real, lambda: len(server.received) if server.answers == good else 0, fail)
    sender._trust.cache_clear()


@pytest.fixture(params=["in memory", "over HTTPS"])
def spoken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spoken]:
    with in_memory() if request.param == "in memory" else over_https(tmp_path) as found:
        yield found


def test_what_is_sent_arrives_once(spoken: Spoken) -> None:
    spoken.messenger.send("ops", told())
    assert spoken.arrived() == 1


def test_who_refuses_is_a_permanent_error(spoken: Spoken) -> None:
    spoken.fail(404)
    with pytest.raises(PermanentError, match="it answered 404") as refused:
        spoken.messenger.send("ops", told())
    assert refused.value.code == "SinkRefused"
    assert spoken.arrived() == 0


def test_who_throttles_is_a_temporary_error_that_says_for_how_long(spoken: Spoken) -> None:
    spoken.fail(429)
    with pytest.raises(TemporaryError, match="it answered 429") as throttled:
        spoken.messenger.send("ops", told())
    assert (throttled.value.code, throttled.value.retry_after) == ("SinkThrottled", 7)
    assert spoken.arrived() == 0


def test_a_sink_that_nobody_knows_is_a_permanent_error(spoken: Spoken) -> None:
    with pytest.raises(PermanentError, match="SinkNotFound"):
        spoken.messenger.send("stranger", told())
