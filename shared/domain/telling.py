"""What a notice says to people: the verdict first, then since when, why, what to do, and where to look."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from shared.domain.health.codes import HealthState
from shared.domain.notices import Notice, NoticeKind
from shared.domain.report_summary import Item, Link, Summary

MOST_TAGS = 5
_STATES = {
    HealthState.HEALTHY: "is healthy",
    HealthState.DEGRADED: "is degraded",
    HealthState.DOWN: "is down",
    HealthState.MAINTENANCE: "is in maintenance",
    HealthState.UNKNOWN: "can't be looked at",
}


@dataclass(frozen=True)
class Places:
    """Where one can look, and when that is there. `public_url` is this app's."""

    public_url: str
    subscription: str
    group: str
    zone: tzinfo

    def of(self, notice: Notice) -> tuple[Link, ...]:
        """The status page of a registry, and the portal's page of its site."""
        status = Link(title="Status", url=f"{self.public_url}/api/status/{notice.subject}")
        return (status, Link(title="Portal", url=self._portal(notice.site))) if notice.site else (status,)

    def _portal(self, site: str) -> str:
        group = f"subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"https://portal.azure.com/#resource/{group}/providers/Microsoft.Web/sites/{site}"


@dataclass(frozen=True)
class Telling:
    """A notice with what people read of it."""

    notice: Notice
    summary: Summary

    @property
    def id(self) -> str:
        """The same in every attempt and at every sink; without dots, as Standard Webhooks wants it."""
        return self.notice.key.replace(".", "_")


def telling(notice: Notice, places: Places, report: Summary | None) -> Telling:
    """`report` is the one that the notice is about."""
    return Telling(notice, report or _summary(notice, places))


def _summary(notice: Notice, places: Places) -> Summary:
    item = Item(
        title=notice.code or notice.kind,
        text=notice.message,
        severity=notice.severity,
        evidence=notice.evidence,
        fix="" if notice.kind is NoticeKind.RECOVERY else notice.fix,
    )
    return Summary(
        headline=headline(notice),
        severity=notice.severity,
        context=" · ".join(filter(None, [when(notice, places.zone), notice.login_server, _tags(notice)])),
        needs_you=(item,) if notice.message else (),
        links=places.of(notice),
    )


def headline(notice: Notice) -> str:
    """One line that says it all: `search is down: STORAGE_UNHEALTHY`."""
    state = _STATES[notice.state] if notice.state else "has changed"
    if notice.kind is NoticeKind.RECOVERY:
        return f"{notice.subject} {state} again{_after(notice)}"
    if notice.kind is NoticeKind.FLAPPING:
        return f"{notice.subject} changes again and again: nothing more is said until it keeps still"
    return f"{notice.subject} {state}" + (f": {notice.code}" if notice.code else "")


def when(notice: Notice, zone: tzinfo) -> str:
    """Since when, and for how long: `since 26 Nov 06:38 UTC (22 min)`."""
    at = moment(notice.at, zone)
    if notice.since is None:
        return at
    since, lasted = moment(notice.since, zone), notice.at - notice.since
    if notice.kind is NoticeKind.RECOVERY:
        return f"{since} to {at}"
    return f"since {since}" + (f" ({duration(lasted)})" if lasted >= timedelta(minutes=1) else "")


def _after(notice: Notice) -> str:
    return f", after {duration(notice.at - notice.since)}" if notice.since else ""


def _tags(notice: Notice) -> str:
    shown = [f"{name}: {value}" for name, value in sorted(notice.tags.items())[:MOST_TAGS]]
    return ", ".join(shown)


def moment(at: datetime, zone: tzinfo) -> str:
    """To the minute."""
    return f"{at.astimezone(zone):%d %b %H:%M %Z}"


def duration(lasted: timedelta) -> str:
    """In one or two units: `40 s`, `22 min`, `3 h 5 min`, `2 days 4 h`."""
    seconds = max(0, int(lasted.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        units = [(days, "day" if days == 1 else "days"), (hours, "h")]
    elif hours or minutes:
        units = [(hours, "h"), (minutes, "min")]
    else:
        return f"{seconds} s"
    return " ".join(f"{number} {unit}" for number, unit in units if number)
