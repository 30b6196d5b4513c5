"""The adapter on a real OpenTelemetry SDK whose exporters keep what they get."""

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from shared.azure.monitor import Fields, Monitor
from shared.telemetry.logs import bound
from shared.telemetry.metrics import OPERATIONS, TURN_SECONDS

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Heard:
    """A monitor and what it exported."""

    def __init__(self) -> None:
        self._exporter, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers, meters = (
            TracerProvider(shutdown_on_exit=False),
            MeterProvider([self._reader], shutdown_on_exit=False),
        )
        tracers.add_span_processor(Fields())
        tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.monitor = Monitor(tracers.get_tracer("test"), meters.get_meter("test"))

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._exporter.get_finished_spans()}

    def metrics(self) -> dict[str, list[tuple[dict[str, object], object]]]:
        data = self._reader.get_metrics_data()
        assert data is not None
        [resource] = data.resource_metrics
        [scope] = resource.scope_metrics
        return {
            metric.name: [
                (dict(point.attributes or {}), getattr(point, "value", getattr(point, "sum", None)))
                for point in metric.data.data_points
            ]
            for metric in scope.metrics
        }


@pytest.fixture
def heard() -> Heard:
    return Heard()


def context_of(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context


def trace_of(span: ReadableSpan) -> str:
    return f"{context_of(span).trace_id:032x}"


def test_a_parent_s_trace_goes_on(heard: Heard) -> None:
    with heard.monitor.span("turn", PARENT):
        pass
    turn = heard.spans()["turn"]
    assert trace_of(turn) == TRACE
    assert turn.parent is not None
    assert f"{turn.parent.span_id:016x}" == "b7ad6b7169203331"


@pytest.mark.parametrize("parent", ["", "nonsense", f"00-{'0' * 32}-{'0' * 16}-01", "a\nb", "x" * 10_000])
def test_what_is_no_parent_begins_a_trace_whatever_is_around(heard: Heard, parent: str) -> None:
    with heard.monitor.span("around", PARENT), heard.monitor.span("turn", parent):
        pass
    assert heard.spans()["turn"].parent is None
    assert trace_of(heard.spans()["turn"]) != TRACE


def test_a_traceparent_carries_a_trace_to_another_process(heard: Heard) -> None:
    assert heard.monitor.traceparent() == ""
    with heard.monitor.span("request", ""):
        carried = heard.monitor.traceparent()
    with heard.monitor.span("turn", carried):
        pass
    spans = heard.spans()
    assert trace_of(spans["turn"]) == trace_of(spans["request"])
    assert spans["turn"].parent is not None
    assert spans["turn"].parent.span_id == context_of(spans["request"]).span_id


def test_a_span_has_the_fields_of_its_log_lines(heard: Heard) -> None:
    with bound(operation="demo.1", turn=2), heard.monitor.span("turn", "") as span:
        span.set("berthage.outcome", "Again")
    assert dict(heard.spans()["turn"].attributes or {}) == {
        "berthage.operation": "demo.1",
        "berthage.turn": "2",
        "berthage.outcome": "Again",
    }


def test_of_an_error_only_its_type_is_kept(heard: Heard) -> None:
    with pytest.raises(RuntimeError), heard.monitor.span("turn", ""):
        raise RuntimeError("password=hush")
    turn = heard.spans()["turn"]
    assert turn.status.description == "RuntimeError"
    assert "hush" not in turn.to_json()


def test_sums_add_up_and_distributions_spread(heard: Heard) -> None:
    for seconds in (1.0, 2.5):
        heard.monitor.record(OPERATIONS, 1, {"kind": "x"})
        heard.monitor.record(TURN_SECONDS, seconds, {"kind": "x"})
    assert heard.metrics() == {
        OPERATIONS.name: [({"kind": "x"}, 2)],
        TURN_SECONDS.name: [({"kind": "x"}, 3.5)],
    }
