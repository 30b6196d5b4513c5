"""A report is one HTML file: everything is in it, nothing else is fetched, and no text from outside becomes markup."""

import re
from html.parser import HTMLParser
from typing import Any, override

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.report.model import Percentiles, Report
from shared.domain.report.periods import PeriodName
from shared.pages.report import report_page
from shared.services.reporting.gathering import Look
from tests.unit.services.reporting.week import week

WORLD = week()
REPORTS = {period: WORLD.reports.of_now(period, Look()) for period in PeriodName}
REPORT = REPORTS[PeriodName.WEEK]
VOID = {"meta", "br", "circle", "path", "rect"}
texts = st.text(max_size=40) | st.text(st.sampled_from("<>&\"'{}%#!-`|/ a"), max_size=30)


class Reader(HTMLParser):
    """Elements, attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.open = list[str](), list[tuple[str, str | None]](), list[str]()
        self.text = ""
        self.feed(page)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += f" {data}"

    def values(self, name: str) -> list[str | None]:
        return [value for found, value in self.attributes if found == name]


@pytest.mark.parametrize("period", PeriodName)
def test_it_is_whole_and_needs_nothing_else(period: PeriodName) -> None:
    page = report_page(REPORTS[period])
    read = Reader(page)
    assert read.open == []
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on") or name in {"src", "style"}]
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import", page)
    charts, keys = (2, 0) if period is PeriodName.DAY else (3, 2)  # of that day no login is known
    # the sign, each chart for a desk and for a phone, keys, and a strip for each registry
    assert read.tags.count("svg") == 1 + 2 * charts + 5 + keys + 4
    hosts = {str(link).partition("/api/")[0].partition("/#")[0] for link in read.values("href")}
    assert hosts == {"https://berthage.example", "https://portal.azure.com"}


def test_it_says_what_the_report_says() -> None:
    text = " ".join(Reader(report_page(REPORT)).text.split())
    for said in (
        "1 of 4 registries needs you",
        "Mon 2 Mar 2026, 07:00 CET · last 7 days, from 23 Feb on",
        "search ✕ Down for 22 min, since 06:38 STORAGE_UNHEALTHY The registry can't reach its blobs.",
        "Seen: GET /v2/_catalog: 503 Fix: Check that the storage account exists",
        "payments ci expires in 3 days USERS_EXPIRING",
        "Uptime 99.82 % Login latency 300 ms p95 · 70 ms p50 Storage 412 GB +6 GB",
        "web ! Degraded 100 % 90 ms 90 ms 104 GB (+2) 0 1 2026-03-16",
        "web, Sat 05:00: unknown x9 removed",
        "1 for want of a role: key:mallory 1; 1 for other reasons",
        "search ✕ Down 99.40 % 40 ms 300 ms 103 GB (+3) 0 2 \u2013",
        "Times in Europe/Berlin; days in UTC.",
    ):
        assert said in text


def test_every_picture_has_words() -> None:
    page = report_page(REPORT)
    pictures = re.findall(r"<svg([^>]*)>", page)
    assert all("aria-hidden" in each or 'role="img" aria-label="' in each for each in pictures)
    assert "26 Feb: 99.07 %, down for 40 min" in page


PLAIN = Reader(report_page(REPORT))


def test_what_nobody_has_measured_has_no_chart() -> None:
    pieces = [
        piece.model_copy(update={"latency": Percentiles(), "size_bytes": None}) for piece in REPORT.pieces
    ]
    page = report_page(REPORT.model_copy(update={"pieces": pieces, "latency": Percentiles()}))
    read = Reader(page)
    assert "Uptime of all registries" in page
    assert "1 ms" not in read.text
    assert "1 B" not in read.text
    assert "p50" not in read.text.partition("Over the period")[0]


@settings(max_examples=12)
@given(st.lists(texts, min_size=4, max_size=4))
def test_text_from_outside_is_text(given: list[str]) -> None:
    message, evidence, code, name = given
    changes: dict[str, Any] = {
        "verdict": message,
        "problems": [
            problem.model_copy(update={"message": message, "evidence": evidence, "fix": message})
            for problem in REPORT.problems
        ],
        "todo": [task.model_copy(update={"message": evidence, "code": code}) for task in REPORT.todo],
        "drift": [
            each.model_copy(update={"what": {"added": [name], "drift": [code]}}) for each in REPORT.drift
        ],
        "registries": [
            line.model_copy(update={"registry": name + line.registry}) for line in REPORT.registries
        ],
        "notes": [name],
    }
    changed: Report = REPORT.model_copy(update=changes)
    read = Reader(report_page(changed))
    assert read.open == []
    assert {*read.tags} == {*PLAIN.tags}
    assert read.values("href") == PLAIN.values("href")
    assert read.tags.count("svg") == PLAIN.tags.count("svg")
