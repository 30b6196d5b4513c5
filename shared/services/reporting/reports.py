"""Reports as their readers ask for them."""

from itertools import islice

from shared.domain.errors import ApiError
from shared.domain.notices.report_summary import Summary
from shared.domain.report.building import build
from shared.domain.report.model import Report
from shared.domain.report.periods import PeriodName
from shared.domain.report.summary import summary_of
from shared.services.reporting.archive import Archive, Head
from shared.services.reporting.gathering import Gathering, Look
from shared.services.state import Clock


class Reports:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, gathering: Gathering, archive: Archive, now: Clock) -> None:
        self._gathering, self._archive, self._now = gathering, archive, now

    def of_now(self, period: PeriodName, look: Look) -> Report:
        """Of the period that ends now, about what its reader may look into. It is not kept."""
        return build(self._gathering.facts(period, self._now(), look))

    def kept(self, name: str) -> Report:
        """Raises `ApiError` 404."""
        report = self._archive.get(name)
        if report is None:
            raise ApiError(
                404,
                "ReportNotFound",
                f"There is no report '{name[:32]}'.",
                "GET /api/reports lists the reports that are kept.",
                target="report",
            )
        return report

    def summary(self, report: str) -> Summary | None:
        """What a sink shows of the kept report with this id; `None` if it is gone."""
        kept = self._archive.get(report)
        return summary_of(kept) if kept else None

    def page(self, after: str, limit: int) -> list[Head]:
        """At most `limit` kept reports, the newest first."""
        return list(islice(self._archive.heads(after, limit), limit))
