"""What stands in a report because it is not as it should be: what needs somebody now, and what somebody should do."""

from collections.abc import Iterator
from datetime import UTC, datetime

from shared.domain.health.board import BoardEntry
from shared.domain.health.codes import MEANINGS, Code, Finding, HealthState, Severity
from shared.domain.notices.notice import Notice
from shared.domain.report.facts import Facts, RegistryFacts
from shared.domain.report.model import ExpiringUser, Problem, Todo
from shared.domain.report.wording import in_days, plural, whole_days

MUTED, NOT_DELIVERED = "MUTED", "NOT_DELIVERED"
"""Codes of things to do that no look at a registry finds."""
_NEVER = datetime.max.replace(tzinfo=UTC)


def problems(facts: Facts) -> list[Problem]:
    """Registries that need somebody now: what is down first, and then what has been so for longest."""
    found = [
        _problem(each.board, facts)
        for each in facts.registries
        if each.board and _is_grave(each.board) and not _is_muted(each.board, facts.now)
    ]
    return sorted(found, key=lambda each: (each.state is not HealthState.DOWN, each.since, each.registry))


def todo(facts: Facts) -> list[Todo]:
    """A sink that nobody hears of anything through, then what is due first; the rest in the order of the registries."""
    found = [one for each in facts.registries for one in _of_registry(each, facts)]
    return [*_undelivered(facts), *sorted(found, key=lambda task: task.due or _NEVER)]


def expiring_users(facts: Facts) -> list[ExpiringUser]:
    """Whose login ends soon, the soonest first."""
    found = [user for each in facts.registries for user in _expiring(each)]
    return sorted(found, key=lambda user: (user.expires_on, user.registry, user.username))


def _is_grave(board: BoardEntry) -> bool:
    if board.state is HealthState.MAINTENANCE:
        return False
    return board.state is HealthState.DOWN or MEANINGS[board.code].severity is Severity.CRITICAL


def _is_muted(board: BoardEntry, now: datetime) -> bool:
    return board.muted_until is not None and board.muted_until > now


def _problem(board: BoardEntry, facts: Facts) -> Problem:
    return Problem(
        registry=board.name,
        state=board.state,
        code=board.code,
        severity=MEANINGS[board.code].severity,
        since=board.since,
        seconds=(facts.now - board.since).total_seconds(),
        message=board.message,
        fix=board.fix,
        evidence=board.evidence,
        status_url=f"{facts.links.status_page}/{board.name}",
        portal_url=facts.links.portal(board.site),
    )


def _of_registry(each: RegistryFacts, facts: Facts) -> Iterator[Todo]:
    """Users who expire are named one by one; what needs somebody now is no task besides."""
    if each.board and _is_grave(each.board):
        if _is_muted(each.board, facts.now):
            yield _muted(each.board)
    elif each.board and each.board.code not in _NO_WORK and each.board.state is not HealthState.MAINTENANCE:
        yield _task(each, _finding(each.board), facts.now)
    yield from (_expiry(user, facts.now) for user in _expiring(each))
    shown = {*_NO_WORK, each.board.code if each.board else None}
    for found in each.findings:
        if found.code not in shown and found.severity in _LESS_GRAVE:
            yield _task(each, found, facts.now)


_NO_WORK = {Code.HEALTHY, Code.USERS_EXPIRING, Code.RESTRICTED}
"""Restricted is what somebody has asked for."""
_LESS_GRAVE = {Severity.INFO, Severity.WARNING}
"""What is worse and no state yet may be over with the next look."""


def _finding(board: BoardEntry) -> Finding:
    severity = MEANINGS[board.code].severity
    return Finding(
        code=board.code, severity=severity, message=board.message, fix=board.fix, evidence=board.evidence
    )


def _muted(board: BoardEntry) -> Todo:
    message = f"Muted, and {board.state}: {board.message}"
    return Todo(registry=board.name, code=MUTED, message=message, fix=board.fix, due=board.muted_until)


def _task(each: RegistryFacts, found: Finding, now: datetime) -> Todo:
    expires = each.board.certificate_expires if each.board else None
    if found.code is Code.TLS_EXPIRING and expires:
        days = whole_days(expires, now)
        message = f"certificate expires {in_days(days)}"
        return Todo(
            registry=each.name, code=found.code, message=message, fix=found.fix, due=expires, days=days
        )
    seen = f" Seen: {found.evidence}" if found.evidence else ""
    return Todo(registry=each.name, code=found.code, message=f"{found.message}{seen}", fix=found.fix)


def _expiring(each: RegistryFacts) -> Iterator[ExpiringUser]:
    for user in each.expiring:
        if user.expires_on:
            yield ExpiringUser(registry=each.name, username=user.username, expires_on=user.expires_on)


def _expiry(user: ExpiringUser, now: datetime) -> Todo:
    days = whole_days(user.expires_on, now)
    path = f"/api/registries/{user.registry}/users/{user.username}/rotate"
    return Todo(
        registry=user.registry,
        code=Code.USERS_EXPIRING,
        message=f"{user.username} expires {in_days(days)}",
        fix=f'Rotate with overlap: POST {path} {{"overlap": "PT24H"}}',
        user=user.username,
        due=user.expires_on,
        days=days,
    )


def _undelivered(facts: Facts) -> Iterator[Todo]:
    """One line for each sink: a sink that is broken refuses everything."""
    failed: dict[str, list[str]] = {}
    for notice in facts.unsent:
        for sink, error in _refusing(notice):
            failed.setdefault(sink, []).append(error)
    for sink, errors in sorted(failed.items()):
        yield Todo(
            registry=None,
            code=NOT_DELIVERED,
            message=f"{plural(len(errors), 'notice')} did not reach the sink {sink}: {errors[0]}",
            fix=f"Check the setting of the sink {sink}, and whether its receiver still takes messages.",
        )


def _refusing(notice: Notice) -> Iterator[tuple[str, str]]:
    """Also what is still tried: it is given up only when the report of its day has long been made."""
    for sink, delivery in notice.deliveries.items():
        if delivery.error:
            yield sink, delivery.error
