"""Tokens for tests, as an Admin gets them."""

from datetime import UTC, datetime, timedelta

from shared.services.audit.trail import AuditTrail
from shared.services.requests import Caller
from shared.services.status.links import StatusLinks, StatusLinkSpec
from tests.fakes import FakeTable

KEY = "the key of links to the status page"


def token(pattern: str = "*", *, key: str = KEY, ago: timedelta = timedelta(0)) -> str:
    """Made so long ago, good for an hour."""
    links = StatusLinks(key, AuditTrail(FakeTable()), lambda: datetime.now(UTC) - ago)
    spec = StatusLinkSpec(registry=pattern, expires_after=timedelta(hours=1))
    return links.make(spec, Caller("key:test", "r-1")).token


def cookie(pattern: str = "*", *, key: str = KEY, ago: timedelta = timedelta(0)) -> str:
    """What a browser sends that has opened such a link."""
    return f"ARRAffinity={{not,for us}}; berthage_status={token(pattern, key=key, ago=ago)}; theme=dark"
