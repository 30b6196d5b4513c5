"""When the next sweep is due, by the six fields of the timer's schedule (NCRONTAB, seconds first; it counts in UTC)."""

from datetime import UTC, datetime


def next_sweep(schedule: str, now: datetime) -> datetime | None:
    """`None` for a schedule that can't be read here: the host takes durations, too."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - a cold start of other functions need not pay for it

    try:
        return next(CronSim(schedule, now.astimezone(UTC)))
    except (CronSimError, StopIteration):
        return None
