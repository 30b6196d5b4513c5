"""A report in words: the verdict first, then only what is not as it should be, then one line for each of the rest.

Plain text; names stand between backticks, and of what comes from outside none is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.domain.health.codes import HealthState
from shared.domain.notices.report_summary import Item, Link, Section, Summary
from shared.domain.report.model import Drift, FailedOperation, Problem, Report, ReportIncident, Todo
from shared.domain.report.periods import PeriodName
from shared.domain.report.wording import (
    MINUS,
    clock,
    day,
    duration,
    in_days,
    milliseconds,
    moment,
    name,
    percent,
    plural,
    quoted,
    size_and_growth,
)


@dataclass(frozen=True)
class _Titles:
    notes: str = "⚠️ Mind this"
    todo: str = "🟡 You need to"
    over: str = "🔵 Was broken, works again"
    failed: str = "🟠 Failed"
    security: str = "🔐 Security"
    figures: str = "📈 Figures"
    rest: str = "🟢 The rest"
    rest_without_green: str = "⚪ The rest"


_TITLES = _Titles()
"""Of the sections."""


def summary_of(report: Report) -> Summary:
    """What is delivered: it says enough by itself."""
    return Summary(
        headline=report.verdict,
        severity=report.severity,
        context=context(report),
        needs_you=tuple(_item(each, report) for each in report.problems),
        sections=tuple(_sections(report)),
        links=tuple(_links(report)),
    )


def zone_of(report: Report) -> ZoneInfo:
    """In which its times are read."""
    return ZoneInfo(report.period.time_zone)


def context(report: Report) -> str:
    """`Mon 2 Mar 2026, 07:00 CET · last 24 h`; a longer period says from when on."""
    zone, period = zone_of(report), report.period
    last = f"{moment(period.end, zone)} · last {period.name.words}"
    return last if period.name is PeriodName.DAY else f"{last}, from {day(period.start, zone)} on"


def _item(problem: Problem, report: Report) -> Item:
    began = clock(problem.since, zone_of(report), report.generated_at)
    state = f"{problem.state.upper()} {duration(problem.seconds)} ({began}→)"
    return Item(
        title=problem.registry,
        text=f"{state} {name(problem.code)}\n{quoted(problem.message)}",
        evidence=quoted(problem.evidence),
        severity=problem.severity,
        fix=quoted(problem.fix),
        links=(
            Link(title="Status", url=problem.status_url),
            Link(title="Portal", url=problem.portal_url),
        ),
    )


def _sections(report: Report) -> Iterator[Section]:
    if report.notes:
        yield Section(title=_TITLES.notes, lines=tuple(report.notes))
    if report.todo:
        yield Section(title=_TITLES.todo, lines=tuple(map(_task, report.todo)))
    over = [each for each in report.incidents if each.ended_at]
    if over:
        yield Section(title=_TITLES.over, lines=tuple(_incident(each, report) for each in over))
    if report.failed_operations:
        yield Section(title=_TITLES.failed, lines=tuple(_failure(each) for each in report.failed_operations))
    yield Section(title=_TITLES.security, lines=(_security(report),))
    if report.registry_count:
        healthy = _healthy(report)
        yield Section(title=_TITLES.figures, lines=(_figures(report),))
        title = _TITLES.rest if healthy else _TITLES.rest_without_green
        yield Section(title=title, lines=(_rest(report, healthy),))


def _task(task: Todo) -> str:
    about = f"{task.registry}: " if task.registry else ""
    if task.user and task.days is not None:
        return f"{about}{name(task.user)} expires {in_days(task.days)}. {quoted(task.fix)}"
    return f"{about}{quoted(task.message)} ({name(task.code)}){_fix(task.fix)}"


def _fix(fix: str) -> str:
    return f" Fix: {quoted(fix)}" if fix else ""


def _incident(incident: ReportIncident, report: Report) -> str:
    zone, start, end = zone_of(report), incident.started_at, incident.ended_at
    began = clock(start, zone, report.generated_at)
    ended = clock(end, zone, start) if end else ""
    state = f"{incident.state.upper()} {duration(incident.seconds)} ({began}→{ended})"
    return f"{incident.registry}: {state} {name(incident.code)}"


def _failure(failed: FailedOperation) -> str:
    home = failed.registry or "all registries"
    about = f"{home}/{failed.user}" if failed.user else home
    return f"{about}: {failed.kind}, {name(failed.code)}: {quoted(failed.message)}{_fix(failed.fix)}"


def _security(report: Report) -> str:
    users, refused = report.users, report.refusals
    said = [
        f"users +{users.added} {MINUS}{users.removed}"
        + (f", {users.expired} expired" if users.expired else ""),
        f"{plural(len(report.drift), 'drift')} repaired{_repairs(report.drift)}",
        f"{refused.denied} denied",
    ]
    if refused.others:
        said.append(f"{plural(refused.others, 'other refusal')}")
    return " · ".join(said)


def _repairs(drift: list[Drift]) -> str:
    told = "; ".join(f"{each.registry}: {repair(each)}" for each in drift[:_MOST_REPAIRS])
    more = "; …" if len(drift) > _MOST_REPAIRS else ""
    return f" ({told}{more})" if told else ""


_MOST_REPAIRS = 3
"""Told in the line; the report has all of them."""
_DONE = {
    "added": ("unknown ", " removed"),
    "removed": ("", " put back"),
    "changed": ("", " set back"),
    "drift": ("", " set again"),
}
"""What was done about each kind of finding."""


def repair(drift: Drift) -> str:
    """`unknown `x9` removed`."""
    told = [
        f"{before}{', '.join(name(one) for one in drift.what[kind])}{after}"
        for kind, (before, after) in _DONE.items()
        if drift.what.get(kind)
    ]
    return ", ".join(told) or f"file {quoted(' '.join(drift.what.get('file', ['changed'])))}"


def _figures(report: Report) -> str:
    storage = report.storage
    return " · ".join(
        [
            f"uptime {percent(report.uptime)}",
            f"probe p95 {milliseconds(report.latency.p95)}",
            f"storage {size_and_growth(storage.size_bytes, storage.growth_bytes)}",
            f"{plural(len(report.failed_operations), 'operation')} failed",
        ]
    )


def _healthy(report: Report) -> int:
    """How many are healthy and named nowhere else; all that are, where the report had no room for single ones."""
    if not report.registries:
        return report.states.get(HealthState.HEALTHY, 0)
    named = _named(report)
    return sum(each.state is HealthState.HEALTHY and each.registry not in named for each in report.registries)


def _named(report: Report) -> set[str]:
    return {each.registry for each in report.problems} | {
        task.registry for task in report.todo if task.registry
    }


def _rest(report: Report, healthy: int) -> str:
    others = ("others " if healthy > 1 else "other ") if report.registries and _named(report) else ""
    fine = [f"{healthy or 'no'} {others}healthy"] if healthy or others else []
    states = [f"{number} {what}" for state, what in _QUIET.items() if (number := report.states.get(state, 0))]
    age = report.sweep_age_seconds
    swept = [f"sweep {duration(age)} ago"] if age is not None else []
    return " · ".join([*fine, *states, *swept])


_QUIET = {HealthState.MAINTENANCE: "in maintenance", HealthState.UNKNOWN: "that we could not look at"}


def _links(report: Report) -> Iterator[Link]:
    if report.report_url:
        yield Link(title="Full report", url=report.report_url)
    yield Link(title="Status page", url=report.status_url)
