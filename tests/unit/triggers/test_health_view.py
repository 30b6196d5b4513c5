"""What the answer about a registry says of its health."""

from datetime import UTC, datetime

from shared.domain.health.codes import Code, finding
from shared.domain.health.verdict import Verdict, alarm, gravest
from shared.triggers.views.health import health_view

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def verdict(code: Code, latency_ms: int) -> Verdict:
    found = finding(code, "what was seen").model_dump()
    return Verdict(uid="u1", checked_at=NOW, latency_ms=latency_ms, **found)


def test_where_nobody_got_in_there_is_no_latency() -> None:
    for code, milliseconds, shown in ((Code.TIMEOUT, 0, None), (Code.HEALTHY, 41, 41)):
        view = health_view(verdict(code, milliseconds), at_work=False)
        assert view
        assert view.latency_milliseconds == shown


def test_what_a_probe_saw_is_no_evidence_of_an_alarm() -> None:
    shown = gravest(verdict(Code.HEALTHY, 41), alarm("u1", Code.HTPASSWD_STALE, "ci", NOW))
    assert shown
    assert (shown.code, shown.evidence) == (Code.HTPASSWD_STALE, "")
