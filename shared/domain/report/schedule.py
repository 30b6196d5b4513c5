"""When a report is due: a cron expression of five fields, in the time zone in which it is read.

Azure's timers count in UTC: `WEBSITE_TIME_ZONE` does not hold for Linux on the Consumption and Flex plans
(learn.microsoft.com/azure/azure-functions/functions-bindings-timer). So a timer only asks here, every few minutes.
Across a change of the clocks it is as with Debian's cron: nothing is left out, and nothing comes twice.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError


def check_schedule(text: str) -> str:
    """Returns `text`; raises `ValueError` that says what is wrong with it."""
    if len(text.split()) != 5:
        raise ValueError("It must have five fields: minute, hour, day of month, month, day of week")
    try:
        next(CronSim(text, datetime(2000, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"It is not a cron expression: {error}") from None
    except StopIteration:
        raise ValueError("There is no such day") from None
    return text


def last_due(schedule: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The last time at or before `now` at which a report was due, in UTC."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    behind = (minute + timedelta(minutes=1)).astimezone(zone)  # what it is asked for is before that
    return next(CronSim(schedule, behind, reverse=True)).astimezone(UTC)
