"""The status page of thirty registries with ninety days behind them, in a real browser.

`BERTHAGE_SCREENSHOTS=folder` keeps what it saw.
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import httpx
import pytest

from tests.pages.browser import PAGES, browse
from tests.pages.history import NAMES
from tests.pages.served import Served, served

FOLDER = os.environ.get("BERTHAGE_SCREENSHOTS")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("status-page")) as found:
        yield found


@pytest.fixture(scope="module")
def seen(page: Served) -> dict[str, Any]:
    return browse(page, "check", Path(FOLDER).resolve() if FOLDER else None)


def token_of(page: Served) -> str:
    return page.link.partition("#")[2]


def test_axe_finds_no_violation_on_a_phone_and_on_a_desk_in_light_and_in_dark(seen: dict[str, Any]) -> None:
    found = [(look["size"], look["scheme"]) for look in seen["looked"]]
    assert sorted(found) == [("desktop", "dark"), ("desktop", "light"), ("phone", "dark"), ("phone", "light")]
    for look in seen["looked"]:
        assert len(look["pages"]) == len(PAGES)
        for each in look["pages"]:
            assert each["violations"] == [], each["name"]
            assert each["rules"] > 30, "axe has looked"


def test_axe_would_have_found_one(seen: dict[str, Any]) -> None:
    assert "button-name" in seen["keyboard"]["witness"]


def test_nothing_is_wider_than_the_screen(seen: dict[str, Any]) -> None:
    assert {each["overflow"] for look in seen["looked"] for each in look["pages"]} == {0}


def test_no_request_leaves_the_origin_and_nothing_is_refused_by_the_policy(
    page: Served, seen: dict[str, Any]
) -> None:
    for visit in (*seen["looked"], seen["script"]):
        assert visit["errors"] == []
        assert visit["requests"]
        assert [url for url in visit["requests"] if not url.startswith(f"{page.origin}/api/status")] == []


def test_the_token_is_sent_in_one_body_and_in_no_address(page: Served, seen: dict[str, Any]) -> None:
    for visit in (*seen["looked"], seen["script"]):
        sent = [urldefrag(url).url for url in visit["requests"]]
        assert not any(token_of(page) in url for url in sent)
        assert len([body for body in visit["bodies"] if token_of(page) in body]) == 1
    assert {look["address"] for look in seen["looked"]} == {f"{page.origin}/api/status"}


def test_a_link_that_is_opened_where_the_page_is_open_already_counts(
    page: Served, seen: dict[str, Any]
) -> None:
    found = seen["renewed"]
    assert found["address"] == f"{page.origin}/api/status/search"
    assert found["heading"].startswith("search is ")
    assert len([body for body in found["bodies"] if token_of(page) in body]) == 2


def test_it_all_works_without_javascript(seen: dict[str, Any]) -> None:
    found = seen["script"]
    assert found["all"] == len(NAMES)
    assert found["title"].startswith("1 of 30 registries is down")
    assert found["names"] == sorted(found["names"])
    assert 0 < len(found["names"]) < len(NAMES)
    assert found["address"].endswith("/api/status?tag=team%3Apayments&sort=name")
    assert found["heading"] == f"{found['names'][0]} is up"


def test_the_keyboard_reaches_problems_filter_and_registries_and_shows_where_it_is(
    seen: dict[str, Any],
) -> None:
    stops = seen["keyboard"]["stops"]
    reached = [stop["what"].partition(" \u203a")[0] for stop in stops]
    wanted = ["a Details of search", "a Details of web", "tag", "sort", "button Show", "a search"]
    assert reached[: len(wanted)] == wanted
    assert {stop["ring"] for stop in stops} == {"solid"}
    assert seen["keyboard"]["first"] == NAMES[0], "sorted by name, by the keyboard alone"


def test_it_renews_itself_and_keeps_place_focus_and_what_is_open(seen: dict[str, Any]) -> None:
    found = seen["refresh"]
    assert found["title"].startswith("Refreshed")
    assert found["same"], "the document was not loaded anew"
    assert found["after"] == found["before"]
    [scrolled, focused, is_open] = found["after"]
    assert scrolled > 0
    assert focused in NAMES
    assert is_open


def test_it_says_when_it_can_not_renew_itself(seen: dict[str, Any]) -> None:
    assert seen["refresh"]["quiet"] == ""
    assert seen["refresh"]["trouble"].startswith("This page could not be refreshed")


def test_a_page_is_small_on_its_way(page: Served) -> None:
    cookies = {"Cookie": f"berthage_status={token_of(page)}", "Accept-Encoding": "gzip"}
    with httpx.stream("GET", f"{page.origin}/api/status", headers=cookies, trust_env=False) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) < len(gzip.decompress(sent)) / 5


def test_whoever_has_no_link_sees_a_page_that_says_so(page: Served, seen: dict[str, Any]) -> None:
    refused = seen["refused"]
    assert (refused["status"], refused["violations"], refused["overflow"]) == (401, [], 0)
    answer = page.local.api.send("GET", "status")
    assert answer.status_code == 401, "the function key that it is sent with opens nothing"
    assert "This page needs a status link" in answer.text
    assert not any(name in answer.text for name in NAMES if len(name) > 7)


def test_the_log_has_no_token(page: Served, seen: dict[str, Any]) -> None:
    assert seen
    log = page.local.up.log.read_text(encoding="utf-8")
    assert "GET get_status: 200" in log
    assert token_of(page) not in log
