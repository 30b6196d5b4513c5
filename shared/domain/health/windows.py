"""How far back somebody looks.

The last 24 hours are exact to the second, as single checks are kept for longer than that. What goes further back is
made of days (UTC): so many before today, and today so far.
"""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum


class Window(StrEnum):
    """As requests and answers write it."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def days(self) -> int:
        """How many, today included; or one back from this very moment."""
        return {Window.DAY: 1, Window.WEEK: 7, Window.MONTH: 30, Window.QUARTER: 90}[self]

    def start(self, now: datetime) -> datetime:
        """When it began, in UTC."""
        now = now.astimezone(UTC)
        if self is Window.DAY:
            return now - timedelta(days=1)
        return datetime.combine(now.date(), time(), UTC) - timedelta(days=self.days - 1)
