"""What looks leave behind: rows, messages, words to people; and what a killed process may not lose of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.health.board import BOARD, SWEEPS, BoardEntry, Sweep
from shared.domain.health.codes import Code, HealthState
from shared.domain.health.daily import DailyLook
from shared.domain.health.history import CHECKS_KEPT, HISTORY_KEPT, Check, Day, Incident, day_key, uptime
from shared.domain.health.mute import MuteSpec
from shared.domain.health.observation import Failure
from shared.domain.health.verdict import Verdict
from shared.domain.messages import CheckMessage
from shared.domain.notices import NoticeKind
from shared.domain.records import Row, key_range
from shared.services.health.checks import LATE
from shared.services.health.keeper import MOST_AGED
from shared.services.health.sweeps import BATCH
from tests.fake_resource_manager import blob_endpoint
from tests.unit.services.rig import ALWAYS, ME, NAME, RECHECK_SECONDS, Rig
from tests.unit.services.wire import Killed

START = datetime(2026, 1, 1, tzinfo=UTC)
"""Where the clock of a rig begins."""


@pytest.fixture
def rig() -> Rig:
    """A registry that is up, and was seen so."""
    rig = Rig()
    rig.create()
    rig.sweep()
    rig.wire.calls.clear()
    return rig


def fail(rig: Rig, failure: Failure | None = Failure.CONNECTION, name: str = NAME) -> None:
    server = rig.registry(name).login_server or ""
    rig.probe.failures.pop(server, None)
    if failure:
        rig.probe.failures[server] = failure


def verdict(rig: Rig, name: str = NAME) -> Verdict:
    found = rig.registries.get(name).verdict
    assert found
    return found


def entry(rig: Rig, name: str = NAME) -> BoardEntry:
    row = rig.health_table.get(BOARD, name)
    assert row
    return BoardEntry.from_row(row)


def day(rig: Rig, later: int = 0) -> Day:
    row = rig.health_table.get(NAME, day_key(START.date() + timedelta(days=later)))
    assert row
    return Day.from_row(row)


def newest(rig: Rig) -> Sweep:
    return Sweep.from_row(next(iter(rig.health_table.query(SWEEPS, "0", "~"))))


def second_look(rig: Rig) -> None:
    """The message that waits for it, at its time."""
    [(message, delay)] = [sent for sent in rig.checks_queue.sent if sent[1]]
    rig.checks_queue.sent.clear()
    rig.clock.advance(delay)
    rig.checks.run(message)


def test_a_suspect_is_looked_at_once_more_by_itself(rig: Rig) -> None:
    rig.clock.advance(300)
    fail(rig)
    rig.sweep()
    [(message, delay)] = rig.checks_queue.sent
    assert (message.registries, message.batch, delay) == ([NAME], None, RECHECK_SECONDS)
    assert verdict(rig).state is HealthState.HEALTHY
    second_look(rig)
    assert (verdict(rig).state, verdict(rig).code) == (HealthState.DOWN, Code.CONNECTION_ERROR)
    assert rig.checks_queue.sent == []


def test_if_that_message_is_lost_the_next_sweep_is_the_second_look(rig: Rig) -> None:
    fail(rig)
    rig.sweep()
    rig.checks_queue.sent.clear()
    rig.clock.advance(300)
    rig.sweep()
    assert verdict(rig).state is HealthState.DOWN


def test_a_queue_that_is_down_loses_no_look(rig: Rig) -> None:
    fail(rig)
    rig.sweeps.start()
    message = rig.next_batch()
    assert message
    rig.checks_queue.down = True
    rig.checks.run(message)
    assert verdict(rig).suspected_at == rig.clock.now


def test_down_and_up_are_told_once_each_with_since_when_and_the_fix(rig: Rig) -> None:
    rig.clock.advance(300)
    fail(rig)
    rig.confirmed_sweep()
    for _ in range(3):
        rig.clock.advance(300)
        rig.sweep()
    fail(rig, None)
    rig.clock.advance(300)
    rig.sweep()
    rig.clock.advance(300)
    rig.sweep()
    down, up = rig.told
    assert (down.kind, down.subject, down.state, down.code) == (
        NoticeKind.PROBLEM,
        NAME,
        HealthState.DOWN,
        Code.CONNECTION_ERROR,
    )
    assert down.since == START + timedelta(seconds=300)
    assert down.fix
    assert (up.kind, up.state, up.since) == (NoticeKind.RECOVERY, HealthState.HEALTHY, down.since)


def test_a_recovery_that_is_told_late_does_not_say_how_long_it_took(rig: Rig) -> None:
    fail(rig)
    rig.confirmed_sweep()
    rig.mutes.mute(NAME, MuteSpec(until=rig.clock.now + timedelta(hours=1), reason="moving house"), ME)
    fail(rig, None)
    rig.clock.advance(300)
    rig.sweep()
    rig.clock.advance(3600)
    rig.sweep()
    assert [(each.kind, each.since) for each in rig.told] == [
        (NoticeKind.PROBLEM, START),
        (NoticeKind.RECOVERY, None),
    ]


def test_whoever_dies_before_telling_has_it_told_by_the_next_look(rig: Rig) -> None:
    fail(rig)
    rig.sweep()
    rig.clock.advance(RECHECK_SECONDS)
    rig.sweeps.start()
    message = rig.next_batch()
    assert message
    rig.checks._announce = lambda _: (_ for _ in ()).throw(Killed)
    with pytest.raises(Killed):
        rig.checks.run(message)
    rig.checks._announce = rig.outbox.announce
    assert verdict(rig).state is HealthState.DOWN
    rig.clock.advance(300)
    rig.sweep()
    [notice] = rig.told
    assert notice.kind is NoticeKind.PROBLEM


def test_while_it_is_muted_nobody_is_told_and_the_board_says_until_when(rig: Rig) -> None:
    until = rig.clock.now + timedelta(hours=1)
    rig.mutes.mute(NAME, MuteSpec(until=until, reason="moving house"), ME)
    fail(rig)
    rig.confirmed_sweep()
    assert (rig.told, entry(rig).muted_until) == ([], until)
    assert entry(rig).state is HealthState.DOWN
    rig.clock.advance(3600)
    rig.sweep()
    assert [notice.kind for notice in rig.told] == [NoticeKind.PROBLEM]


def test_a_restart_by_us_is_told_to_nobody(rig: Rig) -> None:
    rig.restart.start(NAME, ALWAYS, ME)
    fail(rig)
    for _ in range(3):
        rig.clock.advance(RECHECK_SECONDS)
        rig.sweep()
    assert verdict(rig).state is HealthState.MAINTENANCE
    fail(rig, None)
    rig.drain()
    rig.sweep()
    assert (verdict(rig).state, rig.told) == (HealthState.HEALTHY, [])


def test_an_operation_that_begins_while_we_look_is_maintenance(rig: Rig) -> None:
    fail(rig)
    rig.wire.meanwhile("probe.look", lambda: rig.put(sku="S1"))
    rig.sweep()
    assert (verdict(rig).state, verdict(rig).code) == (HealthState.MAINTENANCE, Code.MAINTENANCE)
    assert rig.checks_queue.sent == []


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


def test_images_that_are_gone_are_told_within_a_day_and_so_is_their_return(rig: Rig) -> None:
    endpoint = blob_endpoint(rig.registry().names.storage_account)
    rig.containers.by_endpoint[endpoint] = [1, 2, 3]
    rig.clock.advance(86400)
    rig.sweep()
    rig.containers.by_endpoint[endpoint] = []
    rig.clock.advance(86400)
    rig.sweep()
    rig.confirmed_sweep()
    assert (verdict(rig).state, verdict(rig).code) == (HealthState.DEGRADED, Code.IMAGES_LOST)
    rig.containers.by_endpoint[endpoint] = [1]
    rig.clock.advance(3600)
    rig.sweep()
    rig.clock.advance(300)
    rig.sweep()
    assert [(each.kind, each.code) for each in rig.told] == [
        (NoticeKind.PROBLEM, Code.IMAGES_LOST),
        (NoticeKind.RECOVERY, Code.HEALTHY),
    ]


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


def test_many_registries_go_in_batches_and_the_last_one_ends_the_sweep() -> None:
    rig = Rig(max_registries=200)
    for number in range(BATCH + 1):
        rig.create(f"reg{number:03}")
    rig.sweeps.start()
    first, second = rig.next_batch(), rig.next_batch()
    assert first
    assert second
    assert (len(first.registries), len(second.registries)) == (BATCH, 1)
    rig.checks.run(second)
    assert (newest(rig).ended_at, rig.heartbeat.beats) == (None, 0)
    rig.checks.run(first)
    rig.checks.run(first)
    assert (newest(rig).ended_at, rig.heartbeat.beats) == (rig.clock.now, 1)
    assert newest(rig).states == {HealthState.HEALTHY: BATCH + 1}


def test_a_sweep_without_registries_is_one_all_the_same() -> None:
    rig = Rig()
    rig.sweep()
    assert (newest(rig).registries, newest(rig).ended_at, rig.heartbeat.beats) == (0, rig.clock.now, 1)


@pytest.mark.parametrize("row", ["registry", "last", "incident:"])
def test_a_row_that_nobody_can_read_is_no_reason_to_leave_out_others(
    rig: Rig, row: str, caplog: pytest.LogCaptureFixture
) -> None:
    rig.create("other")
    fail(rig)
    rig.confirmed_sweep()
    table = rig.state_table if row == "registry" else rig.health_table
    key = next(key for key in table.rows[NAME] if key.startswith(row))
    table.rows[NAME][key] = Row(key, {"uid": "written by another release"}, "etag")
    rig.clock.advance(300)
    rig.sweeps.start()
    message = rig.next_batch()
    assert message
    rig.checks.run(message)
    assert verdict(rig, "other").checked_at == newest(rig).ended_at == rig.clock.now
    assert entry(rig).checked_at < rig.clock.now, "it stays on the board, with the time of its last look"
    assert "the look at registry demo failed" in caplog.text


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


def test_whoever_dies_at_the_end_of_a_sweep_has_it_ended_by_the_next_delivery(rig: Rig) -> None:
    rig.sweeps.start()
    message, beats = rig.next_batch(), rig.heartbeat.beats
    assert message
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(rig.boards, "drop_others", lambda _: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            rig.checks.run(message)
    rig.checks.run(message)
    assert (newest(rig).ended_at, rig.heartbeat.beats) == (rig.clock.now, beats + 1)


def test_a_second_look_comes_also_where_sweeps_are_rare(rig: Rig) -> None:
    rig.clock.advance(LATE.total_seconds() + 1)
    fail(rig)
    rig.checks.now(NAME)
    second_look(rig)
    assert verdict(rig).state is HealthState.DOWN


def test_a_batch_that_comes_far_too_late_is_dropped(rig: Rig) -> None:
    rig.sweeps.start()
    message = rig.next_batch()
    assert message
    rig.clock.advance(3600)
    rig.checks.run(message)
    assert verdict(rig).checked_at < rig.clock.now


def test_a_message_that_names_what_is_not_there_does_no_harm(rig: Rig) -> None:
    rig.sweeps.start()
    rig.checks.run(CheckMessage(sweep=newest(rig).id_key, registries=["nowhere"]))
    rig.checks.run(CheckMessage(sweep="01JD0000000000000000000000", batch=0, registries=[NAME]))
    assert "nowhere" not in rig.health_table.rows


def test_old_sweeps_are_removed(rig: Rig) -> None:
    for _ in range(4):
        rig.clock.advance(12 * 3600)
        rig.sweep()
    assert len(rig.health_table.rows[SWEEPS]) <= 3


def test_a_look_on_demand_is_kept_as_any_other(rig: Rig) -> None:
    rig.clock.advance(60)
    fail(rig)
    rig.checks.now(NAME)
    assert verdict(rig).checked_at == rig.clock.now
    second_look(rig)
    assert [notice.kind for notice in rig.told] == [NoticeKind.PROBLEM]
