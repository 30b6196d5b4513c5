"""OpenTelemetry, by Azure Monitor's distro. Imported only if `TELEMETRY` asks for it, because a start pays for it.

Spans of Azure's SDKs are azure-core's own; values in query strings are redacted there, all but `api-version`.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import override

from azure.core.settings import settings
from azure.monitor.opentelemetry import configure_azure_monitor
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.telemetry.logs import attributes_of_work
from shared.telemetry.metrics import Metric
from shared.telemetry.traces import Value

NAME = "berthage"
TRACEPARENT = "traceparent"
INSTRUMENTED = (
    "azure_sdk",
    "django",
    "fastapi",
    "flask",
    "httpx",
    "httpx2",
    "psycopg2",
    "requests",
    "urllib",
    "urllib3",
)
"""What the distro would instrument by itself; azure-core does that for us, once."""
_propagator = TraceContextTextMapPropagator()


def start(connection_string: str) -> "Monitor":
    """Begins to export, unless the worker or the environment has set up a provider already: two would say all twice."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        _configure(connection_string)
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.add_span_processor(Fields())
    settings.tracing_enabled = True
    return Monitor(trace.get_tracer(NAME), metrics.get_meter(NAME))


def _configure(connection_string: str) -> None:
    # while ingestion is away, a warning for each attempt would be exported itself, and be one more attempt
    logging.getLogger("azure.monitor").setLevel(logging.ERROR)
    # as Microsoft's worker does (azure_functions_runtime/otel.py): the distro's default asks a VM's metadata service
    os.environ.setdefault("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "azure_functions")
    # the distro's default keeps five spans a second, which tears traces apart; an operator's own sampler wins
    sampling = {} if os.environ.get("OTEL_TRACES_SAMPLER") else {"sampling_ratio": 1.0}
    configure_azure_monitor(
        connection_string=connection_string,
        instrumentation_options={name: {"enabled": False} for name in INSTRUMENTED},
        enable_live_metrics=False,  # the host has both already
        enable_performance_counters=False,
        **sampling,
    )


class Fields(SpanProcessor):
    """Every span says what its log lines say: the request, the operation, the turn, the registry."""

    @override
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attributes(attributes_of_work())


class _Running:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, value)


class Monitor:
    """See `traces.Listener`."""

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter) -> None:
        self._tracer, self._meter = tracer, meter

    @contextmanager
    def span(self, name: str, parent: str | None) -> Iterator[_Running]:
        """See `traces.Listener`. Of what is raised it keeps the type alone: messages are the log's."""
        context = None if parent is None else _propagator.extract({TRACEPARENT: parent}, Context())
        with self._tracer.start_as_current_span(
            name, context, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield _Running(span)
            except Exception as error:
                span.set_status(trace.StatusCode.ERROR, type(error).__name__)
                raise

    def traceparent(self) -> str:
        """See `traces.Listener`."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier.get(TRACEPARENT, "")

    def record(self, metric: Metric, amount: float, attributes: Mapping[str, str]) -> None:
        """See `traces.Listener`."""
        instrument = self._instrument(metric)
        if isinstance(instrument, Histogram):
            instrument.record(amount, attributes)
        else:
            instrument.add(amount, attributes)

    @cache  # noqa: B019 - one for the life of the process
    def _instrument(self, metric: Metric) -> Counter | Histogram:
        create = self._meter.create_histogram if metric.distribution else self._meter.create_counter
        return create(metric.name, metric.unit, metric.description)
