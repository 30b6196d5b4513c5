"""What a look comes to: a second look, a state, a word to people; also when a process dies."""

from datetime import timedelta

import pytest

from shared.domain.health.codes import Code, HealthState
from shared.domain.health.mute import MuteSpec
from shared.domain.notices.notice import NoticeKind
from tests.fake_resource_manager import blob_endpoint
from tests.unit.services.health.looking import START, entry, fail, second_look, up, verdict
from tests.unit.services.rig import ALWAYS, ME, NAME, RECHECK_SECONDS, Rig
from tests.unit.services.wire import Killed


@pytest.fixture
def rig() -> Rig:
    return up()


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
