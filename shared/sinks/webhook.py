"""A webhook of one's own: plain JSON, signed as Standard Webhooks has it.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. There are libraries that verify it.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.notices.report_summary import Section, Summary
from shared.domain.notices.telling import Telling
from shared.sinks import cutting

MOST_ITEMS = 100
"""Of any list."""
TYPES: Mapping[NoticeKind, str] = {
    NoticeKind.PROBLEM: "registry.problem",
    NoticeKind.RECOVERY: "registry.recovery",
    NoticeKind.FLAPPING: "registry.flapping",
    NoticeKind.REPORT: "health.report",
}


def body(telling: Telling) -> bytes:
    """The same in every attempt."""
    notice = telling.notice
    data = _report(telling) if notice.kind is NoticeKind.REPORT else _registry(telling)
    event = {"type": TYPES[notice.kind], "timestamp": _time(notice.at), "data": data}
    return json.dumps(event, separators=(",", ":")).encode()


def headers(telling: Telling, content: bytes, key: bytes, now: datetime) -> dict[str, str]:
    """What the receiver needs to know who wrote it, and whether it has had it before. `timestamp` is the attempt's."""
    timestamp = str(int(now.timestamp()))
    signed = b".".join([telling.id.encode(), timestamp.encode(), content])
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": telling.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def _registry(telling: Telling) -> dict[str, Any]:
    notice = telling.notice
    return {
        "registry": notice.subject,
        "state": notice.state,
        "before": notice.before,
        "code": notice.code,
        "severity": notice.severity,
        "headline": telling.summary.headline,
        "message": notice.message,
        "evidence": notice.evidence,
        "fix": notice.fix,
        "since": _time(notice.since) if notice.since else None,
        "durationSeconds": _lasted(notice),
        "tags": notice.tags,
        "loginServer": notice.login_server,
        "links": _links(telling.summary),
    }


def _report(telling: Telling) -> dict[str, Any]:
    summary = telling.summary
    items = cutting.first(summary.needs_you, MOST_ITEMS)
    return {
        "report": telling.notice.subject,
        "severity": summary.severity,
        "headline": summary.headline,
        "context": summary.context,
        "needsYou": [item.model_dump(mode="json", by_alias=True) for item in items.kept],
        "needsYouMore": items.more,
        "sections": [_listed(section) for section in summary.sections[:MOST_ITEMS]],
        "links": _links(summary),
    }


def _listed(section: Section) -> dict[str, Any]:
    lines = cutting.first(section.lines, MOST_ITEMS)
    return {"title": section.title, "lines": [*lines.kept], "more": lines.more}


def _lasted(notice: Notice) -> int | None:
    return int((notice.at - notice.since).total_seconds()) if notice.since else None


_NAMES = {"Full report": "report", "Status page": "status"}
"""What a program finds links by: of all events the same."""


def _links(summary: Summary) -> dict[str, str]:
    return {_NAMES.get(link.title, link.title.lower()): link.url for link in summary.links}


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
