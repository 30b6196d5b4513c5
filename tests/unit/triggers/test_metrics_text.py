"""Figures as Prometheus's own parsers read them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from shared.domain.health.board import Sweep
from shared.domain.health.codes import HealthState
from shared.domain.notices.notice import DeliveryStatus
from shared.services.health.metrics import Metrics
from shared.triggers.metrics_text import metrics_text
from tests.unit.services.health.boards import entry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SWEEP = Sweep(
    id_key="01KAXQ3Z6V8Y0T9M2N4P5R7S1W",
    started_at=NOW,
    registries=3,  # one of them is deleted
    batches=1,
    states={HealthState.HEALTHY: 1, HealthState.DOWN: 1},
    ended_at=NOW + timedelta(seconds=2.5),
)
type Parser = Callable[[str], Iterable[Metric]]
type Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(found: Metrics, accept: str = "", parse: Parser = plain) -> Samples:
    """By name and the values of the labels."""
    families = parse(metrics_text(accept, found).content)
    return {
        (sample.name.removeprefix("berthage_"), tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def of_one(**more: Any) -> Samples:
    return samples(Metrics([entry("demo", NOW, **more)], None, {}))


def test_the_figures_of_a_registry() -> None:
    found = of_one(
        certificate_expires=NOW + timedelta(days=90),
        size_bytes=5_000_000_000,
        user_count=3,
        muted_until=NOW + timedelta(hours=1),
    )
    of_demo = {name: value for (name, labels), value in found.items() if labels == ("demo",)}
    assert of_demo == {
        "registry_up": 1,
        "registry_latency_seconds": 0.041,
        "registry_last_check_timestamp_seconds": NOW.timestamp(),
        "registry_state_since_timestamp_seconds": NOW.timestamp() - 3600,
        "registry_muted_until_timestamp_seconds": NOW.timestamp() + 3600,
        "registry_certificate_expiry_timestamp_seconds": NOW.timestamp() + 90 * 86400,
        "registry_size_bytes": 5_000_000_000,
        "registry_users": 3,
    }


@pytest.mark.parametrize(
    ("state", "up"), [("Healthy", 1), ("Degraded", 1), ("Down", 0), ("Maintenance", None), ("Unknown", None)]
)
def test_of_a_state_one_is_one_and_up_is_only_what_is_known(state: str, up: float | None) -> None:
    found = of_one(state=HealthState(state))
    states = {labels[1]: value for (name, labels), value in found.items() if name == "registry_state"}
    assert states == {each.value: float(each == state) for each in HealthState}
    assert found.get(("registry_up", ("demo",))) == up


def test_what_is_not_known_has_no_sample() -> None:
    found = of_one(latency_ms=None)
    names = {name for name, labels in found if labels == ("demo",)}
    assert names == {
        "registry_up",
        "registry_last_check_timestamp_seconds",
        "registry_state_since_timestamp_seconds",
    }


def test_the_last_sweep_and_deliveries() -> None:
    deliveries = {("ops", DeliveryStatus.FAILED): 2, ("ops", DeliveryStatus.PENDING): 1}
    assert samples(Metrics([], SWEEP, deliveries)) == {
        ("sweep_start_timestamp_seconds", ()): NOW.timestamp(),
        ("sweep_duration_seconds", ()): 2.5,
        ("sweep_registries", ()): 2,
        ("deliveries", ("ops", "Failed")): 2,
        ("deliveries", ("ops", "Pending")): 1,
    }


@pytest.mark.parametrize(
    ("accept", "media_type", "parse"),
    [
        ("", "text/plain; version=0.0.4", plain),
        ("*/*", "text/plain; version=0.0.4", plain),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", "text/plain; version=0.0.4", plain),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            open_metrics,
        ),
        (
            "Application/OpenMetrics-Text; version=nonsense",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            open_metrics,
        ),
    ],
)
def test_the_header_accept_chooses_the_format(accept: str, media_type: str, parse: Parser) -> None:
    found = Metrics([entry("demo", NOW)], SWEEP, {})
    assert metrics_text(accept, found).media_type == media_type
    assert samples(found, accept, parse) == samples(found)


@given(st.text(max_size=60))
def test_no_header_makes_it_fail(accept: str) -> None:
    assert metrics_text(accept, Metrics([], SWEEP, {})).content


@given(sink=st.text(max_size=12))
def test_a_label_may_hold_anything(sink: str) -> None:
    found = Metrics([], None, {(sink, DeliveryStatus.PENDING): 1})
    assert list(samples(found, "application/openmetrics-text", open_metrics)) == [
        ("deliveries", (sink, "Pending"))
    ]
