"""What the audit of a period says: users that came and went, repairs, refusals."""

from collections import Counter
from collections.abc import Iterable, Sequence

from shared.domain.audit import AuditEntry
from shared.domain.operations import Kind, Operation
from shared.domain.report.model import Drift, ExpiringUser, Refusals, UserChanges
from shared.domain.users.file_drift import FileState
from shared.domain.users.user_import import Outcome

DENIED = 403
MOST_ACTORS = 5
_SITE = "drift"
"""The kind of finding under which `reconcile` audits what it repairs of a site."""
_COUNTED = {Kind.PUT_USER, Kind.ROTATE_USER, Kind.DELETE_USER, Kind.EXPIRE_USERS}


def is_wanted(entry: AuditEntry) -> bool:
    """Does a report say anything about it?"""
    return entry.status is not None or is_import(entry) or _is_repair(entry) or entry.action in _COUNTED


def is_import(entry: AuditEntry) -> bool:
    """Does its operation count users?"""
    return entry.status is None and entry.action == Kind.IMPORT_USERS


def user_changes(
    audit: Iterable[AuditEntry], imports: Iterable[Operation], expiring: Sequence[ExpiringUser]
) -> UserChanges:
    """By the entries of each; an import counts as its operation did, once it was applied."""
    found: Counter[str] = Counter()
    for entry in audit:
        if entry.status is None:
            found.update(_changes(entry))
    for operation in imports:
        counts = operation.counts or {}
        found.update(added=counts.get(Outcome.ADDED, 0), removed=counts.get(Outcome.REMOVED, 0))
    return UserChanges(
        added=found["added"], removed=found["removed"], expired=found["expired"], expiring=list(expiring)
    )


def drift(audit: Iterable[AuditEntry]) -> list[Drift]:
    """What was repaired, the newest first."""
    return [
        Drift(
            registry=entry.registry or entry.target,
            at=entry.at,
            operation_id=entry.operation_id,
            what=entry.details or {},
        )
        for entry in audit
        if _is_repair(entry)
    ]


def refusals(audit: Iterable[AuditEntry]) -> Refusals:
    """Who was told no, and how often."""
    refused = [entry for entry in audit if entry.status is not None]
    denied = [entry.actor for entry in refused if entry.status == DENIED]
    return Refusals(
        denied=len(denied),
        others=len(refused) - len(denied),
        by_actor=dict(Counter(denied).most_common(MOST_ACTORS)),
    )


def _is_repair(entry: AuditEntry) -> bool:
    """A file that only lagged behind its users was changed by nobody."""
    details = entry.details or {}
    if entry.status is not None or details.get("file") == [FileState.BEHIND]:
        return False
    return entry.action == Kind.REPAIR_HTPASSWD or (entry.action == Kind.UPDATE_REGISTRY and _SITE in details)


def _changes(entry: AuditEntry) -> dict[str, int]:
    """A user that is new says so in its details; a successor is new, too."""
    details = entry.details or {}
    if entry.action == Kind.PUT_USER:
        return {"added": len(details.get("added", ()))}
    if entry.action == Kind.ROTATE_USER:
        return {"added": len(details.get("replaces", ()))}
    if entry.action == Kind.DELETE_USER:
        return {"removed": 1}
    return {"expired": len(details.get("expired", ()))} if entry.action == Kind.EXPIRE_USERS else {}
