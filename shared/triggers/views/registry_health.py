"""One registry's health, as callers see it."""

from typing import Any

from shared.domain.health.codes import Code, Finding, HealthState, finding
from shared.domain.health.history import Check, Day, Incident, percentile, uptime
from shared.domain.health.mute import Mute
from shared.domain.health.observation import ProbeCheck
from shared.domain.health.verdict import Verdict
from shared.domain.operations import Operation, Status
from shared.services.health.history import Past, RegistryHealth
from shared.triggers.answer_models.health import MuteView
from shared.triggers.answer_models.registry_health import (
    CheckView,
    DayView,
    HealthFinding,
    HistoryView,
    IncidentView,
    MaintenanceView,
    ProbeCheckView,
    RegistryHealthView,
    UptimeView,
)
from shared.triggers.views.operations import operation_link


def registry_health_view(base: str, found: RegistryHealth) -> RegistryHealthView:
    """How it fares; its history is there if it was read."""
    last, work = found.verdict, found.operation
    optional = {"history": _history(found.past)} if found.past else {}
    return RegistryHealthView(
        registry=found.registry.name,
        state=found.state,
        **(_of_work(work) if work else _of_look(last) if last else _of_nothing(found)),
        findings=[_finding(each) for each in last.findings] if last else [],
        checks=[_probe_check(each) for each in last.checks] if last else [],
        suspected_at=last.suspected_at if last and not work else None,
        latency_milliseconds=(last.latency_ms or None) if last else None,
        checked_at=last.checked_at if last else None,
        next_check=found.next_check,
        maintenance=_maintenance(base, work) if work else None,
        muted=_mute(found.mute) if found.mute else None,
        uptime=UptimeView.model_validate({window.value: share for window, share in found.uptimes.items()}),
        **optional,
    )


def _of_look(last: Verdict) -> dict[str, Any]:
    return {
        "since": last.since,
        "code": last.code,
        "severity": last.severity,
        "message": last.message,
        "fix": last.fix or None,
        "evidence": last.evidence or None,
    }


def _of_work(work: Operation) -> dict[str, Any]:
    """What was seen before says little of it now."""
    done, total = _steps(work)
    found = finding(Code.MAINTENANCE, f"{work.kind.value}: {done} of {total} steps are done")
    return {
        "since": work.started_at or work.created_at,
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "fix": found.fix or None,
        "evidence": found.evidence,
    }


def _of_nothing(found: RegistryHealth) -> dict[str, Any]:
    """Nobody has looked: when somebody will, or why nobody does."""
    registry = found.registry
    path = f"/api/registries/{registry.name}"
    if registry.is_soft_deleted:
        message, fix = "The registry is deleted: nobody looks at it.", f"To have it back: POST {path}/restore"
    elif registry.login_server is None:
        message, fix = "The registry never came up: there is nothing to look at.", f"PUT {path}"
    else:
        when = f" at {found.next_check:%Y-%m-%d %H:%M:%S} UTC" if found.next_check else ""
        message, fix = f"Nobody has looked at it yet: the next sweep does{when}.", f"POST {path}/health/check"
    return {**_UNTOLD, "message": message, "fix": fix}


_UNTOLD: dict[str, Any] = {"since": None, "code": None, "severity": None, "fix": None, "evidence": None}


def _finding(found: Finding) -> HealthFinding:
    return HealthFinding(
        code=found.code,
        severity=found.severity,
        message=found.message,
        fix=found.fix or None,
        evidence=found.evidence or None,
    )


def _probe_check(check: ProbeCheck) -> ProbeCheckView:
    return ProbeCheckView(
        name=check.name,
        outcome=check.outcome,
        evidence=check.evidence or None,
        milliseconds=check.milliseconds,
    )


def _maintenance(base: str, work: Operation) -> MaintenanceView:
    done, total = _steps(work)
    link = operation_link(base, work)
    return MaintenanceView(**dict(link), kind=work.kind, steps_done=done, steps_total=total)


def _steps(work: Operation) -> tuple[int, int]:
    return sum(step.status is Status.SUCCEEDED for step in work.steps), len(work.steps)


def _mute(mute: Mute) -> MuteView:
    return MuteView(until=mute.until, reason=mute.reason, by=mute.by)


def _history(past: Past) -> HistoryView:
    rows: dict[str, Any] = {}
    if past.checks is not None:
        rows["checks"] = [_check(each) for each in past.checks]
    if past.days is not None:
        rows["days"] = [_day(each) for each in past.days]
    incidents = [_incident(each, past) for each in past.incidents]
    return HistoryView(window=past.window.value, since=past.since, **rows, incidents=incidents)


def _check(check: Check) -> CheckView:
    return CheckView(at=check.at, state=check.state, code=check.code, latency_milliseconds=check.latency_ms)


def _day(day: Day) -> DayView:
    return DayView(
        day=day.day,
        seconds={state: round(day.seconds[state]) for state in HealthState if state in day.seconds},
        uptime=uptime(day.seconds),
        p50_milliseconds=percentile(day.latencies, 0.5),
        p95_milliseconds=percentile(day.latencies, 0.95),
        size_bytes=day.size_bytes,
        blobs=day.blobs,
    )


def _incident(incident: Incident, past: Past) -> IncidentView:
    return IncidentView(
        started_at=incident.started_at,
        ended_at=incident.ended_at,
        seconds=round(incident.seconds(past.until)),
        state=incident.state,
        code=incident.code,
        message=incident.message,
        fix=incident.fix or None,
        evidence=incident.evidence or None,
    )
