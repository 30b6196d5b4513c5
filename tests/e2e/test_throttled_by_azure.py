"""Resource Manager allows less than a create asks for: it takes longer, and nobody hammers."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.e2e.emulated_azure import Json
from tests.e2e.local_azure import LocalAzure

LIMITS = {"reads": 12, "writes": 3, "seconds": 5}
"""A create needs about three times as many of each."""
IN_FLIGHT_SECONDS = 1.0
"""Requests that go out side by side are all refused before the first refusal is known."""


@pytest.fixture
def tight(local: LocalAzure) -> Iterator[int]:
    """The limits, until the test ends; where the log of requests stands."""
    before = [entry["sequence"] for entry in local.azure.requests()]
    local.azure.control("PUT", "throttling", LIMITS)
    yield max(before, default=0)
    local.azure.control("PUT", "throttling", {})


def came_at(entry: Json) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp()


def provider(entry: Json) -> str:
    found: str = entry["path"].lower().partition("/providers/microsoft.")[2].partition("/")[0]
    return found


def test_a_create_under_a_tight_quota_succeeds_and_asks_again_only_when_it_may(
    local: LocalAzure, tight: int
) -> None:
    created = local.api.finish(local.api.call("PUT", "registries/patient", 201, {}), 180)
    assert created["kind"] == "CreateRegistry"
    asked = [entry for entry in local.azure.requests(tight) if entry["path"].startswith("/subscriptions")]
    refused = [entry for entry in asked if entry["status"] == 429]
    assert refused, f"{len(asked)} requests were not throttled: the quota is too wide"
    for refusal in refused:
        until = came_at(refusal) + int(refusal["response_headers"]["retry-after"])
        known = came_at(refusal) + IN_FLIGHT_SECONDS
        too_early = [e for e in asked if provider(e) == provider(refusal) and known < came_at(e) < until]
        assert too_early == [], refusal
    assert len(refused) < len(asked) / 4, f"{len(asked)} requests, {len(refused)} of them refused"
    local.azure.control("PUT", "throttling", {})
    local.api.delete_registry("patient")
