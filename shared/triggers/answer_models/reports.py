"""What is shown of reports."""

from pydantic import Field

from shared.domain.health.codes import Severity
from shared.domain.report.model import Report
from shared.domain.report.periods import PeriodName
from shared.triggers.answer_models.base import Time, View


class ReportView(Report, View):
    """Everything about one period, the verdict first."""


class KeptReportView(View):
    """A report that is kept."""

    id: str = Field(examples=["2026-11-26T0600Z"])
    url: str = Field(examples=["https://berthage.example/api/reports/health/2026-11-26T0600Z"])
    period: PeriodName
    start: Time
    end: Time
    generated_at: Time
    severity: Severity
    verdict: str = Field(examples=["1 of 40 registries needs you"])
