"""The audit, as callers see it."""

from shared.domain.audit import AuditEntry
from shared.triggers.answer_models.audit import AuditEntryView


def audit_entry_view(entry: AuditEntry) -> AuditEntryView:
    """One entry. Details are there where something was found."""
    found = entry.model_dump(exclude={"etag", "id_key", "details"})
    details = {"details": entry.details} if entry.details else {}
    return AuditEntryView.model_validate({**found, **details, "id": entry.id_key})
