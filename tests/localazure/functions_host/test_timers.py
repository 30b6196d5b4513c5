"""Timer functions: the whole host with the sample app, and the listener alone with a clock of its own."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localazure.functions_host.functions import TimerTrigger
from localazure.functions_host.schedules import parse_schedule
from localazure.functions_host.timers import ScheduleStatus, StatusFile, TimerListener
from tests.localazure.functions_host.rig import HostProcess, wait_for

YEARLY = "0 0 0 1 1 *"


def test_a_timer_fires_every_second_but_never_overlaps(host: HostProcess) -> None:
    wait_for(lambda: len(host.events("slow_tick")) > 5)
    events = host.events("slow_tick")
    assert [event["begin"] for event in events] == [number % 2 == 0 for number in range(len(events))]
    assert not any(event["past_due"] for event in events if event["begin"])


def test_run_on_startup_runs_once_and_is_not_past_due(host: HostProcess) -> None:
    [event] = wait_for(lambda: host.events("on_startup"))
    assert event["past_due"] is False


def test_a_missed_run_is_made_up_for_once_and_is_past_due(tmp_path: Path) -> None:
    missed = datetime.now(UTC) - timedelta(days=800)
    file = StatusFile(tmp_path / "timers" / "late.json")
    file.save(ScheduleStatus(missed, missed + timedelta(days=365), missed))
    [(reason, info)] = _runs(file, YEARLY)
    assert reason == "timer is past due"
    assert info["IsPastDue"] is True
    assert datetime.fromisoformat(info["ScheduleStatus"]["Last"]) == missed
    assert _runs(file, YEARLY) == [], "it is not past due any more"


def test_a_timer_that_never_ran_is_not_past_due(tmp_path: Path) -> None:
    assert _runs(StatusFile(tmp_path / "new.json"), YEARLY) == []


def test_without_monitoring_nothing_is_made_up_for(tmp_path: Path) -> None:
    missed = datetime.now(UTC) - timedelta(days=800)
    file = StatusFile(tmp_path / "unmonitored.json")
    file.save(ScheduleStatus(missed, missed + timedelta(days=365), missed))
    assert _runs(file, YEARLY, use_monitor=False) == []


def test_a_damaged_status_file_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "damaged.json"
    path.write_text('{"Last": 7')
    assert _runs(StatusFile(path), YEARLY) == []


def test_a_failing_run_is_not_retried_and_the_next_one_is_scheduled(tmp_path: Path) -> None:
    file = StatusFile(tmp_path / "startup.json")
    [(reason, info)] = _runs(file, YEARLY, run_on_startup=True)
    assert (reason, info["IsPastDue"]) == ("run on startup", False)
    saved = file.load()
    assert saved is not None
    assert saved.next == parse_schedule(YEARLY).next_after(saved.last)


@pytest.mark.parametrize("schedule", ["*/1 * * * * *", "00:00:01"])
def test_a_schedule_shorter_than_a_minute_has_no_status(tmp_path: Path, schedule: str) -> None:
    [(reason, info), *_] = _runs(StatusFile(tmp_path / "often.json"), schedule, seconds=1.3)
    assert reason == "timer fired"
    assert info == {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
    assert not (tmp_path / "often.json").exists()


def _runs(
    file: StatusFile,
    schedule: str,
    *,
    seconds: float = 0.1,
    run_on_startup: bool = False,
    use_monitor: bool = True,
) -> list[tuple[str, dict[str, Any]]]:
    """Run a listener for some seconds; gives the reasons and timer data of its invocations."""
    runs = []

    async def invoke(reason: str, info: str) -> None:
        runs.append((reason, json.loads(info)))

    async def scenario() -> None:
        trigger = TimerTrigger(schedule, run_on_startup, use_monitor)
        listener = TimerListener("sample", trigger, parse_schedule(schedule), file, invoke)
        running = asyncio.create_task(listener.run())
        await asyncio.sleep(seconds)
        listener.stop()
        await running

    asyncio.run(scenario())
    return runs
