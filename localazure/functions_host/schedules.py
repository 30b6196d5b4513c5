"""When a timer is due: NCRONTAB expressions with seconds first, or a constant time span.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions.
"""

from datetime import datetime, timedelta
from typing import Protocol

from croniter import CroniterError, croniter

from localazure.functions_host.host_json import parse_time_span


class Schedule(Protocol):
    """The times at which a timer is due."""

    def next_after(self, moment: datetime) -> datetime:
        """The first time after `moment`."""
        ...


class CronSchedule:
    """Six fields, seconds first, or five without seconds. Raises ValueError for a bad expression."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self.next_after(datetime.now().astimezone())

    def next_after(self, moment: datetime) -> datetime:
        """Day of month and day of week must both fit, which is NCRONTAB's reading and not cron's."""
        cron = croniter(self._expression, moment, second_at_beginning=True, day_or=False)
        found: datetime = cron.get_next(datetime)
        return found


class ConstantSchedule:
    """Every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def next_after(self, moment: datetime) -> datetime:
        """One interval later."""
        return moment + self._interval


def parse_schedule(text: str) -> Schedule:
    """Read a timer's schedule. Raises ValueError with what is wrong."""
    fields = len(text.split())
    if fields == 1:
        seconds = parse_time_span(text)
        if seconds <= 0:
            raise ValueError(f"the schedule '{text}' has no length")
        return ConstantSchedule(seconds)
    if fields not in {5, 6}:
        raise ValueError(f"the schedule '{text}' must have six fields, seconds first")
    try:
        return CronSchedule(text)
    except CroniterError as error:
        raise ValueError(f"the schedule '{text}' is not an NCRONTAB expression: {error}") from error
