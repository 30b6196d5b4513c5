"""What a notice says to people."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.health.codes import Code, HealthState, Severity
from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.notices.report_summary import Summary
from shared.domain.notices.telling import Places, duration, telling, together
from shared.sinks.cutting import is_link

AT = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
PLACES = Places("https://berthage.example", "sub", "group", ZoneInfo("Europe/Berlin"))


def notice(**fields: Any) -> Notice:
    given = {"kind": NoticeKind.PROBLEM, "subject": "search", "at": AT, "since": AT - timedelta(minutes=22)}
    return Notice(**{**given, **fields})


@pytest.mark.parametrize(
    ("fields", "headline"),
    [
        ({"state": HealthState.DOWN, "code": Code.TIMEOUT}, "search is down: TIMEOUT"),
        ({"state": HealthState.DEGRADED, "code": Code.SLOW}, "search is degraded: SLOW"),
        ({"state": HealthState.UNKNOWN, "code": Code.RESTRICTED}, "search is out of our sight: RESTRICTED"),
        (
            {"kind": NoticeKind.RECOVERY, "state": HealthState.HEALTHY, "code": Code.HEALTHY},
            "search is healthy again, after 22 min",
        ),
        (
            {"kind": NoticeKind.RECOVERY, "state": HealthState.HEALTHY, "since": None},
            "search is healthy again",
        ),
        (
            {"kind": NoticeKind.FLAPPING, "state": HealthState.DOWN},
            "search changes again and again: nothing more is said until it keeps still",
        ),
    ],
)
def test_the_verdict_comes_first(fields: dict[str, Any], headline: str) -> None:
    assert telling(notice(**fields), PLACES, None).summary.headline == headline


@pytest.mark.parametrize(
    ("fields", "context"),
    [
        ({}, "since 26 Nov 07:38 CET (22 min)"),
        ({"since": AT}, "since 26 Nov 08:00 CET"),
        ({"since": None}, "26 Nov 08:00 CET"),
        ({"kind": NoticeKind.RECOVERY}, "26 Nov 07:38 CET to 26 Nov 08:00 CET"),
        (
            {"login_server": "s.azurewebsites.net", "tags": {"team": "a", "area": "eu"}},
            "since 26 Nov 07:38 CET (22 min) · s.azurewebsites.net · area: eu, team: a",
        ),
    ],
)
def test_then_since_when_and_where(fields: dict[str, Any], context: str) -> None:
    assert telling(notice(**fields), PLACES, None).summary.context == context


def test_then_why_what_was_seen_and_what_to_do() -> None:
    given = {
        "code": Code.TIMEOUT,
        "message": "Why.",
        "evidence": "Seen.",
        "fix": "Do.",
        "severity": Severity.CRITICAL,
    }
    [item] = telling(notice(**given), PLACES, None).summary.needs_you
    assert (item.title, item.text, item.evidence, item.fix) == ("TIMEOUT", "Why.", "Seen.", "Do.")


def test_what_is_over_needs_no_fix() -> None:
    given = {"kind": NoticeKind.RECOVERY, "message": "It answers.", "fix": "Do."}
    [item] = telling(notice(**given), PLACES, None).summary.needs_you
    assert item.fix == ""


def test_links_lead_to_the_status_page_and_to_the_site() -> None:
    links = {link.title: link.url for link in telling(notice(site="search-x1"), PLACES, None).summary.links}
    assert links == {
        "Status": "https://berthage.example/api/status/search",
        "Portal": "https://portal.azure.com/#resource/subscriptions/sub/resourceGroups/group"
        "/providers/Microsoft.Web/sites/search-x1",
    }


def test_a_report_is_shown_as_it_sums_itself_up() -> None:
    report = Summary(headline="All is well")
    assert telling(notice(kind=NoticeKind.REPORT), PLACES, report).summary == report


def one(subject: str, **fields: Any) -> Notice:
    given = {
        "subject": subject,
        "state": HealthState.DOWN,
        "code": Code.TIMEOUT,
        "message": "Why.",
        "fix": "Do.",
    }
    return notice(**{"severity": Severity.CRITICAL, **given, **fields})


def test_many_at_once_are_counted_and_each_is_named_the_gravest_first() -> None:
    slow = {"state": HealthState.DEGRADED, "code": Code.SLOW, "severity": Severity.WARNING}
    fine = {"kind": NoticeKind.RECOVERY, "state": HealthState.HEALTHY, "severity": Severity.OK}
    told = together([one("d", **fine), one("c", **slow), one("b"), one("a")], PLACES).summary
    assert told.headline == "2 registries are down, 1 is degraded, 1 is healthy again"
    assert told.severity is Severity.CRITICAL
    assert told.context == "26 Nov 08:00 CET"
    assert [item.title for item in told.needs_you] == [
        "a is down: TIMEOUT",
        "b is down: TIMEOUT",
        "c is degraded: SLOW",
        "d is healthy again, after 22 min",
    ]
    first = told.needs_you[0]
    assert (first.text, first.fix) == ("since 26 Nov 07:38 CET (22 min) · Why.", "Do.")
    assert [link.url for link in first.links] == ["https://berthage.example/api/status/a"]
    assert [link.url for link in told.links] == ["https://berthage.example/api/status"]


def test_of_a_registry_that_has_changed_meanwhile_only_the_newest_is_told() -> None:
    later = {"state": HealthState.HEALTHY, "severity": Severity.OK, "at": AT + timedelta(minutes=5)}
    down, up = one("search"), one("search", kind=NoticeKind.RECOVERY, **later)
    assert together([up, down], PLACES) == telling(up, PLACES, None)
    assert (
        together([down, one("web"), up], PLACES).summary.headline == "1 registry is down, 1 is healthy again"
    )


def test_one_alone_is_told_as_one() -> None:
    assert together([one("search")], PLACES) == telling(one("search"), PLACES, None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (11100, "3 h 5 min"),
        (86399, "23 h 59 min"),
        (86400, "1 day"),
        (2 * 86400 + 4 * 3600, "2 days 4 h"),
    ],
)
def test_durations_have_one_or_two_units(seconds: float, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text


def test_the_portal_is_found_whatever_a_resource_group_is_called() -> None:
    """They may have parentheses and letters of any alphabet, which end a link in some chats."""
    places = Places("https://berthage.example", "sub", "team (é)", UTC)
    portal = places.of(notice(site="search-x1"))[1].url
    assert portal == (
        "https://portal.azure.com/#resource/subscriptions/sub/resourceGroups/team%20%28%C3%A9%29"
        "/providers/Microsoft.Web/sites/search-x1"
    )
    assert is_link(portal)
