"""What is old enough goes, in both places, and nothing that somebody may still ask for."""

from datetime import timedelta

import pytest

from shared.domain.audit import AUDIT_KEYS
from shared.domain.errors import ApiError
from shared.domain.operations import Kind
from shared.services.audit.refusals import Refusals
from shared.services.requests import Caller
from tests.unit.services.rig import AUDIT_DAYS, NAME, OPERATION_DAYS, Rig

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def rig() -> Rig:
    """A registry that was made, changed and given a user."""
    rig = Rig()
    rig.create()
    rig.put_user("alice")
    rig.drain()
    rig.put(sku="S1")
    rig.drain()
    return rig


def days(rig: Rig) -> list[str]:
    """Of the table `audit`."""
    return [name for name, rows in sorted(rig.audit_table.rows.items()) if rows and not name.startswith("!")]


def entries(rig: Rig) -> int:
    return sum(key.startswith(AUDIT_KEYS) for key in rig.state_table.rows[NAME])


def kinds(rig: Rig) -> list[Kind]:
    return sorted(operation.kind for operation in rig.all_operations())


def pass_days(rig: Rig, number: float) -> None:
    rig.clock.advance(number * DAY)
    rig.reconcile.run()
    rig.drain()


def test_an_entry_is_kept_for_its_days_and_then_gone_from_both_places(rig: Rig) -> None:
    pass_days(rig, AUDIT_DAYS)
    assert (days(rig)[0], entries(rig) >= 3) == ("2026-01-01", True)
    pass_days(rig, 1)
    assert "2026-01-01" not in days(rig)
    assert [
        entry.at for entry in rig.state.audit(NAME) if entry.at.year == 2026 and entry.at.month == 1
    ] == []


def test_a_refusal_goes_with_its_day(rig: Rig) -> None:
    Refusals(rig.trail, rig.clock).record(
        Caller("key:x", "r"), "get_registry", {"registry": "none"}, ApiError(403, "Forbidden", "m", "f")
    )
    pass_days(rig, AUDIT_DAYS + 1)
    assert "2026-01-01" not in days(rig)


def test_an_operation_goes_unless_something_names_it_as_its_last(rig: Rig) -> None:
    before = kinds(rig)
    assert Kind.CREATE_REGISTRY in before
    pass_days(rig, OPERATION_DAYS)
    assert Kind.CREATE_REGISTRY in kinds(rig)
    pass_days(rig, 1)
    assert kinds(rig) == [Kind.PUT_USER, Kind.UPDATE_REGISTRY]
    assert rig.registry().last_operation == rig.last(Kind.UPDATE_REGISTRY).id


def test_what_has_not_ended_stays_however_old_it_is(rig: Rig) -> None:
    rig.put_user("bob")
    operation = rig.last(Kind.PUT_USER)
    rig.host.waiting.clear()
    for _ in range(3):
        rig.clock.advance(OPERATION_DAYS * DAY)
        rig.reconcile.run()
        rig.host.waiting.clear()
    assert rig.operation(operation.id).final is False


def test_the_history_of_a_registry_that_is_gone_goes_too(rig: Rig) -> None:
    rig.purge()
    rig.drain()
    assert NAME not in rig.index_names()
    pass_days(rig, AUDIT_DAYS + 1)
    pass_days(rig, 1)
    assert not rig.state_table.rows.get(NAME)
    assert NAME not in rig.audit_table.rows.get("!copied", {})


def test_once_a_day_is_enough(rig: Rig) -> None:
    pass_days(rig, OPERATION_DAYS + 1)
    before = kinds(rig)
    rig.put(sku="B1")
    rig.drain()
    rig.clock.advance(60)
    rig.reconcile.run()
    assert len(kinds(rig)) == len(before) + 1
