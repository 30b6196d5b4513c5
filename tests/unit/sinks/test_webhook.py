"""What a webhook gets: JSON for programs, with a signature that the published library accepts."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared.domain.notices.notice import Notice, NoticeKind
from shared.sinks.webhook import body, headers
from tests.unit.sinks.examples import AT, DOWN, REPORT, TEXT, many, told

KEY = bytes(range(32))


def test_a_notice_is_an_event_with_all_that_is_known() -> None:
    event: dict[str, Any] = json.loads(body(told()))
    data = event["data"]
    assert (event["type"], event["timestamp"]) == ("registry.problem", "2026-11-26T07:00:00Z")
    assert {name: data[name] for name in ("registry", "state", "before", "code", "severity")} == {
        "registry": "search",
        "state": "Down",
        "before": "Healthy",
        "code": "STORAGE_UNHEALTHY",
        "severity": "critical",
    }
    assert (data["since"], data["durationSeconds"]) == ("2026-11-26T06:38:00Z", 1320)
    assert data["tags"] == {"team": "search"}
    assert data["fix"]
    assert data["links"]["status"] == "https://berthage.example/api/status/search"
    assert data["links"]["portal"].endswith(
        "/resourceGroups/berthage/providers/Microsoft.Web/sites/search-x1"
    )


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (NoticeKind.PROBLEM, "registry.problem"),
        (NoticeKind.RECOVERY, "registry.recovery"),
        (NoticeKind.FLAPPING, "registry.flapping"),
    ],
)
def test_every_kind_has_its_type(kind: NoticeKind, type_: str) -> None:
    assert json.loads(body(told(DOWN.change(kind=kind))))["type"] == type_


def test_a_report_is_an_event_of_its_own_with_lists_that_end() -> None:
    notice = Notice(kind=NoticeKind.REPORT, subject="r-1", at=AT)
    data = json.loads(body(told(notice, REPORT)))["data"]
    assert (data["report"], data["headline"]) == ("r-1", "1 of 40 registries needs you")
    assert data["needsYou"][0]["title"] == "search"
    assert data["sections"] == [{"title": "Uptime", "lines": ["99.96 %", "probe p95 310 ms"], "more": 0}]
    data = json.loads(body(told(notice, many(130))))["data"]
    assert (len(data["needsYou"]), data["needsYouMore"]) == (100, 30)
    assert data["sections"][0]["more"] == 30


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=24, max_size=64), TEXT)
def test_the_published_library_accepts_the_signature(key: bytes, message: str) -> None:
    telling = told(DOWN.change(message=message))
    content = body(telling)
    sent = headers(telling, content, key, datetime.now(UTC))
    assert Webhook(key).verify(content, sent) == json.loads(content)


def test_it_refuses_another_key_another_body_and_an_old_message() -> None:
    telling = told()
    content, now = body(telling), datetime.now(UTC)
    with pytest.raises(WebhookVerificationError):
        Webhook(bytes(32)).verify(content, headers(telling, content, KEY, now))
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(content + b" ", headers(telling, content, KEY, now))
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(content, headers(telling, content, KEY, now - timedelta(minutes=6)))


def test_a_later_attempt_has_the_same_id_and_body_and_a_time_of_its_own() -> None:
    telling, now = told(), datetime.now(UTC)
    one, other = (headers(telling, body(telling), KEY, now + timedelta(seconds=n)) for n in (0, 60))
    assert one["webhook-id"] == other["webhook-id"]
    assert "." not in one["webhook-id"]
    assert one["webhook-timestamp"] != other["webhook-timestamp"]
