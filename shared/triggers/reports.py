"""Reports over HTTP: of now, and those that are kept."""

from collections.abc import Callable

import azure.functions as func

from shared.bootstrap import services
from shared.domain.report.model import Report
from shared.domain.roles import Need, Role
from shared.services.requests import Caller
from shared.triggers.answer_models.base import Collection
from shared.triggers.answer_models.reports import KeptReportView, ReportView
from shared.triggers.answers import Answer, Text, base, page_of
from shared.triggers.endpoint import endpoint
from shared.triggers.html import HTML
from shared.triggers.request_models.reports import KeptReportRequest, ListReportsRequest, ReportRequest

# ruff: noqa: PLC0415 - only who shows a report needs what reports are made with

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

READER_OF_ALL = Need(Role.READER, everywhere=True)
MARKDOWN = "text/markdown"
REPORT = {200: (ReportView, HTML, MARKDOWN)}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""A report is one file and has no script: nothing else is needed, and nothing else allowed."""


@endpoint(bp, "GET", "reports/health", ReportRequest, REPORT, needs=Role.READER)
def get_health_report(asked: ReportRequest, caller: Caller) -> Answer:
    """Show a health report of now: the registries that the caller may read, as JSON, one HTML file, or Markdown."""
    from shared.services.reporting.gathering import Look

    look = Look(caller.access.may_read, caller.access.everywhere(Role.READER))
    return _written(services().reports.of_now(asked.query.period, look), asked.query.format)


@endpoint(bp, "GET", "reports/health/{report}", KeptReportRequest, REPORT, needs=READER_OF_ALL, fails=(404,))
def get_kept_health_report(asked: KeptReportRequest, caller: Caller) -> Answer:
    """Show a kept health report: as it was sent, in the same formats."""
    _ = caller
    return _written(services().reports.kept(asked.report), asked.query.format)


@endpoint(bp, "GET", "reports", ListReportsRequest, {200: Collection[KeptReportView]}, needs=READER_OF_ALL)
def list_health_reports(asked: ListReportsRequest, caller: Caller) -> Answer:
    """List the kept health reports, the newest first. They are kept for 400 days."""
    _ = caller
    heads = services().reports.page(asked.query.after, asked.query.size + 1)
    views = [
        KeptReportView(
            id=head.id,
            url=f"{base()}/api/reports/health/{head.id}",
            **head.model_dump(include={"period", "start", "end", "generated_at", "severity", "verdict"}),
        )
        for head in heads
    ]
    return page_of(views, asked.query, "reports", lambda view: view.id)


def _written(report: Report, form: str) -> Answer:
    if form not in _WRITERS:
        return Answer(200, ReportView(**dict(report)))
    write, media_type, headers = _WRITERS[form]
    return Answer(200, Text(write(report), media_type), headers)


def _page(report: Report) -> str:
    from shared.pages.report import report_page

    return report_page(report)


def _markdown(report: Report) -> str:
    from shared.domain.report.markdown import markdown
    from shared.domain.report.summary import summary_of

    return markdown(summary_of(report))


_WRITERS: dict[str, tuple[Callable[[Report], str], str, dict[str, str]]] = {
    "html": (_page, HTML, PAGE_HEADERS),
    "markdown": (_markdown, MARKDOWN, {}),
}
