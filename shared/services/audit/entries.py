"""What the audit says of a request: who did what, to what, and when."""

from datetime import datetime

from ulid import ULID

from shared.domain.audit import AuditEntry
from shared.domain.operations import Operation
from shared.services.requests import Caller

type Findings = dict[str, list[str]]
"""What the audit says besides who did what: lists of names, by kind."""


def audit_entry(
    caller: Caller,
    action: str,
    operation: Operation,
    now: datetime,
    details: Findings | None = None,
) -> AuditEntry:
    """Who did that, and to what."""
    registry, user = operation.registry, operation.user
    target = f"{registry}/{user}" if user else registry
    return entry_about(caller, action, registry, now, details).change(
        target=target, operation_id=operation.id
    )


def entry_about(
    caller: Caller, action: str, registry: str, now: datetime, details: Findings | None = None
) -> AuditEntry:
    """Of what is done to a registry without an operation. Its id begins with the very time that it says."""
    return AuditEntry(
        id_key=str(ULID.from_datetime(now)),
        at=now,
        actor=caller.actor,
        address=caller.address,
        action=action,
        target=registry,
        registry=registry,
        request_id=caller.request_id,
        details=details,
    )
