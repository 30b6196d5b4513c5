"""The HTML: what is shown is never markup, and everything stands in the page itself."""

import re
from html.parser import HTMLParser

import pytest

from shared.domain.health.board import Trouble
from shared.domain.health.codes import Code, HealthState
from shared.domain.resources.graph import Context
from shared.pages.details import details
from shared.pages.html import Page, Refused, details_page, overview_page, refused_page, reveal_page
from shared.pages.overview import Asked, overview
from tests.unit.pages.entries import HOUR, MINUTE, NOW, entry, sweep, times

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
NASTY = entry(
    "search",
    HealthState.DOWN,
    Code.STORAGE_UNHEALTHY,
    message=EVIL,
    fix=EVIL,
    evidence=EVIL,
    login_server=EVIL,
    tags={EVIL: EVIL},
    muted_until=NOW + HOUR,
    incidents=[Trouble(started_at=NOW, state=HealthState.DOWN, code=Code.TIMEOUT, message=EVIL)],
)


def pages() -> dict[str, Page]:
    clock, swept = times("Europe/Berlin"), sweep(2 * MINUTE)
    return {
        "overview": overview_page(
            overview([NASTY, NASTY.change(muted_until=None)], swept, Asked(tag=EVIL[:3]), clock)
        ),
        "all": overview_page(overview([NASTY, NASTY.change(muted_until=None)], swept, Asked(), clock)),
        "empty": overview_page(overview([], None, Asked(), clock)),
        "registry": details_page(details(NASTY, swept, Context("sub", "group"), clock)),
        "reveal": reveal_page(),
        "refused": refused_page(Refused(401, "StatusLinkNeeded", "No", EVIL, EVIL)),
    }


class Reader(HTMLParser):
    """Tags and their attributes; every element that must be closed is."""

    VOID = ("meta", "link")

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", pages())
def test_every_element_is_closed_and_nothing_that_is_shown_is_markup(name: str) -> None:
    page = pages()[name]
    reader = Reader(page)
    assert reader.open == []
    nonce = re.findall(r"'nonce-([\w-]+)'", page.headers["Content-Security-Policy"])[0]
    for tag, attributes in reader.found:
        assert tag != "img"
        assert tag not in {"script", "style"} or attributes == {"nonce": nonce}
        assert "style" not in attributes
        assert not any(each.startswith("on") for each in attributes)


@pytest.mark.parametrize("name", pages())
def test_nothing_else_is_fetched(name: str) -> None:
    for tag, attributes in Reader(pages()[name]).found:
        assert "src" not in attributes
        if tag == "link":
            assert str(attributes["href"]).startswith("data:image/svg+xml,")


def test_without_a_script_the_page_asks_for_itself_anew() -> None:
    found = pages()
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in found["all"].html
    assert "http-equiv" not in found["refused"].html
    assert "setInterval" in found["all"].html
    assert "setInterval" not in found["refused"].html


def test_a_state_is_a_word_and_never_colour_alone() -> None:
    found = pages()["all"].html
    assert found.count('<span class="word">Down</span>') >= 3, "two rows and an incident"
    assert 'role="img" aria-label="The last 90 days:' in found


def test_an_empty_page_says_what_to_do_next() -> None:
    assert "PUT /api/registries/NAME" in pages()["empty"].html


def test_the_zone_and_what_unknown_means_are_said() -> None:
    assert "Times in Europe/Berlin." in pages()["all"].html
    assert "Unknown = we could not look." in pages()["registry"].html
