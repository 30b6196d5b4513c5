"""Times as people read them: in their own zone, and the shorter the nearer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_WHOLE_DAYS_FROM = 10 * _DAY
"""Of something that old nobody wants to know the hours."""


@dataclass(frozen=True)
class Moment:
    """One moment. `iso` is for machines, `full` for whoever wants to know it exactly."""

    iso: str
    text: str
    full: str


class Times:
    """What the clock says, in the zone of the page's readers."""

    def __init__(self, now: datetime, zone: str) -> None:
        self.now = now.astimezone(UTC)
        self.zone = zone
        self._zone = ZoneInfo(zone)

    def moment(self, at: datetime) -> Moment:
        """`06:38`, if that was today, else `12 Nov, 06:38`, with the year if it was another one."""
        here, today = at.astimezone(self._zone), self._today()
        clock = self.clock(at)
        year = f" {here.year}" if here.year != today.year else ""
        text = clock if here.date() == today else f"{here.day} {here:%b}{year}, {clock}"
        full = f"{here:%a} {here.day} {here:%b %Y, %H:%M:%S} ({self.zone})"
        return Moment(here.isoformat(timespec="seconds"), text, full)

    def clock(self, at: datetime) -> str:
        """`06:38`."""
        return f"{at.astimezone(self._zone):%H:%M}"

    def ago(self, at: datetime) -> str:
        """`2 min ago`."""
        seconds = self._seconds(at, None)
        return "just now" if seconds < _MINUTE else f"{lasting(seconds)} ago"

    def lasted(self, since: datetime, until: datetime | None = None) -> str:
        """How long from then on, until now or `until`."""
        return lasting(self._seconds(since, until))

    def day(self, at: datetime) -> date:
        """Its day, there."""
        return at.astimezone(self._zone).date()

    def day_name(self, day: date) -> str:
        """`Today`, `Yesterday`, or `Thu 12 Nov`."""
        back = (self._today() - day).days
        return {0: "Today", 1: "Yesterday"}.get(back) or named(day)

    def _today(self) -> date:
        return self.day(self.now)

    def _seconds(self, since: datetime, until: datetime | None) -> float:
        return max(0.0, ((until or self.now) - since) / timedelta(seconds=1))


def lasting(seconds: float) -> str:
    """The two largest units: `22 min`, `3 h 12 min`, `2 d 5 h`, `23 d`."""
    whole = int(seconds)
    if whole < _MINUTE:
        return "under 1 min"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return _two(whole // _HOUR, "h", whole % _HOUR // _MINUTE, "min")
    if whole < _WHOLE_DAYS_FROM:
        return _two(whole // _DAY, "d", whole % _DAY // _HOUR, "h")
    return f"{whole // _DAY} d"


def named(day: date) -> str:
    """`Thu 12 Nov`: always in English, whatever the machine speaks."""
    return f"{day:%a} {day.day} {day:%b}"


def _two(first: int, unit: str, second: int, small_unit: str) -> str:
    return f"{first} {unit} {second} {small_unit}" if second else f"{first} {unit}"
