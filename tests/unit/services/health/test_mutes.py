"""Muting a registry: what is kept of it, what a repeat does, who reads of it in the audit, and when it is over."""

from dataclasses import replace
from datetime import datetime

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError, ConflictError, DependencyError
from shared.domain.health.board import BOARD, BoardEntry
from shared.domain.health.mute import Mute, MuteSpec
from shared.domain.operations import Operation
from shared.services.requests import Caller
from tests.unit.services.rig import ME, NAME, Rig

JANE = Caller("entra:jane@example.com", "r7", address="203.0.113.7")
KEYED = replace(ME, operation_key="mine", payload=b"two hours")
TWO_HOURS = MuteSpec.model_validate({"for": "PT2H", "reason": "the network moves"})
TOMORROW = MuteSpec.model_validate({"until": "2026-01-02T00:00:00Z", "reason": "the network moves"})


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.create()
    return rig


def active(rig: Rig) -> Mute | None:
    return rig.mutes.of(rig.registry())


def actions(rig: Rig) -> list[AuditEntry]:
    return [entry for entry in rig.state.audit(NAME) if "Mute" in entry.action or "mute" in entry.action]


def test_it_holds_until_its_end(rig: Rig) -> None:
    made = rig.mutes.mute(NAME, TWO_HOURS, JANE)
    assert (made.reason, made.by) == ("the network moves", "entra:jane@example.com")
    found = active(rig)
    assert found
    assert (found.until, found.reason, found.by) == (made.until, made.reason, made.by)
    rig.clock.advance(2 * 3600)
    assert active(rig) is None


def test_a_later_one_takes_its_place(rig: Rig) -> None:
    rig.mutes.mute(NAME, TWO_HOURS, ME)
    later = rig.mutes.mute(NAME, TOMORROW, JANE)
    found = active(rig)
    assert found
    assert (found.until, found.by) == (later.until, JANE.actor)


def test_it_can_be_lifted_and_lifting_nothing_does_nothing(rig: Rig) -> None:
    rig.mutes.mute(NAME, TWO_HOURS, ME)
    rig.mutes.lift(NAME, JANE)
    rig.mutes.lift(NAME, JANE)
    assert active(rig) is None
    assert [(entry.action, entry.actor) for entry in actions(rig)] == [
        ("MuteRegistry", ME.actor),
        ("UnmuteRegistry", JANE.actor),
    ]


def test_the_audit_says_who_muted_it_until_when_and_why(rig: Rig) -> None:
    rig.mutes.mute(NAME, TOMORROW, JANE)
    [entry] = actions(rig)
    assert (entry.actor, entry.address, entry.target) == (JANE.actor, "203.0.113.7", NAME)
    assert entry.details == {"until": ["2026-01-02T00:00:00.000Z"], "reason": ["the network moves"]}
    assert entry.started is None
    copied = rig.audit_table.query("2026-01-01", f"{NAME}:", f"{NAME};")
    assert "MuteRegistry" in [row.values["action"] for row in copied]


def test_there_is_no_mute_without_its_entry(rig: Rig) -> None:
    rig.wire.refuse("state.transact", DependencyError("Table Storage", "down"))
    with pytest.raises(DependencyError):
        rig.mutes.mute(NAME, TWO_HOURS, ME)
    assert active(rig) is None
    assert actions(rig) == []


def test_a_lost_answer_is_no_second_entry(rig: Rig) -> None:
    rig.wire.lose_answer("state.transact", ConflictError("EntityAlreadyExists"))
    rig.mutes.mute(NAME, TWO_HOURS, ME)
    assert len(actions(rig)) == 1


def test_a_repeat_with_its_operation_id_does_not_begin_anew(rig: Rig) -> None:
    first = rig.mutes.mute(NAME, TWO_HOURS, KEYED)
    rig.clock.advance(600)
    again = rig.mutes.mute(NAME, TWO_HOURS, KEYED)
    assert again.until == first.until
    assert len(actions(rig)) == 1


def test_without_one_the_same_duration_counts_from_now(rig: Rig) -> None:
    first = rig.mutes.mute(NAME, TWO_HOURS, ME)
    rig.clock.advance(600)
    assert (rig.mutes.mute(NAME, TWO_HOURS, ME).until - first.until).total_seconds() == 600


def test_the_same_end_and_reason_again_is_no_work(rig: Rig) -> None:
    first = rig.mutes.mute(NAME, TOMORROW, ME)
    rig.clock.advance(600)
    assert rig.mutes.mute(NAME, TOMORROW, JANE).by == first.by
    assert len(actions(rig)) == 1


