"""What the status page is made of follows the looks."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.health.board import BOARD
from shared.domain.health.codes import Code, HealthState
from shared.domain.health.history import Incident
from shared.domain.health.mute import MuteSpec
from shared.domain.records import Row, key_range
from tests.unit.services.health.looking import START, entry, fail, up, verdict
from tests.unit.services.rig import ME, NAME, RECHECK_SECONDS, Rig


@pytest.fixture
def rig() -> Rig:
    return up()


def test_the_board_shows_states_bars_and_incidents(rig: Rig) -> None:
    rig.clock.advance(300)
    fail(rig)
    rig.confirmed_sweep()
    shown = entry(rig)
    assert (shown.state, shown.code, shown.since) == (
        HealthState.DOWN,
        Code.CONNECTION_ERROR,
        START + timedelta(seconds=300),
    )
    assert [(bar.day, bar.up, bar.down) for bar in shown.days] == [(START.date(), 300, 30)]
    assert [trouble.code for trouble in shown.incidents] == [Code.CONNECTION_ERROR]
    assert shown.latencies[-2:] == [None, None]


def test_the_board_does_not_show_a_mere_suspicion(rig: Rig) -> None:
    fail(rig)
    rig.clock.advance(300)
    rig.sweep()
    assert (entry(rig).state, entry(rig).code) == (HealthState.HEALTHY, Code.HEALTHY)


def test_a_board_that_is_lost_is_made_anew_from_the_history(rig: Rig) -> None:
    rig.clock.advance(300)
    fail(rig)
    rig.confirmed_sweep()
    before = entry(rig)
    del rig.health_table.rows[BOARD][NAME]
    rig.clock.advance(300)
    rig.sweep()
    after = entry(rig)
    assert [trouble.started_at for trouble in after.incidents] == [
        trouble.started_at for trouble in before.incidents
    ]
    assert [(bar.up, bar.down) for bar in after.days] == [(300, 330)]


def test_a_board_of_another_release_is_made_anew(rig: Rig) -> None:
    rig.health_table.rows[BOARD][NAME] = Row(NAME, {"state": "Enchanted"}, "etag")
    assert rig.mutes.mute(NAME, MuteSpec(until=rig.clock.now + timedelta(days=1), reason="moving house"), ME)
    rig.clock.advance(300)
    rig.sweep()
    assert entry(rig).checked_at == rig.clock.now
    assert entry(rig).muted_until


def test_who_is_late_at_the_board_writes_over_nothing_newer(rig: Rig) -> None:
    """The board is written when all of a batch are looked at: meanwhile others look at one of them."""
    show, in_between = rig.boards.show, pytest.MonkeyPatch()

    def recovered_meanwhile(*late: Any, **more: Any) -> None:
        in_between.undo()
        rig.clock.advance(1)
        fail(rig, None)
        rig.checks.now(NAME)
        show(*late, **more)

    rig.clock.advance(300)
    fail(rig)
    rig.sweep()
    rig.clock.advance(RECHECK_SECONDS)
    in_between.setattr(rig.boards, "show", recovered_meanwhile)
    rig.sweep()
    assert (entry(rig).state, entry(rig).checked_at) == (HealthState.HEALTHY, rig.clock.now)
    assert [trouble.ended_at for trouble in entry(rig).incidents] == [rig.clock.now]


def test_a_board_that_missed_the_end_of_an_incident_learns_of_it(rig: Rig) -> None:
    rig.clock.advance(300)
    fail(rig)
    rig.confirmed_sweep()
    missed = rig.health_table.rows[BOARD][NAME]
    fail(rig, None)
    rig.clock.advance(300)
    rig.sweep()
    ended = rig.clock.now
    rig.health_table.rows[BOARD][NAME] = missed
    rig.clock.advance(300)
    rig.sweep()
    assert [trouble.ended_at for trouble in entry(rig).incidents] == [ended]


def test_after_an_operation_of_ours_the_board_does_not_show_a_mere_suspicion(rig: Rig) -> None:
    rig.put(sku="S1")
    rig.clock.advance(300)
    rig.sweep()
    rig.drain()
    fail(rig)
    rig.clock.advance(300)
    rig.sweep()
    assert (entry(rig).state, entry(rig).code) == (HealthState.MAINTENANCE, Code.MAINTENANCE)


def test_a_purged_registry_leaves_the_board_and_no_row(rig: Rig) -> None:
    fail(rig)
    rig.confirmed_sweep()
    rig.purge()
    rig.drain()
    rig.sweep()
    assert NAME not in rig.health_table.rows[BOARD]
    assert not rig.health_table.rows.get(NAME)


def test_a_deleted_registry_leaves_the_board_and_keeps_its_history(rig: Rig) -> None:
    rig.clock.advance(300)
    fail(rig)
    rig.confirmed_sweep()
    rig.soft_deleted()
    rig.sweep()
    assert NAME not in rig.health_table.rows[BOARD]
    [incident] = rig.health_table.query(NAME, *key_range("incident:"))
    assert Incident.from_row(incident).ended_at == rig.clock.now
    rig.probe.failures.clear()
    rig.restore()
    rig.drain()
    rig.clock.advance(300)
    rig.sweep()
    assert (verdict(rig).state, verdict(rig).incident_at) == (HealthState.HEALTHY, None)
    assert entry(rig).days[0].down == 30
    assert [trouble.ended_at is None for trouble in entry(rig).incidents] == [False]


def test_a_mute_of_a_healthy_registry_stays_on_the_board(rig: Rig) -> None:
    until = rig.clock.now + timedelta(days=1)
    rig.mutes.mute(NAME, MuteSpec(until=until, reason="moving house"), ME)
    rig.clock.advance(300)
    rig.sweep()
    assert entry(rig).muted_until == until
