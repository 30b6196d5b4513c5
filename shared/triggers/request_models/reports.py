"""Requests for reports."""

import re
from typing import Annotated, Literal

from pydantic import Field

from shared.domain.report.periods import PeriodName
from shared.domain.text import schema
from shared.triggers.request_models.base import Page, Part, Request, list_token

_TOKEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{4}Z)?")
"""A report's id."""


class ReportFormat(Part):
    """How the report is written."""

    format: Literal["json", "html", "markdown"] = "json"


class ReportOptions(ReportFormat):
    """What the report is about."""

    period: PeriodName = Field(
        default=PeriodName.DAY,
        description="A day to the minute, or the seven or thirty days (UTC) before today, and today so far.",
    )


class ReportRequest(Request):
    """A report of now."""

    query: ReportOptions  # type: ignore[assignment] # each request has its own parameters


class KeptReportRequest(Request):
    """A report that is kept."""

    report: str
    query: ReportFormat  # type: ignore[assignment] # each request has its own parameters


class ReportsPage(Page):
    """Which kept reports."""

    after: Annotated[str, list_token(_TOKEN), schema(_TOKEN.pattern)] = Field(default="", alias="$skiptoken")


class ListReportsRequest(Request):
    """A page of the kept reports."""

    query: ReportsPage  # type: ignore[assignment] # each request has its own parameters
