"""Timer triggers: no overlap, no retry, and a missed run is made up for at start (TimerListener.cs)."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from localazure.functions_host.functions import TimerTrigger
from localazure.functions_host.schedules import Schedule
from localazure.functions_host.waiting import stopped_within

_logger = logging.getLogger(__name__)

_NEVER = datetime.min.replace(tzinfo=UTC)
_LONGEST_SLEEP = 60.0  # seconds; a laptop that slept, or a clock that was set, is noticed after that
_SHORTEST_MONITORED = timedelta(minutes=1)

Invoke = Callable[[str, str], Awaitable[Any]]
"""Runs the function with the reason, for the log, and the JSON of the timer."""


@dataclass(frozen=True)
class ScheduleStatus:
    """When a timer last ran and when it is due; `updated` is when this was written."""

    last: datetime
    next: datetime
    updated: datetime

    def to_json(self) -> dict[str, str]:
        """As the real host stores it, and hands it to a function."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


class StatusFile:
    """Keeps a timer's status over restarts, in a file of its own where the real host uses a blob."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> ScheduleStatus | None:
        """What was saved, or None if nothing was, or it cannot be read."""
        try:
            saved = json.loads(self._path.read_text(encoding="utf-8"))
            return ScheduleStatus(
                *(datetime.fromisoformat(saved[key]) for key in ("Last", "Next", "LastUpdated"))
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, status: ScheduleStatus) -> None:
        """Replace what was saved, whole."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(status.to_json()), encoding="utf-8")
        temporary.replace(self._path)


class TimerListener:
    """Runs one timer function on its schedule."""

    def __init__(
        self, name: str, trigger: TimerTrigger, schedule: Schedule, status_file: StatusFile, invoke: Invoke
    ) -> None:
        self._name, self._schedule, self._invoke = name, schedule, invoke
        self._run_on_startup = trigger.run_on_startup
        self._stopping = asyncio.Event()
        now = _now()
        # A schedule of less than a minute is not monitored: TimerTriggerAttributeBindingProvider.cs.
        first = schedule.next_after(now)
        often = schedule.next_after(first) - first < _SHORTEST_MONITORED
        self._status_file = status_file if trigger.use_monitor and not often else None
        self._saved = self._status_file.load() if self._status_file else None
        self._status = self._saved or ScheduleStatus(_NEVER, first, _NEVER)

    async def run(self) -> None:
        """Run the function when it is due, until `stop`; a running invocation is waited for."""
        if self._is_past_due(_now()):
            _logger.info("%s: past due since %s", self._name, self._status.next.isoformat(timespec="seconds"))
            await self._run_now("timer is past due", is_past_due=True)
        elif self._run_on_startup:
            await self._run_now("run on startup", unscheduled=True)
        elif self._saved:
            # The schedule may have changed since.
            self._status = self._after(self._saved, _now())
        while not self._stopping.is_set():
            wait = (self._status.next - _now()).total_seconds()
            if wait <= 0:
                await self._run_now("timer fired")
            else:
                await stopped_within(self._stopping, min(wait, _LONGEST_SLEEP))

    def stop(self) -> None:
        """Start no more invocations."""
        self._stopping.set()

    def _is_past_due(self, now: datetime) -> bool:
        return self._saved is not None and self._schedule.next_after(self._saved.last) <= now

    def _after(self, saved: ScheduleStatus, now: datetime) -> ScheduleStatus:
        return ScheduleStatus(saved.last, self._schedule.next_after(now), saved.updated)

    async def _run_now(self, reason: str, *, is_past_due: bool = False, unscheduled: bool = False) -> None:
        if self._stopping.is_set():
            return
        started = _now()
        status = self._status if self._status_file else None
        await self._invoke(reason, timer_info(status, is_past_due=is_past_due))
        if not (is_past_due or unscheduled):
            started = max(started, self._status.next)
        # Counted from the start: what came due while the function ran is run once, at once.
        self._status = ScheduleStatus(started, self._schedule.next_after(started), started)
        if self._status_file:
            self._status_file.save(self._status)


def timer_info(status: ScheduleStatus | None, *, is_past_due: bool) -> str:
    """The JSON that a timer function's parameter is made of."""
    return json.dumps(
        {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status.to_json() if status else None,
            "IsPastDue": is_past_due,
        }
    )


def _now() -> datetime:
    """Local time, as in the real host: on Azure that is UTC."""
    return datetime.now().astimezone()
