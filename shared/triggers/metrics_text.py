"""Figures as Prometheus reads them (prometheus.io/docs/instrumenting/exposition_formats): names, labels and units.

A figure that is not known has no sample: nothing may look like a zero that is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from shared.domain.health.board import BoardEntry, Sweep
from shared.domain.health.codes import HealthState
from shared.services.health.metrics import Metrics
from shared.triggers.answers import Text

if TYPE_CHECKING:
    from prometheus_client.metrics_core import GaugeMetricFamily

# ruff: noqa: PLC0415 - only who asks for metrics pays for the library
PLAIN, OPEN_METRICS = "text/plain", "application/openmetrics-text"
_CHARSET = "; charset=utf-8"
_UP = {HealthState.HEALTHY: 1, HealthState.DEGRADED: 1, HealthState.DOWN: 0}
"""Whether its users can use it. Of the other states nobody can say."""


def metrics_text(accept: str, found: Metrics) -> Text:
    """In the format that the header `Accept` asks for: OpenMetrics, or else Prometheus's own."""
    from prometheus_client.exposition import choose_encoder

    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    encode, content_type = choose_encoder(OPEN_METRICS if OPEN_METRICS in kinds else "")
    media_type = (
        content_type if content_type.startswith(OPEN_METRICS) else content_type.removesuffix(_CHARSET)
    )
    return Text(encode(_Collector(found)).decode(), media_type)


class _Collector:
    """What the library asks for families."""

    def __init__(self, found: Metrics) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family after the other."""
        yield from _of_registries(self._found)
        yield from _of_sweep(self._found.sweep)
        family = _gauge(
            "berthage_deliveries", "Notices of the last 24 hours, by sink and status.", "sink", "status"
        )
        for (sink, status), number in sorted(self._found.deliveries.items()):
            family.add_metric([sink, status.value], number)
        yield family


def _of_registries(found: Metrics) -> Iterator[GaugeMetricFamily]:
    for name, meaning, figure in _FIGURES:
        family = _gauge(f"berthage_registry_{name}", meaning, "registry")
        for entry in found.registries:
            value = figure(entry)
            if value is not None:
                family.add_metric([entry.name], value)
        yield family
    yield _states(found)


def _states(found: Metrics) -> GaugeMetricFamily:
    family = _gauge("berthage_registry_state", "1 for the state that it is in.", "registry", "state")
    for entry in found.registries:
        for state in HealthState:
            family.add_metric([entry.name, state.value], entry.state is state)
    return family


def _of_sweep(sweep: Sweep | None) -> Iterator[GaugeMetricFamily]:
    began = _gauge("berthage_sweep_start_timestamp_seconds", "When the last sweep that has ended began.")
    lasted = _gauge("berthage_sweep_duration_seconds", "How long it took.")
    looked = _gauge("berthage_sweep_registries", "How many registries it looked at.")
    if sweep and sweep.ended_at:
        began.add_metric([], sweep.started_at.timestamp())
        lasted.add_metric([], (sweep.ended_at - sweep.started_at).total_seconds())
        looked.add_metric([], sum(sweep.states.values()))
    yield from (began, lasted, looked)


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    from prometheus_client.metrics_core import GaugeMetricFamily

    return GaugeMetricFamily(name, meaning, labels=labels)


def _up(entry: BoardEntry) -> float | None:
    return _UP.get(entry.state)


def _latency(entry: BoardEntry) -> float | None:
    return None if entry.latency_ms is None else entry.latency_ms / 1000


def _stamp(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


_FIGURES: tuple[tuple[str, str, Callable[[BoardEntry], float | None]], ...] = (
    ("up", "1: its users can use it, 0: they can't. Absent in Maintenance and Unknown.", _up),
    ("latency_seconds", "Of the last check's login.", _latency),
    ("last_check_timestamp_seconds", "When it was last looked at.", lambda entry: _stamp(entry.checked_at)),
    (
        "state_since_timestamp_seconds",
        "When it came into its state.",
        lambda entry: _stamp(entry.since),
    ),
    (
        "muted_until_timestamp_seconds",
        "Until when nobody is told of its changes of state.",
        lambda entry: _stamp(entry.muted_until),
    ),
    (
        "certificate_expiry_timestamp_seconds",
        "When the login server's certificate ends.",
        lambda entry: _stamp(entry.certificate_expires),
    ),
    ("size_bytes", "Of its blobs, at the last daily count.", lambda entry: entry.size_bytes),
    ("users", "How many users it has.", lambda entry: entry.user_count),
)
