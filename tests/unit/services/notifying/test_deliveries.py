"""Deliveries: tried until they arrive, for a day, whatever is lost, doubled or killed on the way."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import DependencyError, PermanentError, TemporaryError
from shared.domain.health.codes import HealthState, Severity
from shared.domain.messages import NoticeMessage
from shared.domain.notices.notice import DeliveryStatus, NoticeKind
from shared.domain.notices.report_summary import Summary
from shared.domain.notices.telling import Telling
from shared.domain.records import Change, Row
from shared.services.notifying.companions import MOST_TOGETHER
from shared.services.notifying.outbox import STALE
from shared.services.notifying.poison import NoticePoison
from tests.unit.services.notifying.rig import HOOK, OPS, World

BUSY = TemporaryError("SinkUnavailable", "it answered 503", 0)
THROTTLED = TemporaryError("SinkThrottled", "it answered 429", 77)
GONE = PermanentError("SinkRefused", "it answered 404", "Look at the settings of the sink.")


def test_a_notice_arrives_at_every_sink() -> None:
    world = World(OPS, HOOK)
    world.announce()
    world.turn("m-1")
    world.turn("m-2")
    [kept] = world.kept()
    assert world.told() == ["ops", "hook"]
    assert {each.status for each in kept.deliveries.values()} == {DeliveryStatus.DELIVERED}
    assert not kept.pending
    assert world.sent() == []


def test_sinks_are_told_the_same_thing_under_the_same_id() -> None:
    world = World(OPS, HOOK)
    world.announce()
    world.turn("m-1")
    world.turn("m-2")
    (_, one), (_, other) = world.messenger.told
    assert one.id == other.id
    assert one.summary.headline == "search is down: STORAGE_UNHEALTHY"


def test_what_fails_is_tried_again_after_growing_pauses_until_it_arrives() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    world.announce()
    waited = [world.turn(f"m-{n}") for n in range(4)]
    assert [10 <= waited[1] <= 12.5, 30 <= waited[2] <= 37.5, 120 <= waited[3] <= 150] == [True] * 3
    [kept] = world.kept()
    assert kept.deliveries["ops"].error == "SinkUnavailable: it answered 503"
    world.messenger.failures.clear()
    world.turn("m-9")
    [kept] = world.kept()
    assert kept.deliveries["ops"].status is DeliveryStatus.DELIVERED
    assert kept.deliveries["ops"].error is None


def test_a_throttling_sink_is_left_alone_for_as_long_as_it_wants() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = THROTTLED
    world.announce()
    world.turn()
    [(_, delay)] = world.queue.sent
    assert delay == 77


def test_after_a_day_it_is_given_up_with_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    world.announce()
    began, turns = world.clock.now, 0
    while world.queue.sent:
        world.turn(f"m-{turns}")
        turns += 1
    [kept] = world.kept()
    assert (kept.deliveries["ops"].status, kept.pending) == (DeliveryStatus.FAILED, False)
    assert 20 < (world.clock.now - began).total_seconds() / 3600 <= 24
    assert 20 < turns < 40
    [line] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "notice given up: sink 'ops', SinkUnavailable: it answered 503" in line.getMessage()


def test_a_sink_that_refuses_is_not_asked_twice(caplog: pytest.LogCaptureFixture) -> None:
    world = World(OPS, HOOK)
    world.messenger.failures["ops"] = GONE
    world.announce()
    world.turn("m-1")
    world.turn("m-2")
    [kept] = world.kept()
    assert kept.deliveries["ops"].status is DeliveryStatus.FAILED
    assert kept.deliveries["ops"].error == "SinkRefused: it answered 404"
    assert world.told() == ["hook"]
    assert world.sent() == []
    assert "sink 'ops', SinkRefused: it answered 404" in caplog.text


def test_a_duplicate_and_a_late_message_tell_nothing() -> None:
    world = World(OPS)
    world.announce()
    [(message, _)] = world.queue.sent
    world.turn("m-1")
    for message_id in ("m-1", "m-2"):
        world.deliveries.run(message, message_id)
    assert world.told() == ["ops"]


def test_a_copy_of_an_attempt_that_failed_does_not_shorten_the_pause() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    world.announce()
    [(message, _)] = world.queue.sent
    world.turn("m-1")
    world.messenger.failures.clear()
    world.deliveries.run(message, "m-1")
    assert world.told() == []
    assert len(world.queue.sent) == 1


def test_a_message_about_nothing_is_dropped() -> None:
    world = World(OPS)
    world.deliveries.run(NoticeMessage(notice="none", sink="ops", attempt=0), "m-1")
    assert world.told() == []


def test_a_report_is_told_as_its_summary() -> None:
    world = World(OPS)
    world.reports.kept["r-1"] = Summary(headline="All of 40 registries are healthy")
    world.announce(kind=NoticeKind.REPORT, subject="r-1")
    world.turn()
    [(_, telling)] = world.messenger.told
    assert telling.summary.headline == "All of 40 registries are healthy"


def test_a_report_that_is_gone_is_given_up() -> None:
    world = World(OPS)
    world.announce(kind=NoticeKind.REPORT, subject="r-1")
    world.turn()
    [kept] = world.kept()
    assert kept.deliveries["ops"].status is DeliveryStatus.FAILED
    assert world.told() == []


def test_what_nobody_foresaw_goes_to_the_host_and_in_the_end_to_the_poison_queue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = ZeroDivisionError()
    world.announce()
    [(message, _)] = world.queue.sent
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            world.deliveries.run(message, "m-1")
    NoticePoison(world.deliveries, world.posts).end(message.encode().encode(), "m-1")
    [kept] = world.kept()
    assert (kept.deliveries["ops"].status, kept.pending) == (DeliveryStatus.FAILED, False)
    assert "poisoned message m-1: sink 'ops'" in caplog.text


def test_poison_takes_nothing_back_that_has_arrived() -> None:
    world = World(OPS)
    world.announce()
    [(message, _)] = world.queue.sent
    world.turn()
    NoticePoison(world.deliveries, world.posts).end(message.encode().encode(), "m-1")
    [kept] = world.kept()
    assert kept.deliveries["ops"].status is DeliveryStatus.DELIVERED


def test_a_notice_outlives_an_outage_of_the_tables_that_is_longer_than_its_message() -> None:
    world = World(OPS)
    world.announce()
    poison = NoticePoison(world.deliveries, world.posts)
    message, _ = world.queue.sent.pop(0)
    world.table.down = True
    for _ in range(5):
        with pytest.raises(DependencyError):
            world.deliveries.run(message, "m-1")
    with pytest.raises(DependencyError):
        poison.end(message.encode().encode(), "m-1")
    world.table.down = False
    poison.end(message.encode().encode(), "m-1")
    world.clock.advance(STALE.total_seconds() + 1)
    world.reconcile()
    deliver_all(world)
    assert world.told() == ["ops"]
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_poison_leaves_a_delivery_alone_that_has_gone_on_without_its_message() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    world.announce()
    [(message, _)] = world.queue.sent
    world.turn("m-1")
    NoticePoison(world.deliveries, world.posts).end(message.encode().encode(), "m-0")
    assert statuses(world) == {DeliveryStatus.PENDING}


def test_an_unreadable_poisoned_message_is_reported_and_dropped(caplog: pytest.LogCaptureFixture) -> None:
    world = World(OPS)
    NoticePoison(world.deliveries, world.posts).end(b'{"version": 9, "url": "https://s3cret"}', "m-1")
    assert "poisoned message m-1: NoticeMessage can't be read" in caplog.text
    assert "s3cret" not in caplog.text


def outage(world: World, number: int) -> None:
    """So many registries go down within a second."""
    for place in range(number):
        world.announce(subject=f"registry-{place:02}")


def deliver_all(world: World) -> None:
    count = 0
    while world.queue.sent:
        world.turn(f"m-{count}")
        count += 1


def statuses(world: World) -> set[DeliveryStatus]:
    return {each.status for notice in world.kept() for each in notice.deliveries.values()}


def test_an_outage_of_many_is_one_message_in_a_chat_and_an_event_each_at_a_webhook() -> None:
    world = World(OPS, HOOK)
    outage(world, 30)
    deliver_all(world)
    assert Counter(world.told()) == {"ops": 1, "hook": 30}
    [chat] = [telling for sink, telling in world.messenger.told if sink == "ops"]
    assert chat.summary.headline == "30 registries are down"
    assert len(chat.summary.needs_you) == 30
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_more_than_one_message_tells_are_told_by_the_next() -> None:
    world = World(OPS)
    outage(world, MOST_TOGETHER + 2)
    deliver_all(world)
    assert len(world.told()) == 2
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_a_sink_that_is_away_does_not_keep_another_one_from_hearing_of_many_at_once() -> None:
    world = World(OPS, {"name": "team", "kind": "teams"})
    world.messenger.failures["ops"] = BUSY
    outage(world, 2 * MOST_TOGETHER)
    messages = [message for message, _ in world.queue.sent]
    for place, message in enumerate(messages):
        world.deliveries.run(message, f"m-{place}")
    assert world.told() == ["team", "team"]


def test_what_is_new_does_not_lengthen_the_pauses_of_what_waits() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    world.announce(subject="first")
    world.turn("m-first")
    for number in range(20):
        world.announce(subject=f"later-{number:02}")
        message, _ = world.queue.sent.pop()
        world.deliveries.run(message, f"m-{number}")
    first = next(each for each in world.kept() if each.subject == "first").deliveries["ops"]
    assert (first.attempt, first.claimed_by) == (1, None)
    assert first.deadline
    assert first.deadline <= world.clock.now + STALE + timedelta(seconds=12.5)
    world.messenger.failures.clear()
    world.turn("m-again")
    assert world.told() == ["ops"]
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_after_a_death_what_was_to_be_told_together_is_told_together() -> None:
    world = World(OPS)
    outage(world, 10)
    world.messenger.failures["ops"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        world.turn("m-dead")
    world.messenger.failures.clear()
    world.queue.sent.clear()
    world.clock.advance(STALE.total_seconds() + 1)
    world.reconcile()
    deliver_all(world)
    assert world.told() == ["ops"]


def test_what_makes_a_message_fail_keeps_nothing_but_itself_from_being_told() -> None:
    world = World(OPS)
    outage(world, 3)
    send = world.messenger.send

    def unless_it_is_about_the_last(sink: str, telling: Telling) -> None:
        if "registry-02" in str(telling.summary):
            raise ZeroDivisionError
        send(sink, telling)

    world.messenger.send = unless_it_is_about_the_last  # type: ignore[method-assign] # as a bug would be
    poison = NoticePoison(world.deliveries, world.posts)
    for _ in range(20):
        while world.queue.sent:
            message, _ = world.queue.sent.pop(0)
            _five_times(world, poison, message)
        world.clock.advance(60)
        world.reconcile()
    assert {notice.subject: notice.deliveries["ops"].status for notice in world.kept()} == {
        "registry-00": DeliveryStatus.DELIVERED,
        "registry-01": DeliveryStatus.DELIVERED,
        "registry-02": DeliveryStatus.FAILED,
    }


def _five_times(world: World, poison: NoticePoison, message: NoticeMessage) -> None:
    """As the host does it."""
    message_id = f"{message.notice}-{message.attempt}"
    for _ in range(5):
        with suppress(ZeroDivisionError):
            return world.deliveries.run(message, message_id)
    poison.end(message.encode().encode(), message_id)
    return None


def test_what_failed_together_is_tried_again_together_and_each_is_kept_for_itself() -> None:
    world = World(OPS)
    outage(world, 5)
    world.messenger.failures["ops"] = BUSY
    world.turn("m-0")
    assert {each.deliveries["ops"].attempt for each in world.kept()} == {1}
    world.messenger.failures.clear()
    deliver_all(world)
    assert world.told() == ["ops"]
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_what_is_refused_together_is_given_up_together() -> None:
    world = World(OPS)
    outage(world, 3)
    world.messenger.failures["ops"] = GONE
    deliver_all(world)
    assert statuses(world) == {DeliveryStatus.FAILED}


def test_a_sink_that_was_away_hears_what_is_true_now() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    world.announce()
    world.turn("m-0")
    world.clock.advance(5)
    recovered = {"state": HealthState.HEALTHY, "severity": Severity.OK, "since": world.clock.now}
    world.announce(kind=NoticeKind.RECOVERY, **recovered)
    world.messenger.failures.clear()
    deliver_all(world)
    [(_, telling)] = world.messenger.told
    assert telling.summary.headline == "search is healthy again, after 0 s"
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_nobody_hears_that_something_is_down_after_hearing_that_it_is_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    number = MOST_TOGETHER + 10
    outage(world, number)
    for place in range(number):
        message, _ = world.queue.sent.pop(0)
        world.deliveries.run(message, f"down-{place}")
    world.messenger.failures.clear()
    world.clock.advance(5)
    for place in range(number):
        up = {"subject": f"registry-{place:02}", "state": HealthState.HEALTHY, "severity": Severity.OK}
        world.announce(kind=NoticeKind.RECOVERY, **up)
    deliver_all(world)
    headlines = [telling.summary.headline for _, telling in world.messenger.told]
    assert headlines == ["50 registries are healthy again", "10 registries are healthy again"]
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_what_is_over_by_what_was_told_since_is_told_to_programs_alone() -> None:
    world = World(OPS, HOOK)
    world.messenger.failures |= {"ops": ZeroDivisionError(), "hook": BUSY}
    world.announce()
    with pytest.raises(ZeroDivisionError):
        world.turn("m-dead")
    world.turn("m-hook")
    world.queue.sent.clear()
    world.clock.advance(60)
    world.messenger.failures.clear()
    world.announce(kind=NoticeKind.RECOVERY, state=HealthState.HEALTHY, severity=Severity.OK)
    deliver_all(world)
    world.clock.advance(STALE.total_seconds() + 1)
    world.reconcile()
    deliver_all(world)
    told = [(sink, telling.summary.headline.partition(":")[0]) for sink, telling in world.messenger.told]
    assert told == [
        ("ops", "search is healthy again"),
        ("hook", "search is healthy again"),
        ("hook", "search is down"),
    ]
    assert statuses(world) == {DeliveryStatus.DELIVERED}


def test_what_another_message_is_at_and_what_another_sink_wants_is_left_alone() -> None:
    world = World(OPS, {"name": "pay", "kind": "teams", "tags": {"team": "payments"}})
    world.announce(subject="ours")
    world.announce(subject="theirs", tags={"team": "payments"})
    world.announce(subject="taken")
    busy = next(each for each in world.kept() if each.subject == "taken")
    world.table.transact("_notices", [busy.delivery("ops", attempt=1, claimed_by="another").save()])
    deliver_all(world)
    told = {sink: telling.summary for sink, telling in world.messenger.told}
    assert told["ops"].headline == "2 registries are down"
    assert told["pay"].headline == "theirs is down: STORAGE_UNHEALTHY"
    left = next(each for each in world.kept() if each.subject == "taken")
    assert left.deliveries["ops"].status is DeliveryStatus.PENDING


def test_reports_and_changes_are_never_one_message() -> None:
    world = World(OPS)
    world.reports.kept["r-1"] = Summary(headline="All is well")
    world.announce()
    world.announce(kind=NoticeKind.REPORT, subject="r-1")
    deliver_all(world)
    headlines = {telling.summary.headline for _, telling in world.messenger.told}
    assert headlines == {"search is down: STORAGE_UNHEALTHY", "All is well"}


def test_messages_that_are_worked_on_side_by_side_and_twice_tell_each_sink_each_thing_once() -> None:
    world = World(*({"name": f"hook-{place}", "kind": "webhook"} for place in range(3)))
    outage(world, 10)
    copies = [message for message, _ in world.queue.sent] * 2
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(world.deliveries.run, copies, map(str, range(len(copies)))))
    told = Counter((sink, telling.id) for sink, telling in world.messenger.told)
    assert len(told) == 30
    assert set(told.values()) == {1}
    assert statuses(world) == {DeliveryStatus.DELIVERED}


class Killed(BaseException):
    """The process died."""


class Death:
    """Kills at the `at`-th call of any port: before its effect, or right after it."""

    def __init__(self, world: World, at: int, *, after: bool) -> None:
        self._world, self._left, self._after = world, at, after
        world.wire(world.sinks, self, _Sending(self, world.queue.send), _Telling(self, world.messenger.send))

    @property
    def happened(self) -> bool:
        return self._left <= 0

    def call[R](self, action: Callable[[], R]) -> R:
        self._left -= 1
        if self._left or self._after:
            result = action()
        if not self._left:
            raise Killed
        return result

    def get(self, partition: str, key: str) -> Row | None:
        return self.call(lambda: self._world.table.get(partition, key))

    def transact(self, partition: str, changes: Sequence[Change]) -> None:
        self.call(lambda: self._world.table.transact(partition, changes))

    def query(self, *args: Any, **kwargs: Any) -> Iterator[Row]:
        return self._world.table.query(*args, **kwargs)

    def partitions(self, after: str = "") -> Iterator[str]:
        return self._world.table.partitions(after)


class _Sending:
    def __init__(self, death: Death, send: Callable[..., None]) -> None:
        self._death, self._send = death, send

    def send(self, message: NoticeMessage, delay: float = 0) -> None:
        self._death.call(lambda: self._send(message, delay))


class _Telling:
    def __init__(self, death: Death, send: Callable[..., None]) -> None:
        self._death, self._send = death, send

    def send(self, sink: str, telling: Any) -> None:
        self._death.call(lambda: self._send(sink, telling))


def live_on(world: World, *, redelivers: bool) -> None:
    """The host delivers what there is, again what died if it `redelivers`; and reconcile comes every minute."""
    for minute in range(20):
        while world.queue.sent:
            message, _ = world.queue.sent.pop(0)
            for _ in range(2 if redelivers else 1):
                try:
                    world.deliveries.run(message, f"m-{minute}-{message.notice}-{message.sink}")
                    break
                except Killed:
                    continue
        world.clock.advance(60)
        world.reconcile()


@pytest.mark.parametrize("redelivers", [True, False])
@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("fails_first", [True, False])
def test_a_process_that_dies_anywhere_loses_nothing(redelivers: bool, after: bool, fails_first: bool) -> None:
    deaths = 0
    for at in range(1, 21):
        world = World(OPS, HOOK)
        if fails_first:
            _fail_once(world)
        death = Death(world, at, after=after)
        _announce_like_a_check(world)
        live_on(world, redelivers=redelivers)
        [kept] = world.kept()
        assert {each.status for each in kept.deliveries.values()} == {DeliveryStatus.DELIVERED}, at
        assert sorted(set(world.told())) == ["hook", "ops"]
        assert len(world.told()) <= 3, "one death, one copy at most"
        assert not world.queue.sent
        deaths += death.happened
    assert deaths >= (13 if fails_first else 10), "of the calls that there are"


@pytest.mark.parametrize("after", [True, False])
def test_a_process_that_dies_while_it_tells_many_loses_none(after: bool) -> None:
    deaths = 0
    for at in range(1, 51):
        world = World(OPS)
        death = Death(world, at, after=after)
        for subject in ("a", "b", "c"):
            _announce_like_a_check(world, subject)
        live_on(world, redelivers=bool(at % 2))
        assert statuses(world) == {DeliveryStatus.DELIVERED}, at
        named = str([telling.summary for _, telling in world.messenger.told])
        assert all(f"{subject} is down" in named for subject in "abc"), at
        assert len(world.told()) <= 3
        deaths += death.happened
    assert deaths >= 18


def _announce_like_a_check(world: World, subject: str = "search") -> None:
    """A check that dies is repeated, and finds the same change."""
    notice = world.notice(subject=subject)
    try:
        world.outbox.announce(notice)
    except Killed:
        world.outbox.announce(notice)


def _fail_once(world: World) -> None:
    """The first attempt at `ops` fails."""
    send, failed = world.messenger.send, list[str]()

    def sometimes(sink: str, telling: Any) -> None:
        if sink == "ops" and not failed:
            failed.append(sink)
            raise BUSY
        send(sink, telling)

    world.messenger.send = sometimes  # type: ignore[method-assign] # a messenger with a bad start


def test_reconcile_sends_again_what_has_passed_its_deadline_and_only_that() -> None:
    world = World(OPS, HOOK)
    world.queue.down = True
    world.announce()
    world.queue.down = False
    assert world.reconcile().count("notices_requeued") == 0
    world.clock.advance(STALE.total_seconds() + 1)
    report = world.reconcile()
    assert report.line() == "notices_requeued=2:search:hook,search:ops"
    assert world.sent() == ["ops", "hook"]


def test_reconcile_leaves_a_delivery_alone_that_waits_for_its_pause() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = TemporaryError("SinkThrottled", "it answered 429", 3000)
    world.announce()
    world.turn()
    world.clock.advance(3000)
    assert world.reconcile().count("notices_requeued") == 0


def test_old_notices_are_forgotten_and_younger_ones_kept() -> None:
    world = World()
    for number in range(250):
        world.announce(subject=f"old-{number:03}")
    world.clock.advance(399 * 86400)
    world.announce(subject="young")
    world.clock.advance(2 * 86400)
    report = world.reconcile()
    assert [kept.subject for kept in world.kept()] == ["young"]
    assert report.line() == "notices_removed=1:250"


def test_rows_of_deliveries_that_wait_are_found_by_a_query_of_the_last_days_alone() -> None:
    world = World(OPS)
    world.queue.down = True
    world.announce(subject="long-ago")
    world.clock.advance(8 * 86400)
    world.announce(subject="now")
    world.queue.down = False
    world.clock.advance(STALE.total_seconds() + 1)
    report = world.reconcile()
    assert report.line() == "notices_requeued=1:now:ops"


def test_messages_and_rows_hold_names_and_nothing_else_of_a_sink() -> None:
    world = World(OPS)
    world.messenger.failures["ops"] = BUSY
    world.announce()
    world.turn()
    [(message, _)] = world.queue.sent
    assert set(message.model_dump()) == {"version", "notice", "sink", "attempt"}
    rows: Mapping[str, Any] = world.table.rows["_notices"]
    assert "http" not in str([*rows.values()])
