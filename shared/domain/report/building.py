"""From facts to a report: nothing is read here, and nothing is written as text but the verdict."""

from collections import Counter
from collections.abc import Sequence

from shared.domain.health.codes import HealthState, Severity
from shared.domain.health.history import GAP
from shared.domain.names import PEOPLE
from shared.domain.operations import Operation
from shared.domain.report.activity import drift, refusals, user_changes
from shared.domain.report.exceptions import expiring_users, problems, todo
from shared.domain.report.facts import Facts
from shared.domain.report.figures import latency_of, pieces, registry_line, storage_of, uptime_of
from shared.domain.report.model import (
    FailedOperation,
    Period,
    Problem,
    RegistryLine,
    Report,
    ReportIncident,
    Todo,
)
from shared.domain.report.wording import duration, plural


def build(facts: Facts, report_id: str | None = None) -> Report:
    """`report_id`: under which it will be kept, if it will."""
    urgent, tasks, notes = problems(facts), todo(facts), _notes(facts)
    lines = [registry_line(each, facts.now) for each in facts.registries]
    slots = [slot for each in facts.registries for slot in each.slots]
    swept = facts.sweep.ended_at if facts.sweep else None
    return Report(
        id=report_id,
        generated_at=facts.now,
        period=Period(
            name=facts.period, start=facts.span.start, end=facts.span.end, time_zone=facts.time_zone
        ),
        verdict=_verdict(urgent, tasks, lines),
        severity=_severity(urgent, lines, [*tasks, *notes]),
        registry_count=len(lines),
        states=dict(Counter(line.state for line in lines)),
        problems=urgent,
        todo=tasks,
        incidents=_incidents(facts),
        uptime=uptime_of(slots),
        latency=latency_of(slots),
        storage=storage_of(facts.registries),
        users=user_changes(facts.audit, facts.imports, expiring_users(facts)),
        failed_operations=[_failed(each) for each in facts.failed],
        drift=drift(facts.audit),
        refusals=refusals(facts.audit),
        swept_at=swept,
        sweep_age_seconds=(facts.now - swept).total_seconds() if swept else None,
        pieces=pieces(facts.registries),
        registries=lines,
        notes=notes,
        status_url=facts.links.status_page,
        report_url=facts.links.report(report_id) if report_id else None,
    )


def _verdict(urgent: Sequence[Problem], tasks: Sequence[Todo], lines: Sequence[RegistryLine]) -> str:
    if not lines:
        return "There is no registry yet"
    of_all = f"of {plural(len(lines), 'registry', 'registries')}"
    if urgent:
        return f"{len(urgent)} {of_all} {'needs' if len(urgent) == 1 else 'need'} you"
    if _is_all_unknown(lines):
        return f"None {of_all} could be looked at"
    more = f", {plural(len(tasks), 'thing')} to do soon" if tasks else ""
    return f"None {of_all} needs you{' now' if tasks else ''}{more}"


def _severity(urgent: Sequence[Problem], lines: Sequence[RegistryLine], more: Sequence[object]) -> Severity:
    if urgent:
        return Severity.CRITICAL
    return Severity.WARNING if more or _is_all_unknown(lines) else Severity.OK


def _is_all_unknown(lines: Sequence[RegistryLine]) -> bool:
    """Then nothing is known to be wrong, and nothing to be right."""
    return bool(lines) and all(line.state is HealthState.UNKNOWN for line in lines)


def _notes(facts: Facts) -> list[str]:
    """Why the report may not be the whole truth."""
    notes = []
    old = "what this report says of now may be out of date."
    if facts.sweep is None:
        notes.append("There has been no sweep yet: of no registry is anything known.")
    elif facts.sweep.ended_at is None:
        notes.append(f"The last sweeps have not ended: {old}")
    elif (age := facts.now - facts.sweep.ended_at) > GAP:
        notes.append(f"No sweep for {duration(age.total_seconds())}: {old}")
    if facts.is_cut:
        notes.append("The audit holds more than is read for one report: users, drift and refusals are more.")
    return notes


def _incidents(facts: Facts) -> list[ReportIncident]:
    """The newest first."""
    found = [
        ReportIncident(
            registry=each.name,
            started_at=incident.started_at,
            ended_at=incident.ended_at,
            seconds=incident.seconds(facts.now),
            state=incident.state,
            code=incident.code,
            message=incident.message,
        )
        for each in facts.registries
        for incident in each.incidents
    ]
    return sorted(found, key=lambda incident: (incident.started_at, incident.registry), reverse=True)


def _failed(operation: Operation) -> FailedOperation:
    error = operation.error
    return FailedOperation(
        id=operation.id,
        registry=None if operation.registry == PEOPLE else operation.registry,
        kind=operation.kind,
        user=operation.user,
        ended_at=operation.ended_at or operation.created_at,
        code=error.code if error else "Failed",
        message=error.message if error else "It failed for a reason that is not known.",
        fix=error.fix if error else "",
    )
