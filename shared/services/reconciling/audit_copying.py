"""Entries of the audit that did not get into the trail with their mutation get there now."""

from shared.services.audit.copies import AuditCopies
from shared.services.reconciling.reconcile import Seen
from shared.services.reconciling.report import Report


class AuditCopying:
    """One query for a registry where nothing has happened."""

    def __init__(self, copies: AuditCopies) -> None:
        self._copies = copies

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        if not self._copies.catch_up(seen.name):
            report.note("audit_behind", seen.name)
