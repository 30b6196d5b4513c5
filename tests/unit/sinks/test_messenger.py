"""What an answer of a sink means: it has arrived, it will do better later, or never."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.notices.sinks import Address, Sink, SinkKind
from shared.sinks.messenger import SinkMessenger
from shared.sinks.patience import retry_after
from shared.sinks.sender import Answer, NoAnswerError, Sender
from tests.unit.sinks.examples import told

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
URL = "https://hooks.example/services/s3cret"


class Scripted(Sender):
    """Answers what it is told to."""

    def __init__(self, answer: Answer | NoAnswerError) -> None:
        super().__init__(())
        self._answer = answer
        self.posted: list[tuple[str, Mapping[str, str], bytes]] = []

    def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        self.posted.append((url, headers, content))
        if isinstance(self._answer, NoAnswerError):
            raise self._answer
        return self._answer


def messenger(answer: Answer | NoAnswerError, kind: SinkKind = SinkKind.SLACK) -> SinkMessenger:
    sinks = [Sink(name="ops", kind=kind)]
    return SinkMessenger(sinks, {"ops": Address(URL, bytes(32))}, Scripted(answer), lambda: NOW)


def failure(answer: Answer | NoAnswerError) -> TemporaryError | PermanentError:
    with pytest.raises((TemporaryError, PermanentError)) as failed:
        messenger(answer).send("ops", told())
    assert failed.value.__context__ is None, "what lies behind it could show more than it says"
    assert "s3cret" not in repr(failed.value)
    assert "hooks.example" not in repr(failed.value)
    assert isinstance(failed.value, TemporaryError | PermanentError)
    return failed.value


@pytest.mark.parametrize("kind", SinkKind)
@pytest.mark.parametrize("status", [200, 202, 204])
def test_two_hundred_and_something_has_arrived(kind: SinkKind, status: int) -> None:
    messenger(Answer(status), kind).send("ops", told())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422, 301, 302, 307, 308, 304])
def test_who_refuses_once_refuses_again(status: int) -> None:
    error = failure(Answer(status))
    assert isinstance(error, PermanentError)
    assert str(error) == f"SinkRefused: it answered {status}"
    assert "docs/health.md" in error.fix


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    error = failure(Answer(status))
    assert isinstance(error, TemporaryError)
    assert f"it answered {status}" in str(error)


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), ("", 30), ("soon", 30), ("0", 0)])
def test_who_throttles_is_obeyed(value: str, seconds: float) -> None:
    error = failure(Answer(429, value))
    assert isinstance(error, TemporaryError)
    assert (error.code, error.retry_after) == ("SinkThrottled", seconds)


def test_a_sink_that_has_asked_for_it_is_left_alone_by_whatever_comes_next() -> None:
    now = [NOW]
    sender = Scripted(Answer(429, "60"))
    sinks = [Sink(name=name, kind=SinkKind.SLACK) for name in ("ops", "other")]
    addresses = {sink.name: Address(URL) for sink in sinks}
    speaks = SinkMessenger(sinks, addresses, sender, lambda: now[0])
    for _ in range(2):
        with pytest.raises(TemporaryError) as failed:
            speaks.send("ops", told())
        assert failed.value.retry_after == 60
    assert len(sender.posted) == 1
    with pytest.raises(TemporaryError):
        speaks.send("other", told())
    now[0] += timedelta(seconds=60)
    with pytest.raises(TemporaryError):
        speaks.send("ops", told())
    assert len(sender.posted) == 3


def test_nobody_is_left_alone_for_longer_than_an_hour() -> None:
    """A receiver that asks for a year by mistake would get nothing before this process ends."""
    error = failure(Answer(503, "31536000"))
    assert isinstance(error, TemporaryError)
    assert error.retry_after == 3600


@pytest.mark.parametrize("reason", ["timeout", "dns", "tls", "connection"])
def test_who_does_not_answer_is_asked_again(reason: str) -> None:
    error = failure(NoAnswerError(reason))
    assert isinstance(error, TemporaryError)
    assert error.code == "SinkUnreachable"


def test_an_address_that_is_not_allowed_is_a_matter_of_settings() -> None:
    error = failure(NoAnswerError("address"))
    assert isinstance(error, PermanentError)
    assert error.code == "SinkAddressNotAllowed"
    assert "SINK_ALLOWED_HOSTS" in error.fix


def test_a_sink_that_is_not_configured_any_more_gets_nothing() -> None:
    sender = Scripted(Answer(200))
    with pytest.raises(PermanentError, match="SinkNotFound"):
        SinkMessenger([], {}, sender, lambda: NOW).send("ops", told())
    assert sender.posted == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"no_service", " no_service"),
        (b"channel_is_archived", " channel_is_archived"),
        (b"s3cret", ""),
        (b"no_service s3cret", ""),
        (b"<html>s3cret", ""),
        (b"\xff", ""),
    ],
)
def test_of_an_answer_only_slack_s_own_words_are_repeated(said: bytes, shown: str) -> None:
    assert str(failure(Answer(404, "", said))) == f"SinkRefused: it answered 404{shown}"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("1.5", 1.5),
        ("Thu, 26 Nov 2026 07:01:00 GMT", 60),
        ("Thu, 26 Nov 2026 06:00:00 GMT", 0),
        ("-5", None),
        ("9" * 400, None),
        ("\ufffd", None),
        ("", None),
        ("Thu, 99 Nov 2026 07:01:00 GMT", None),
    ],
)
def test_when_a_sink_wants_to_be_asked_again(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
