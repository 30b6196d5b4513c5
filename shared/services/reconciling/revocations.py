"""Revocations everywhere that have stopped moving: they belong to no registry that anybody visits."""

import logging

from shared.domain.names import PEOPLE
from shared.services.audit.copies import AuditCopies
from shared.services.operations.channels import Channels
from shared.services.reconciling.report import Report
from shared.services.state import Clock, State
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)


class Revocations:
    """What is done for each registry's operations and audit, for those that concern all registries."""

    def __init__(self, state: State, channels: Channels, copies: AuditCopies, now: Clock) -> None:
        self._state, self._channels, self._copies, self._now = state, channels, copies, now

    def run(self, report: Report) -> None:
        """See `Survey`."""
        for operation in self._state.unfinished(PEOPLE):
            if operation.deadline < self._now():
                with bound(operation=operation.id, registry=PEOPLE):
                    logger.warning("has not moved since its deadline: enqueued again")
                self._channels.enqueue(operation)
                report.note("requeued", operation.id)
        if not self._copies.catch_up(PEOPLE):
            report.note("audit_behind", PEOPLE)
