"""The outbox: a notice is kept first, then sent; twice the same is once."""

from datetime import timedelta

import pytest

from shared.domain.errors import ConflictError, DependencyError
from shared.domain.messages import NoticeMessage
from shared.domain.notices.notice import DeliveryStatus, NoticeKind
from shared.services.notifying.outbox import GATHERING_SECONDS, STALE
from tests.unit.services.notifying.rig import HOOK, OPS, World


def test_everybody_who_wants_to_know_gets_a_message_of_the_first_attempt() -> None:
    world = World(OPS, HOOK)
    world.outbox.announce(world.notice())
    [kept] = world.kept()
    assert kept.pending
    assert kept.deliveries.keys() == {"ops", "hook"}
    assert {each.status for each in kept.deliveries.values()} == {DeliveryStatus.PENDING}
    assert {each.deadline for each in kept.deliveries.values()} == {world.clock.now + STALE}
    ops, hook = (NoticeMessage(notice=kept.key, sink=name, attempt=0) for name in ("ops", "hook"))
    assert world.queue.sent == [(ops, GATHERING_SECONDS), (hook, 0)]


def test_a_report_waits_for_no_others() -> None:
    world = World(OPS)
    world.announce(kind=NoticeKind.REPORT)
    [(_, delay)] = world.queue.sent
    assert delay == 0


def test_the_same_notice_twice_is_told_once() -> None:
    world = World(OPS)
    world.outbox.announce(world.notice())
    world.outbox.announce(world.notice(message="seen by another check"))
    assert [kept.message for kept in world.kept()] == [""]
    assert world.sent() == ["ops"]


def test_what_the_storage_refuses_has_not_been_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A conflict alone does not say that somebody has written it."""
    world = World(OPS)

    def refuse(*_: object) -> None:
        raise ConflictError("TableBeingDeleted")

    monkeypatch.setattr(world.table, "transact", refuse)
    with pytest.raises(ConflictError):
        world.outbox.announce(world.notice())
    monkeypatch.undo()
    world.outbox.announce(world.notice())
    assert world.sent() == ["ops"]


def test_a_later_change_of_the_same_registry_is_another_notice() -> None:
    world = World(OPS)
    world.outbox.announce(world.notice())
    world.clock.advance(1)
    world.outbox.announce(world.notice())
    assert [kept.at for kept in world.kept()] == [world.clock.now, world.clock.now - timedelta(seconds=1)]
    assert world.sent() == ["ops", "ops"]


def test_without_a_sink_it_is_kept_and_waits_for_nobody() -> None:
    world = World()
    world.outbox.announce(world.notice())
    [kept] = world.kept()
    assert (kept.pending, kept.deliveries) == (False, {})
    assert world.sent() == []


def test_what_can_not_be_sent_now_is_kept_and_pending() -> None:
    world = World(OPS, HOOK)
    world.queue.down = True
    world.outbox.announce(world.notice())
    [kept] = world.kept()
    assert kept.pending
    assert world.sent() == []


def test_what_can_not_be_kept_is_not_sent() -> None:
    world = World(OPS)
    world.table.down = True
    with pytest.raises(DependencyError):
        world.outbox.announce(world.notice())
    assert world.sent() == []


PAYMENTS = {"name": "pay", "kind": "teams", "tags": {"team": "payments"}}
EU = {"name": "eu", "kind": "teams", "tags": {"Team": "payments", "area": "eu"}}
NO_REPORTS = {"name": "pager", "kind": "webhook", "reports": False}
NO_PROBLEMS = {"name": "boss", "kind": "slack", "problems": False}
SINKS = (PAYMENTS, EU, NO_REPORTS, NO_PROBLEMS, OPS)


@pytest.mark.parametrize(
    ("kind", "tags", "told"),
    [
        (NoticeKind.PROBLEM, {}, {"pager", "ops"}),
        (NoticeKind.RECOVERY, {"team": "payments"}, {"pay", "pager", "ops"}),
        (NoticeKind.FLAPPING, {"TEAM": "payments", "area": "eu"}, {"pay", "eu", "pager", "ops"}),
        (NoticeKind.PROBLEM, {"team": "Payments"}, {"pager", "ops"}),
        (NoticeKind.PROBLEM, {"team": "search", "area": "eu"}, {"pager", "ops"}),
        (NoticeKind.REPORT, {}, {"boss", "ops"}),
        (NoticeKind.REPORT, {"team": "payments"}, {"pay", "boss", "ops"}),
    ],
)
def test_who_wants_what(kind: NoticeKind, tags: dict[str, str], told: set[str]) -> None:
    world = World(*SINKS)
    world.outbox.announce(world.notice(kind, tags=tags))
    assert set(world.sent()) == told
