"""One registry's page."""

from datetime import timedelta

from shared.domain.health.board import Bar, BoardEntry
from shared.domain.health.codes import Code, HealthState
from shared.domain.resources.graph import Context
from shared.pages.details import Details, details
from tests.unit.pages.entries import MINUTE, NOW, entry, sweep, times

DOWN = entry(
    "search",
    HealthState.DOWN,
    Code.STORAGE_UNHEALTHY,
    evidence="503",
    login_server="search.example",
    days=[
        Bar(day=NOW.date() - timedelta(days=40), down=864, up=86_400 - 864),
        Bar(day=NOW.date() - timedelta(days=20), maintenance=86_400),
        Bar(day=NOW.date(), up=21_600),
    ],
)


def shown(found: BoardEntry, later: timedelta = timedelta(0)) -> Details:
    return details(found, sweep(2 * MINUTE), Context("sub", "group"), times(later=later))


def test_it_says_what_is_wrong_and_what_to_do() -> None:
    page = shown(DOWN)
    assert (page.registry.name, page.is_in, page.evidence) == ("search", "is down", "503")
    assert page.message == "The registry can't reach its blobs."
    assert page.fix.startswith("Check that the storage account exists")
    assert page.checked_ago == "2 min ago"


def test_the_portal_shows_its_site() -> None:
    assert shown(DOWN).portal == (
        "https://portal.azure.com/#resource/subscriptions/sub/resourceGroups/group"
        "/providers/Microsoft.Web/sites/search-site"
    )


def test_it_says_what_else_is_known() -> None:
    known = DOWN.change(
        certificate_expires=NOW + timedelta(days=30), size_bytes=41_300_000_000, blobs=1234, user_count=3
    )
    assert shown(known).facts == (
        ("Login server", "search.example"),
        ("Certificate", "until 26 Dec, 06:00"),
        ("Images", "41 GB in 1,234 blobs"),
        ("Users", "3"),
    )


def test_uptime_is_told_for_three_spans() -> None:
    assert shown(DOWN).uptimes == ((7, "100 %"), (30, "100 %"), (90, "99.20 %"))


def test_the_bars_are_told_in_words() -> None:
    assert shown(DOWN).unusual_days == (
        (HealthState.UNKNOWN, "Sat 7 Nov to Wed 25 Nov: nobody looked"),
        (HealthState.MAINTENANCE, "Fri 6 Nov: maintenance 1 d"),
        (HealthState.UNKNOWN, "Sun 18 Oct to Thu 5 Nov: nobody looked"),
        (HealthState.DOWN, "Sat 17 Oct: down 14 min"),
        (HealthState.UNKNOWN, "Sat 29 Aug to Fri 16 Oct: nobody looked"),
    )


def test_nobody_is_sent_to_mend_what_may_be_mended_long_since() -> None:
    page = shown(DOWN, later=13 * MINUTE)
    assert (page.is_in, page.fix, page.evidence) == ("could not be looked at", "", "")
