"""The report that comes by itself: made when it is due, kept, and told to whoever wants it.

The timer asks every few minutes. A row says up to when reports have been sent: where the app was down when one was
due, that one is sent late, once. Whoever dies in between leaves a report that is found by its id, and a notice that is
the same notice again: the next run goes on, and nobody hears of it twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from shared.domain.health.codes import Severity
from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.records import Record, Upsert
from shared.domain.report.building import build
from shared.domain.report.model import Report
from shared.domain.report.periods import PeriodName
from shared.domain.report.schedule import last_due
from shared.ports import Table
from shared.services.reporting.archive import REPORTS, Archive, report_id
from shared.services.reporting.gathering import Gathering, Look
from shared.services.state import Clock

logger = logging.getLogger(__name__)

type When = Literal["always", "problems"]


@dataclass(frozen=True)
class Plan:
    """When reports come, and about what."""

    schedule: str
    """A cron expression of five fields."""
    time_zone: str
    period: PeriodName
    when: When
    """`problems`: all reports are kept, and those that say that nothing is wrong are told to nobody."""


class _Mark(Record):
    """Up to when reports have been sent."""

    until: datetime

    @property
    def key(self) -> str:
        return "schedule"


class ScheduledReports:
    """The timer's work. Two runs at the same time do no harm. Raises `DependencyError`."""

    def __init__(
        self,
        gathering: Gathering,
        archive: Archive,
        health: Table,
        announce: Callable[[Notice], None],
        plan: Plan,
        now: Clock,
    ) -> None:
        self._gathering, self._archive, self._health = gathering, archive, health
        self._announce, self._plan, self._now = announce, plan, now

    def run(self) -> str | None:
        """The id of the report that it has sent or kept, if one was due."""
        due = last_due(self._plan.schedule, ZoneInfo(self._plan.time_zone), self._now())
        row = self._health.get(REPORTS, "schedule")
        if row is None:  # the first run of all: nobody has missed anything
            self._mark(due)
            return None
        if _Mark.from_row(row).until >= due:
            return None
        report = self._report(due)
        if self._plan.when == "always" or report.severity is not Severity.OK:
            self._announce(_notice(report))
        self._mark(due)
        self._archive.forget_old()
        logger.info("health report %s: %s", report.id, report.verdict)
        return report.id

    def _report(self, due: datetime) -> Report:
        """An earlier run may have died between keeping it and telling of it."""
        name = report_id(due)
        kept = self._archive.get(name)
        return kept or self._archive.add(build(self._gathering.facts(self._plan.period, due, Look()), name))

    def _mark(self, due: datetime) -> None:
        self._health.transact(REPORTS, [Upsert(_Mark(until=due).to_row())])


def _notice(report: Report) -> Notice:
    """Its key follows from the report as it is kept: the same report is the same notice."""
    return Notice(
        kind=NoticeKind.REPORT,
        subject=report.id or report_id(report.period.end),
        at=report.generated_at,  # not when it was due: one that comes late would be given up at its first failure
        severity=report.severity,
        message=report.verdict,
    )
