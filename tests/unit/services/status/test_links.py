"""Links to the status page: who made which, what they show, and when they end."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.audit import AuditEntry, day_of
from shared.domain.errors import ApiError, DependencyError
from shared.domain.roles import NOTHING, Role
from shared.services.audit.trail import AuditTrail
from shared.services.requests import Caller
from shared.services.status.links import StatusLinks, StatusLinkSpec
from tests.fakes import FakeClock, FakeTable

KEY, CALLER = "k" * 32, Caller("key:ops", "request-1", address="203.0.113.7")


class Rig:
    def __init__(self, key: str | None = KEY) -> None:
        self.table, self.clock = FakeTable(), FakeClock()
        self.links = StatusLinks(key, AuditTrail(self.table), self.clock)

    def make(self, **fields: Any) -> str:
        return self.links.make(StatusLinkSpec.model_validate(fields), CALLER).token

    def audit(self) -> list[AuditEntry]:
        return [AuditEntry.from_row(row) for row in self.table.rows.get(day_of(self.clock.now), {}).values()]


def test_a_link_shows_what_its_pattern_names_and_lets_nobody_change_anything() -> None:
    rig = Rig()
    access = rig.links.access(rig.make(registry="pay*"))
    assert access.may_read("payments")
    assert not access.may_read("search")
    assert not access.allows(Role.OPERATOR, "payments")


def test_a_link_is_good_for_ninety_days_unless_something_else_is_asked_for() -> None:
    rig = Rig()
    usual, short = rig.make(), rig.make(expiresAfter="PT1H")
    rig.clock.advance(3599)
    assert rig.links.open(short)
    rig.clock.advance(1)
    assert rig.links.open(short) is None
    rig.clock.advance(timedelta(days=90, seconds=-3601).total_seconds())
    assert rig.links.open(usual)
    rig.clock.advance(1)
    assert rig.links.access(usual) == NOTHING


@pytest.mark.parametrize(
    "fields",
    [
        {"expiresAfter": "P366D"},
        {"expiresAfter": "PT0S"},
        {"expiresAfter": 5},
        {"registry": "A"},
        {"registry": ""},
    ],
)
def test_what_would_be_too_much_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StatusLinkSpec.model_validate(fields)


def test_another_key_ends_all_links() -> None:
    token = Rig().make()
    assert Rig("n" * 32).links.open(token) is None
    assert Rig(None).links.open(token) is None


def test_a_token_that_was_changed_is_none() -> None:
    rig = Rig()
    payload, _, signature = rig.make(registry="pay*").partition(".")
    forged = base64.urlsafe_b64encode(b'["*",9999999999]').rstrip(b"=").decode()
    for token in (
        "",
        ".",
        "x",
        payload,
        f"{forged}.{signature}",
        f"{payload}.{signature[:-2]}",
        f"{payload}.",
    ):
        assert rig.links.open(token) is None


def test_a_token_in_another_spelling_is_handed_on_in_ours() -> None:
    """It becomes a header: base64 readers skip what does not belong to it, line breaks for example."""
    rig = Rig()
    token = rig.make()
    opened = rig.links.open(f"{token}\r\n")
    assert opened is None or opened.token == token


def test_the_audit_says_who_made_it_and_never_the_token() -> None:
    rig = Rig()
    token = rig.make(registry="pay*", expiresAfter="P1D")
    [entry] = rig.audit()
    assert (entry.actor, entry.action, entry.target, entry.registry) == (
        "key:ops",
        "CreateStatusLink",
        "pay*",
        None,
    )
    assert entry.details == {"registry": ["pay*"], "expiresOn": ["2026-01-02T00:00:00+00:00"]}
    assert token.rpartition(".")[2] not in repr(rig.table.rows)


def test_without_an_audit_there_is_no_link() -> None:
    rig = Rig()
    rig.table.down = True
    with pytest.raises(DependencyError):
        rig.make()


def test_without_a_key_it_is_said_how_to_have_links() -> None:
    rig = Rig(None)
    with pytest.raises(ApiError) as refused:
        rig.make()
    assert (refused.value.status, refused.value.code) == (409, "StatusLinksOff")
    assert "STATUS_LINK_KEY" in refused.value.fix
    assert rig.audit() == []
