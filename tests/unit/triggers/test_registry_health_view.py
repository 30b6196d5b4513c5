"""What the API says of a registry's health, whatever it is in."""

import re
from typing import Any

import pytest

from shared.domain.health.codes import HealthState
from shared.domain.health.mute import MuteSpec
from shared.domain.health.observation import Failure
from shared.domain.health.windows import Window
from shared.services.health.history import HealthHistory
from shared.triggers.views.registry_health import registry_health_view
from tests.unit.services.health.rows import day, keep
from tests.unit.services.rig import ME, NAME, Rig

SCHEDULE = "0 */5 * * * *"
NOTHING_SAID = {"code": None, "severity": None, "evidence": None, "since": None, "checkedAt": None}


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.create()
    return rig


def shown(rig: Rig, window: Window | None = None) -> dict[str, Any]:
    history = HealthHistory(rig.registries, rig.health_table, rig.mutes, SCHEDULE, rig.clock)
    return registry_health_view("https://api.example", history.of(NAME, window)).plain()


def of(found: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in names}


def test_before_the_first_check_it_says_when_that_comes(rig: Rig) -> None:
    found = shown(rig)
    assert found["state"] == "Unknown"
    assert of(found, NOTHING_SAID) == NOTHING_SAID
    assert re.search(r"the next sweep does at 2026-01-01 00:05:00 UTC\.$", found["message"])
    assert found["nextCheck"] == "2026-01-01T00:05:00.000Z"
    assert found["fix"] == "POST /api/registries/demo/health/check"
    assert "history" not in found


def test_what_was_found_is_told_with_its_fix_and_evidence(rig: Rig) -> None:
    rig.sweep()
    rig.clock.advance(300)
    rig.probe.failures[str(rig.registry().login_server)] = Failure.DNS
    rig.confirmed_sweep()
    found = shown(rig)
    assert (found["state"], found["code"], found["severity"]) == ("Down", "DNS_ERROR", "critical")
    assert found["fix"]
    assert found["findings"][0] == of(
        found, {"code": 0, "severity": 0, "message": 0, "fix": 0, "evidence": 0}
    )
    assert found["latencyMilliseconds"] is None
    assert found["suspectedAt"] is None


def test_what_is_not_confirmed_says_since_when_it_is_suspected(rig: Rig) -> None:
    rig.sweep()
    rig.clock.advance(300)
    rig.probe.failures[str(rig.registry().login_server)] = Failure.DNS
    rig.sweep()
    found = shown(rig)
    assert (found["state"], found["code"]) == ("Healthy", "DNS_ERROR")
    assert found["suspectedAt"] == found["checkedAt"]


def test_a_maintenance_names_the_operation_and_how_far_it_is() -> None:
    rig = Rig(looks=2)
    operation = rig.put().operation
    assert operation
    rig.step()
    found = shown(rig)
    assert (found["state"], found["code"], found["severity"]) == ("Maintenance", "MAINTENANCE", "ok")
    work = found["maintenance"]
    assert work["kind"] == "CreateRegistry"
    assert work["url"] == f"https://api.example/api/operations/{operation.id}"
    done, total = work["stepsDone"], work["stepsTotal"]
    assert 0 <= done <= total
    assert total == len(rig.operation(operation.id).steps) > 0
    assert found["evidence"] == f"CreateRegistry: {done} of {total} steps are done"


def test_what_is_deleted_names_the_way_back(rig: Rig) -> None:
    rig.soft_deleted()
    found = shown(rig)
    assert (found["state"], found["nextCheck"]) == ("Unknown", None)
    assert "/restore" in found["fix"]


def test_a_mute_says_until_when_and_why_and_by_whom(rig: Rig) -> None:
    until = "2026-01-02T00:00:00.000Z"
    rig.mutes.mute(NAME, MuteSpec.model_validate({"until": until, "reason": "the network moves"}), ME)
    assert shown(rig)["muted"] == {
        "until": until,
        "reason": "the network moves",
        "by": ME.actor,
    }


def test_a_day_is_its_seconds_its_uptime_and_its_latencies(rig: Rig) -> None:
    seconds = {HealthState.DOWN: 600.4, HealthState.HEALTHY: 5400.0, HealthState.MAINTENANCE: 60.0}
    latencies = {40: 90, 100: 5, 250: 5}
    keep(rig, day(rig, 1, seconds=seconds, latencies=latencies, size_bytes=7_000_000_000, blobs=12))
    [found] = shown(rig, Window.QUARTER)["history"]["days"]
    assert found == {
        "day": "2025-12-31",
        "seconds": {"Healthy": 5400, "Down": 600, "Maintenance": 60},
        "uptime": pytest.approx(5400 / 6000.4),
        "p50Milliseconds": 40,
        "p95Milliseconds": 100,
        "sizeBytes": 7_000_000_000,
        "blobs": 12,
    }


def test_a_history_says_which_time_it_is_of(rig: Rig) -> None:
    rig.sweep()
    day_, week = (shown(rig, window)["history"] for window in (Window.DAY, Window.WEEK))
    assert (day_["window"], len(day_["checks"]), day_["incidents"]) == ("24h", 1, [])
    assert "days" not in day_
    assert (week["window"], week["since"]) == ("7d", "2025-12-26T00:00:00.000Z")
    assert "checks" not in week