def test_another_request_may_not_have_its_operation_id(rig: Rig) -> None:
    rig.mutes.mute(NAME, TWO_HOURS, KEYED)
    with pytest.raises(ApiError) as refused:
        rig.mutes.mute(NAME, TOMORROW, replace(KEYED, payload=b"until tomorrow"))
    assert (refused.value.status, refused.value.code) == (409, "OperationIdReused")


def test_nor_may_it_have_that_of_an_operation(rig: Rig) -> None:
    rig.put("demo", replace(KEYED, payload=b"a new sku"), sku="S1")
    with pytest.raises(ApiError) as refused:
        rig.mutes.mute(NAME, TWO_HOURS, KEYED)
    assert refused.value.code == "OperationIdReused"


def test_two_at_once_are_one_after_the_other(rig: Rig) -> None:
    rig.wire.meanwhile("state.transact", lambda: rig.mutes.mute(NAME, TOMORROW, JANE))
    rig.mutes.mute(NAME, TWO_HOURS, ME)
    found = active(rig)
    assert found
    assert found.by == ME.actor
    assert sorted(entry.actor for entry in actions(rig)) == sorted([ME.actor, JANE.actor])


def test_it_is_possible_while_an_operation_is_at_work(rig: Rig) -> None:
    started = rig.put(sku="S1").operation
    assert isinstance(started, Operation)
    rig.mutes.mute(NAME, TWO_HOURS, ME)
    rig.drain()
    assert rig.operation(started.id).status == "Succeeded"
    assert active(rig)


def test_there_is_nothing_to_mute_where_there_is_no_registry(rig: Rig) -> None:
    for refused_call in (lambda: rig.mutes.mute("demmo", TWO_HOURS, ME), lambda: rig.mutes.lift("demmo", ME)):
        with pytest.raises(ApiError) as refused:
            refused_call()
        assert refused.value.status == 404
        assert "demo" in refused.value.fix


def test_a_deleted_registry_is_quiet_already_and_a_mute_outlives_a_restore(rig: Rig) -> None:
    rig.mutes.mute(NAME, TOMORROW, ME)
    rig.soft_deleted()
    with pytest.raises(ApiError) as refused:
        rig.mutes.mute(NAME, TWO_HOURS, ME)
    assert refused.value.code == "RegistrySoftDeleted"
    rig.restore()
    rig.drain()
    assert active(rig)


def test_a_purge_takes_it_along(rig: Rig) -> None:
    rig.mutes.mute(NAME, TOMORROW, ME)
    rig.purge()
    rig.drain()
    rig.check_gone()


def test_one_of_an_earlier_incarnation_is_none(rig: Rig) -> None:
    rig.mutes.mute(NAME, TOMORROW, KEYED)
    left = rig.state_table.rows[NAME]["mute"]
    rig.purge()
    rig.drain()
    rig.create()
    rig.state_table.rows[NAME]["mute"] = left
    assert active(rig) is None
    rig.mutes.lift(NAME, ME)
    assert [entry.action for entry in actions(rig)] == ["MuteRegistry"]
    assert rig.mutes.mute(NAME, TOMORROW, KEYED).uid == rig.registry().uid
    assert active(rig)


def shown(rig: Rig) -> datetime | None:
    """What the status page knows of the mute."""
    row = rig.health_table.get(BOARD, NAME)
    assert row
    return BoardEntry.from_row(row).muted_until


def test_the_status_page_shows_it_at_once(rig: Rig) -> None:
    rig.sweep()
    made = rig.mutes.mute(NAME, TWO_HOURS, ME)
    assert shown(rig) == made.until
    rig.mutes.lift(NAME, ME)
    assert shown(rig) is None


def test_a_page_that_can_not_be_told_is_no_reason_to_refuse(rig: Rig) -> None:
    rig.sweep()
    for error in (DependencyError("Table Storage", "down"), ConflictError("UpdateConditionNotSatisfied")):
        rig.wire.refuse("health.transact", error)
        assert rig.mutes.mute(NAME, TWO_HOURS, ME)
        assert shown(rig) is None
    assert active(rig)


def test_nor_is_what_the_page_shows_of_an_earlier_incarnation_changed(rig: Rig) -> None:
    rig.sweep()
    left = rig.health_table.rows[BOARD][NAME]
    rig.purge()
    rig.drain()
    rig.create()
    rig.health_table.rows[BOARD][NAME] = left
    rig.mutes.mute(NAME, TWO_HOURS, ME)
    assert shown(rig) is None
