"""What a notice says to people: the verdict first, then since when, why, what to do, and where to look."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from shared.domain.health.codes import HealthState, Severity
from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.notices.report_summary import Item, Link, Summary
from shared.domain.portal import portal_link

MOST_TAGS = 5
_CONDITIONS = {
    HealthState.HEALTHY: "healthy",
    HealthState.DEGRADED: "degraded",
    HealthState.DOWN: "down",
    HealthState.MAINTENANCE: "in maintenance",
    HealthState.UNKNOWN: "out of our sight",
}
_GRAVITY = list(Severity)


@dataclass(frozen=True)
class Places:
    """Where one can look, and when that is there. `public_url` is this app's."""

    public_url: str
    subscription: str
    group: str
    zone: tzinfo

    @property
    def overview(self) -> Link:
        """The status page of all registries."""
        return Link(title="Status", url=f"{self.public_url}/api/status")

    def of(self, notice: Notice) -> tuple[Link, ...]:
        """The status page of a registry, and the portal's page of its site."""
        status = Link(title="Status", url=f"{self.public_url}/api/status/{notice.subject}")
        if not notice.site:
            return (status,)
        return status, Link(title="Portal", url=portal_link(self.subscription, self.group, notice.site))


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


def together(notices: Sequence[Notice], places: Places) -> Telling:
    """Several at once; of each registry only what is newest."""
    newest = {notice.subject: notice for notice in sorted(notices, key=lambda each: each.at)}
    told = sorted(newest.values(), key=lambda each: (-_GRAVITY.index(each.severity), each.subject))
    if len(told) == 1:
        return telling(told[0], places, None)
    summary = Summary(
        headline=_tally(told),
        severity=told[0].severity,
        context=moment(max(notice.at for notice in told), places.zone),
        needs_you=tuple(_one_of_many(notice, places) for notice in told),
        links=(places.overview,),
    )
    return Telling(told[0], summary)


def _one_of_many(notice: Notice, places: Places) -> Item:
    item = _item(notice)
    text = " · ".join(filter(None, [when(notice, places.zone), item.text]))
    return item.model_copy(update={"title": headline(notice), "text": text, "links": places.of(notice)[:1]})


def _tally(notices: Sequence[Notice]) -> str:
    """`12 registries are down, 1 is healthy again`."""
    counts = Counter(map(_condition, notices))
    one, many = "registry is", "registries are"
    parts: list[str] = []
    for condition, number in counts.items():
        parts.append(f"{number} {one if number == 1 else many} {condition}")
        one, many = "is", "are"
    return ", ".join(parts)


def _condition(notice: Notice) -> str:
    if notice.kind is NoticeKind.FLAPPING:
        return "changing again and again"
    again = " again" if notice.kind is NoticeKind.RECOVERY else ""
    return (_CONDITIONS[notice.state] if notice.state else "different") + again


def _item(notice: Notice) -> Item:
    return Item(
        title=notice.code or notice.kind,
        text=notice.message,
        severity=notice.severity,
        evidence=notice.evidence,
        fix="" if notice.kind is NoticeKind.RECOVERY else notice.fix,
    )


def _summary(notice: Notice, places: Places) -> Summary:
    return Summary(
        headline=headline(notice),
        severity=notice.severity,
        context=" · ".join(filter(None, [when(notice, places.zone), notice.login_server, _tags(notice)])),
        needs_you=(_item(notice),) if notice.message else (),
        links=places.of(notice),
    )


def headline(notice: Notice) -> str:
    """One line that says it all: `search is down: STORAGE_UNHEALTHY`."""
    if notice.kind is NoticeKind.FLAPPING:
        return f"{notice.subject} changes again and again: nothing more is said until it keeps still"
    verdict = f"{notice.subject} is {_condition(notice)}"
    if notice.kind is NoticeKind.RECOVERY:
        return f"{verdict}{_after(notice)}"
    return verdict + (f": {notice.code}" if notice.code else "")


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
