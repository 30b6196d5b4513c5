"""Who hears of spans and metrics, and from when on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import override

import pytest

from shared import bootstrap
from shared.telemetry.metrics import OPERATIONS, Metric
from shared.telemetry.threads import ContextThreadPool
from shared.telemetry.traces import Nobody, Span, Telemetry
from tests.unit.test_settings import GIVEN

KEY = "InstrumentationKey=11111111-1111-4111-8111-111111111111"


class Ear(Nobody):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    @override
    @contextmanager
    def span(self, name: str, parent: str | None) -> Iterator[Span]:
        self.heard.append((name, parent))
        yield self

    @override
    def record(self, metric: Metric, amount: float, attributes: Mapping[str, str]) -> None:
        self.heard.append((metric.name, amount, attributes))


def test_without_a_listener_work_is_done_all_the_same() -> None:
    telemetry = Telemetry()
    with telemetry.span("turn") as span:
        span.set("berthage.outcome", "Again")
        telemetry.record(OPERATIONS)
    assert telemetry.traceparent() == ""


def test_a_listener_is_chosen_once_by_the_first_work() -> None:
    chosen: list[Ear] = []

    def choose() -> Ear:
        chosen.append(Ear())
        return chosen[-1]

    telemetry = Telemetry()
    telemetry.listen_with(choose)
    assert chosen == []
    with ContextThreadPool(8) as pool:
        list(pool.map(lambda _: telemetry.record(OPERATIONS, 2, kind="x"), range(50)))
    [ear] = chosen
    assert ear.heard == [("berthage.operations", 2, {"kind": "x"})] * 50


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"TELEMETRY": "off", "APPLICATIONINSIGHTS_CONNECTION_STRING": KEY},
        {"APPLICATIONINSIGHTS_CONNECTION_STRING": KEY},
        {"TELEMETRY": "azure-monitor"},
        {"TELEMETRY": "azure-monitor", "APPLICATIONINSIGHTS_CONNECTION_STRING": KEY, "PROBE_KEY": ""},
    ],
    ids=["nothing", "off", "the host's own", "no connection string", "unusable settings"],
)
def test_nobody_listens_unless_the_settings_say_who(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**GIVEN, **settings}.items():
        monkeypatch.setenv(name, value)
    assert type(bootstrap._listener()) is Nobody


def test_telemetry_that_can_not_be_started_stops_no_work_and_shows_no_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TELEMETRY", "azure-monitor")
    monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", f"{KEY};Torn")
    assert type(bootstrap._listener()) is Nobody
    assert "telemetry is off: it could not be started (ValueError)" in caplog.text
    assert "1111" not in caplog.text
