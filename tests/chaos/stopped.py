"""A site that somebody stops, and what people are told of it."""

import time

import httpx

from shared.services.health.on_demand import FRESH
from tests.chaos.changes import KEEPER, Asked, is_in
from tests.chaos.registry import END_SECONDS, Registry
from tests.e2e.emulated_azure import SITES

_LATE_SECONDS = 8.0
"""What has not been told by then waits for its deadline."""


def suspect(registry: Registry) -> list[Asked]:
    """It is stopped behind the product's back, and has been seen like that once."""
    _switch(registry, "stop")
    _check(registry)
    time.sleep(FRESH.total_seconds() + 0.2)  # whoever asks sooner gets what this check has found
    return []


def confirm(registry: Registry) -> list[Asked]:
    """The second look makes it a state, and that is told."""
    registry.is_worn = True
    began = time.monotonic()
    while not registry.cloud.notices.told(registry.name):
        waited = time.monotonic() - began
        assert waited < END_SECONDS, (
            f"nobody is told that it is down: {registry.cloud.notices.of(registry.name)}"
        )
        _check(registry)
        if waited > _LATE_SECONDS:
            registry.cloud.notices.let_two_minutes_go_by(registry.name)
        time.sleep(1)
    _switch(registry, "start")
    return [Asked(None, lambda: is_in(registry, KEEPER))]


def _check(registry: Registry) -> None:
    registry.ask("POST", f"{registry.path}/health/check")


def _switch(registry: Registry, action: str) -> None:
    """As somebody does it in Azure's portal, and again where Azure is away."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            found = [each for each in registry.cloud.resources() if each["type"] == SITES]
            [site] = [each["name"] for each in found if each["name"].startswith(f"{registry.name}-")]
            registry.cloud.azure.resource_manager("POST", SITES, f"/{site}/{action}")
        except httpx.HTTPError:
            assert time.monotonic() < deadline, f"nobody can {action} the site of {registry.name}"
            time.sleep(1)
        else:
            return
