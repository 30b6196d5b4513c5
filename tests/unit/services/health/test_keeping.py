"""The rows that looks leave behind: checks, days, incidents; how they are counted, and when they go."""

from datetime import timedelta

import pytest

from shared.domain.health.codes import HealthState
from shared.domain.health.daily import DailyLook
from shared.domain.health.history import CHECKS_KEPT, HISTORY_KEPT, Check, Incident, uptime
from shared.domain.health.observation import Failure
from shared.domain.notices.notice import NoticeKind
from shared.domain.records import key_range
from shared.services.health.keeper import MOST_AGED
from tests.unit.services.health.looking import START, day, entry, fail, second_look, up, verdict
from tests.unit.services.rig import NAME, Rig


@pytest.fixture
def rig() -> Rig:
    return up()


def test_the_day_counts_time_and_logins(rig: Rig) -> None:
    for failure, seconds in [(None, 300), (Failure.TIMEOUT, 300), (Failure.TIMEOUT, 30), (None, 570)]:
        rig.clock.advance(seconds)
        fail(rig, failure)
        rig.sweep()
        rig.checks_queue.sent.clear()
    assert day(rig).seconds == {HealthState.HEALTHY: 600, HealthState.DOWN: 600}
    assert uptime(day(rig).seconds) == 0.5
    assert sum(day(rig).latencies.values()) == 3


def test_midnight_parts_the_time(rig: Rig) -> None:
    rig.clock.advance(86400 - 400)
    rig.sweep()
    rig.clock.advance(600)
    rig.sweep()
    assert day(rig).seconds[HealthState.HEALTHY] == 900 + 400
    assert day(rig, later=1).seconds == {HealthState.HEALTHY: 200}


def test_a_pause_of_a_year_is_no_burden(rig: Rig) -> None:
    rig.clock.advance(400 * 86400)
    rig.sweep()
    assert verdict(rig).checked_at == rig.clock.now
    assert sum(day(rig, later=399).seconds.values()) == 86400


def test_old_checks_go_and_their_days_stay(rig: Rig) -> None:
    for _ in range(30):
        rig.clock.advance(3600)
        rig.sweep()
    rig.clock.advance(CHECKS_KEPT.total_seconds())
    for _ in range(3):
        rig.clock.advance(3600)
        rig.sweep()
    checks = [Check.from_row(row) for row in rig.health_table.query(NAME, *key_range("check:"))]
    assert min(check.at for check in checks) >= rig.clock.now - CHECKS_KEPT - timedelta(hours=1)
    assert day(rig).seconds[HealthState.HEALTHY] > 0


def test_however_many_checks_somebody_asked_for_they_go_when_they_are_old(rig: Rig) -> None:
    for _ in range(5 * MOST_AGED):
        rig.clock.advance(6)
        rig.checks.now(NAME)
    rig.clock.advance(CHECKS_KEPT.total_seconds())
    for _ in range(7):
        rig.clock.advance(300)
        rig.sweep()
    assert len(list(rig.health_table.query(NAME, *key_range("check:")))) == 7


def test_a_suspicion_that_is_confirmed_when_its_check_is_old_is_confirmed_all_the_same(rig: Rig) -> None:
    """Nobody has looked for days: the app was stopped, say."""
    fail(rig)
    rig.sweep()
    rig.clock.advance(CHECKS_KEPT.total_seconds() + 86400)
    rig.sweep()
    assert (verdict(rig).state, verdict(rig).since) == (HealthState.DOWN, START)


def test_an_incident_stays_until_it_is_over_however_long_that_takes(rig: Rig) -> None:
    fail(rig)
    rig.confirmed_sweep()
    for _ in range(3):
        rig.clock.advance(HISTORY_KEPT.total_seconds() + 86400)
        rig.sweep()
    fail(rig, None)
    rig.sweep()
    [incident] = [Incident.from_row(row) for row in rig.health_table.query(NAME, *key_range("incident:"))]
    assert (incident.started_at, incident.ended_at) == (START, rig.clock.now)


def test_the_next_registry_of_that_name_begins_anew(rig: Rig) -> None:
    fail(rig)
    rig.confirmed_sweep()
    incident_of = Incident.from_row(next(iter(rig.health_table.query(NAME, *key_range("incident:"))))).uid
    rows = dict(rig.health_table.rows[NAME])
    rig.purge()
    rig.drain()
    rig.health_table.rows[NAME] = rows  # as if a sweep had written at the very end
    rig.probe.failures.clear()
    rig.create()
    rig.clock.advance(300)
    rig.sweep()
    assert (verdict(rig).state, verdict(rig).incident_at) == (HealthState.HEALTHY, None)
    assert entry(rig).incidents == []
    assert day(rig).uid == rig.registry().uid != incident_of


def test_a_size_that_is_written_at_that_moment_costs_no_look(rig: Rig) -> None:
    rig.clock.advance(300)
    size = DailyLook(uid=rig.registry().uid, looked_at=rig.clock.now, size_bytes=1, blobs=1)
    rig.wire.meanwhile("health.transact", lambda: rig.keeper.keep_daily(NAME, size))
    rig.checks.now(NAME)
    assert verdict(rig).checked_at == rig.clock.now
    assert (day(rig).size_bytes, day(rig).seconds) == (1, {HealthState.HEALTHY: 300})


def test_what_was_seen_counts_from_when_it_was_seen_not_from_when_its_batch_was_done(rig: Rig) -> None:
    seen_at = START + timedelta(seconds=300)
    fail(rig)
    rig.probe.seen_at = seen_at
    rig.clock.advance(400)
    rig.sweep()
    assert (verdict(rig).checked_at, verdict(rig).suspected_at) == (seen_at, seen_at)


def test_what_was_seen_before_somebody_else_looked_is_no_news(rig: Rig) -> None:
    rig.clock.advance(300)
    fail(rig)
    rig.sweep()
    fail(rig, None)
    rig.probe.seen_at = rig.clock.now - timedelta(seconds=5)
    rig.clock.advance(5)
    rig.checks.now(NAME)
    assert verdict(rig).suspected_at == rig.clock.now - timedelta(seconds=5)


def test_a_look_on_demand_is_kept_as_any_other(rig: Rig) -> None:
    rig.clock.advance(60)
    fail(rig)
    rig.checks.now(NAME)
    assert verdict(rig).checked_at == rig.clock.now
    second_look(rig)
    assert [notice.kind for notice in rig.told] == [NoticeKind.PROBLEM]
