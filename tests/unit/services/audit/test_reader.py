"""Reading the audit: by registry, actor and day, and never further back than anything is kept."""

from datetime import date, timedelta

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError
from shared.services.audit.reader import DAYS_WITHOUT_SINCE, Audit, Wanted
from shared.services.audit.refusals import Refusals
from shared.services.requests import Caller
from tests.unit.services.rig import NAME, Rig

KEPT_DAYS = 40
TODAY = date(2026, 1, 1)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def audit(rig: Rig) -> Audit:
    return Audit(rig.trail, rig.clock, KEPT_DAYS)


def everything(audit: Audit, wanted: Wanted, size: int = 100) -> list[AuditEntry]:
    found, after = audit.page(wanted, size)
    while after is not None:
        more, after = audit.page(
            Wanted(wanted.registry, wanted.actor, wanted.since, wanted.until, after), size
        )
        found += more
    return found


def refused(rig: Rig, actor: str, registry: str = NAME, days_ago: int = 0) -> None:
    at = rig.clock.now - timedelta(days=days_ago)
    Refusals(rig.trail, lambda: at).record(
        Caller(actor, "r"), "get_registry", {"registry": registry}, ApiError(403, "Forbidden", "m", "f")
    )


def actors(found: list[AuditEntry]) -> list[str]:
    return [entry.actor for entry in found]


def test_it_can_be_asked_by_actor_and_by_registry(rig: Rig, audit: Audit) -> None:
    for actor, registry in (("key:a", "one"), ("key:b", "one"), ("key:a", "two")):
        refused(rig, actor, registry)
    assert len(everything(audit, Wanted(actor="key:a"))) == 2
    assert sorted(actors(everything(audit, Wanted(registry="one")))) == ["key:a", "key:b"]
    assert actors(everything(audit, Wanted(registry="two", actor="key:b"))) == []


def test_both_days_belong_to_what_is_asked_for(rig: Rig, audit: Audit) -> None:
    for days in range(4):
        refused(rig, f"key:{days}", days_ago=days)
    wanted = Wanted(since=TODAY - timedelta(days=2), until=TODAY - timedelta(days=1))
    assert actors(everything(audit, wanted, size=1)) == ["key:1", "key:2"]


def test_without_days_it_is_the_last_month_in_one_page(rig: Rig, audit: Audit) -> None:
    for days in (0, DAYS_WITHOUT_SINCE, DAYS_WITHOUT_SINCE + 1):
        refused(rig, f"key:{days}", days_ago=days)
    found, after = audit.page(Wanted(), 100)
    assert (actors(found), after) == (["key:0", "key:30"], None)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (date.min, None, ["key:0"]),
        (date.min, date.max, ["key:0"]),
        (None, date.min, []),
        (date.max, date.min, []),
        (date.max, None, []),
    ],
)
def test_days_that_nobody_can_mean_find_what_there_is(
    rig: Rig, audit: Audit, since: date | None, until: date | None, expected: list[str]
) -> None:
    refused(rig, "key:0")
    assert actors(everything(audit, Wanted(since=since, until=until))) == expected


@pytest.mark.parametrize("after", ["0000000000", "07ZZZZZZZZ", "01KAXQ3Z6V8Y0T9M2N4P5R7S1W"])
def test_a_token_of_any_time_ends_the_list_at_some_time(rig: Rig, audit: Audit, after: str) -> None:
    refused(rig, "key:0")
    assert len(everything(audit, Wanted(after=after))) <= 1
