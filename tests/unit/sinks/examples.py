"""Summaries to be shown: a plain one, and whatever hypothesis thinks of."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shared.domain.health.codes import MEANINGS, Code, HealthState, Severity
from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.notices.report_summary import Item, Link, Section, Summary
from shared.domain.notices.telling import Places, Telling, telling

PLACES = Places("https://berthage.example", "00000000-0000-4000-8000-000000000000", "berthage", UTC)
AT = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
DOWN = Notice(
    kind=NoticeKind.PROBLEM,
    subject="search",
    at=AT,
    since=AT - timedelta(minutes=22),
    state=HealthState.DOWN,
    before=HealthState.HEALTHY,
    code=Code.STORAGE_UNHEALTHY,
    evidence="GET /v2/ answered 503",
    tags={"team": "search"},
    login_server="search-x1.azurewebsites.net",
    site="search-x1",
    **vars(MEANINGS[Code.STORAGE_UNHEALTHY]),
)
REPORT = Summary(
    headline="1 of 40 registries needs you",
    severity=Severity.CRITICAL,
    context="Mon 07:00 CET · last 24 h",
    needs_you=(
        Item(
            title="search",
            text="DOWN 22 min (06:38→) STORAGE_UNHEALTHY",
            severity=Severity.CRITICAL,
            fix="POST /api/registries/search/restart",
            links=(Link(title="Status", url="https://berthage.example/api/status/search"),),
        ),
    ),
    sections=(Section(title="Uptime", lines=("99.96 %", "probe p95 310 ms")),),
    links=(Link(title="Full report", url="https://berthage.example/api/reports/health/r-1?format=html"),),
)


def told(notice: Notice = DOWN, report: Summary | None = None) -> Telling:
    return telling(notice, PLACES, report)


def many(number: int) -> Summary:
    """A bad day."""
    return Summary(
        headline=f"{number} of {number} registries need you",
        severity=Severity.CRITICAL,
        needs_you=tuple(Item(title=f"registry-{n}", text="x" * 400, fix="y" * 300) for n in range(number)),
        sections=tuple(Section(title=f"Section {n}", lines=("z" * 300,) * number) for n in range(number)),
    )


TEXT = st.one_of(
    st.text(max_size=80),
    st.text("&<>*_~`|@!#[]()\\\n\t\u202e\ud800😀a", max_size=700),
    st.sampled_from(["", " ", "&" * 4000, "😀" * 3000, "<!channel>", "x" * 5000, "`a`" * 300]),
)
URLS = st.one_of(
    st.sampled_from(
        ["https://a.example/", "https://a.example/?a=1&b=2", "javascript:alert(1)", "", "https://a b"]
    ),
    TEXT.map(lambda text: f"https://a.example/{text}"),
    st.just("https://a.example/" + "&" * 480),
)
LINKS = st.lists(st.builds(Link, title=TEXT, url=URLS), max_size=6).map(tuple)
SEVERITIES = st.sampled_from(Severity)
ITEMS = st.builds(Item, title=TEXT, text=TEXT, severity=SEVERITIES, evidence=TEXT, fix=TEXT, links=LINKS)
SECTIONS = st.builds(Section, title=TEXT, lines=st.lists(TEXT, max_size=6).map(tuple))


def _repeated[T](values: st.SearchStrategy[T], most: int) -> st.SearchStrategy[tuple[T, ...]]:
    """Few different ones, many of them."""
    return st.builds(
        lambda some, times: tuple(some * times), st.lists(values, max_size=3), st.integers(0, most)
    )


SUMMARIES = st.builds(
    Summary,
    headline=TEXT,
    severity=SEVERITIES,
    context=TEXT,
    needs_you=_repeated(ITEMS, 40),
    sections=_repeated(SECTIONS, 30),
    links=LINKS,
)
