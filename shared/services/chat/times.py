"""Times as people in a chat read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.notices.telling import duration
from shared.services.state import Clock


@dataclass(frozen=True)
class Times:
    """In one zone, seen from now."""

    now: Clock
    zone: ZoneInfo

    def day(self, at: datetime) -> str:
        """`5 Dec`; of another year `5 Jan 2027`."""
        local, today = at.astimezone(self.zone), self.now().astimezone(self.zone)
        return f"{local.day} {local:%b}" + ("" if local.year == today.year else f" {local.year}")

    def moment(self, at: datetime) -> str:
        """`12 Nov, 09:00 UTC`."""
        return f"{self.day(at)}, {at.astimezone(self.zone):%H:%M %Z}"

    def ago(self, at: datetime) -> str:
        """`2 days ago (12 Nov, 09:00 UTC)`: in its largest unit."""
        first, unit, *_ = duration(self.now() - at).split()
        return f"{first} {unit} ago ({self.moment(at)})"

    def left(self, until: datetime) -> str:
        """`15 min`: a minute that has begun counts."""
        minutes = -((self.now() - until) // timedelta(minutes=1))
        return duration(timedelta(minutes=minutes))
