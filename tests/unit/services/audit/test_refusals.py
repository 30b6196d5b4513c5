"""Who was told no stands in the audit, without a word of what was sent."""

from datetime import timedelta

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError
from shared.services.audit.refusals import THROTTLED_EVERY, Refusals, is_recorded
from shared.services.audit.trail import Span
from shared.services.requests import Caller
from tests.unit.services.rig import Rig

CALLER = Caller(actor="key:ci", request_id="r-1", address="203.0.113.7")
CONFLICT = ApiError(409, "OperationInProgress", "message", "fix")
TOO_MANY = ApiError(429, "TooManyRequests", "message", "fix")


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def refusals(rig: Rig) -> Refusals:
    return Refusals(rig.trail, rig.clock)


def entries(rig: Rig) -> list[AuditEntry]:
    now = rig.clock.now
    found, _ = rig.trail.page(Span(now - timedelta(days=1), now + timedelta(days=1)), 1000, lambda _: True)
    return found


@pytest.mark.parametrize(
    ("status", "writes", "recorded"),
    [
        (403, False, True),
        (403, True, True),
        (404, False, False),
        (400, True, True),
        (404, True, True),
        (429, True, True),
        (429, False, False),
        (500, True, False),
        (503, True, False),
    ],
)
def test_a_lack_of_rights_and_every_refused_write_are_recorded(
    status: int, writes: bool, recorded: bool
) -> None:
    assert is_recorded(status, writes=writes) is recorded


def test_a_refusal_says_who_what_from_where_and_why(rig: Rig, refusals: Refusals) -> None:
    refusals.record(CALLER, "rotate_user", {"registry": "demo", "username": "ci"}, CONFLICT)
    [found] = entries(rig)
    assert (found.actor, found.address, found.request_id) == ("key:ci", "203.0.113.7", "r-1")
    assert (found.action, found.target, found.registry) == ("RotateUser", "demo/ci", "demo")
    assert (found.outcome, found.status, found.operation_id) == ("OperationInProgress", 409, None)


@pytest.mark.parametrize(
    ("names", "target", "registry"),
    [
        ({"registry": "demo", "username": "my pass:word"}, "demo/?", "demo"),
        ({"registry": "=cmd()", "username": "ci"}, "?/ci", None),
        ({"operation": "demo.01JD"}, "demo.01JD", "demo"),
        ({"operation": "hunter2 hunter2"}, "?", None),
        ({"whatever": "hunter2"}, "?", None),
        ({}, "", None),
    ],
)
def test_what_can_be_no_name_is_not_repeated(
    rig: Rig, refusals: Refusals, names: dict[str, str], target: str, registry: str | None
) -> None:
    refusals.record(CALLER, "delete_user", names, CONFLICT)
    [found] = entries(rig)
    assert (found.target, found.registry) == (target, registry)


def test_who_is_throttled_is_so_once_a_minute(rig: Rig, refusals: Refusals) -> None:
    for _ in range(3):
        refusals.record(CALLER, "delete_user", {"registry": "demo"}, TOO_MANY)
    assert len(entries(rig)) == 1
    refusals.record(Caller("key:other", "r-2"), "delete_user", {"registry": "demo"}, TOO_MANY)
    assert len(entries(rig)) == 2
    rig.clock.advance(THROTTLED_EVERY.total_seconds())
    refusals.record(CALLER, "delete_user", {"registry": "demo"}, TOO_MANY)
    assert len(entries(rig)) == 3


def test_a_refusal_that_can_not_be_recorded_is_one_all_the_same(
    rig: Rig, refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    rig.audit_table.down = True
    refusals.record(CALLER, "delete_user", {"registry": "demo"}, CONFLICT)
    assert "a refusal is not in the audit: DeleteUser OperationInProgress" in caplog.text
