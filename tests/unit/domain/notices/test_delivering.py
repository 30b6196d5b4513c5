"""The rules of a delivery: who may try, when again, and when no more."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.messages import NoticeMessage
from shared.domain.notices import delivering
from shared.domain.notices.notice import Delivery, DeliveryStatus, Notice, NoticeKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)


def notice(**delivery: object) -> Notice:
    deliveries = {"ops": Delivery(deadline=NOW).model_copy(update=delivery), "other": Delivery()}
    return Notice(kind=NoticeKind.PROBLEM, subject="search", at=NOW, deliveries=deliveries)


def message(attempt: int, sink: str = "ops") -> NoticeMessage:
    return NoticeMessage(notice="n", sink=sink, attempt=attempt)


@pytest.mark.parametrize(
    ("row", "attempt", "by", "is_claimed"),
    [
        ({}, 0, "m-1", True),
        ({"attempt": 3}, 3, "m-1", True),
        ({"attempt": 3}, 2, "m-1", False),
        ({"attempt": 3}, 4, "m-1", False),
        ({"attempt": 1, "claimed_by": "m-1"}, 0, "m-1", True),
        ({"attempt": 1, "claimed_by": "m-1"}, 0, "m-2", False),
        ({"attempt": 2, "claimed_by": "m-1"}, 0, "m-1", False),
        ({"attempt": 1, "claimed_by": None}, 0, "m-1", False),
        ({"status": DeliveryStatus.DELIVERED}, 0, "m-1", False),
        ({"status": DeliveryStatus.FAILED}, 0, "m-1", False),
    ],
    ids=[
        "the first message",
        "the next one",
        "a late one",
        "one that nobody can have sent",
        "the host delivers it again",
        "a duplicate, while the first is at work",
        "long overtaken",
        "again, after its attempt has ended",
        "delivered",
        "given up",
    ],
)
def test_whose_attempt_it_is(row: dict[str, object], attempt: int, by: str, is_claimed: bool) -> None:
    before = notice(**row)
    claimed = delivering.claimed(before, message(attempt), by, LATER)
    assert (claimed is not None) == is_claimed
    if claimed:
        ours = claimed.deliveries["ops"]
        assert (ours.attempt, ours.claimed_by, ours.deadline) == (attempt + 1, by, LATER)
        assert claimed.deliveries["other"] == before.deliveries["other"]


def test_a_sink_that_was_never_addressed_has_no_attempt() -> None:
    assert delivering.claimed(notice(), message(0, "stranger"), "m", LATER) is None


def test_a_notice_is_pending_until_its_last_delivery_has_ended() -> None:
    once = delivering.delivered(notice(), "ops")
    assert once
    assert once.pending
    twice = delivering.given_up(once, "other", "SinkRefused: it answered 404")
    assert twice
    assert not twice.pending
    assert twice.deliveries["other"].error == "SinkRefused: it answered 404"


def test_what_has_ended_stays_so() -> None:
    done = delivering.delivered(notice(), "ops")
    assert done
    assert delivering.given_up(done, "ops", "late") is None
    assert delivering.delivered(done, "ops") is None


def pauses(retry_after: float = 0, spread: float = 0) -> list[float]:
    """Of a sink that never takes it."""
    found: list[float] = []
    while (
        seconds := delivering.pause(len(found) + 1, timedelta(seconds=sum(found)), retry_after, spread)
    ) is not None:
        found.append(seconds)
    return found


def test_pauses_grow_and_after_a_day_it_is_given_up() -> None:
    assert pauses()[:7] == [10, 30, 120, 600, 1800, 3600, 3600]
    assert timedelta(hours=23) < timedelta(seconds=sum(pauses())) <= timedelta(hours=24)


def test_what_failed_together_does_not_come_back_together() -> None:
    assert pauses(spread=1)[0] == 12.5


def test_a_sink_says_when_it_wants_to_be_asked_again() -> None:
    assert pauses(retry_after=45)[:3] == [45, 45, 120]
    assert pauses(retry_after=100_000) == []
