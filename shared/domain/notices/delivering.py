"""The rules of a delivery: whose attempt it is, when the next one comes, and when there is none any more.

At least once: a process may die between the sink's answer and the row that says so, and then it is told again. What
is sent has the notice's key, so that a receiver can drop what it has already had.
"""

from datetime import datetime, timedelta

from shared.domain.messages import NoticeMessage
from shared.domain.notices.notice import Delivery, DeliveryStatus, Notice

GIVEN_UP_AFTER = timedelta(hours=24)
PAUSES = (10, 30, 120, 600, 1800, 3600)
"""Seconds after the first attempt, the second and so on; the last holds for all that follow."""
SPREAD = 0.25
"""A pause is longer by up to this share: what failed together does not come back together."""


def waiting(notice: Notice, sink: str) -> Delivery | None:
    """The delivery, if it has not ended."""
    found = notice.deliveries.get(sink)
    return found if found and found.status is DeliveryStatus.PENDING else None


def claimed(notice: Notice, message: NoticeMessage, message_id: str, deadline: datetime) -> Notice | None:
    """With the attempt that this message stands for, or `None`: it is a duplicate, or late.

    The host delivers a message again when its function failed: that one may take up its own claim.
    """
    delivery = waiting(notice, message.sink)
    if delivery is None:
        return None
    again = delivery.attempt == message.attempt + 1 and delivery.claimed_by == message_id
    if delivery.attempt != message.attempt and not again:
        return None
    changes = {"attempt": message.attempt + 1, "claimed_by": message_id, "deadline": deadline}
    return notice.delivery(message.sink, **changes)


def is_free(notice: Notice, sink: str, now: datetime) -> bool:
    """Does it wait, and nobody is at it, or whoever was has died?"""
    delivery = waiting(notice, sink)
    return delivery is not None and (
        delivery.claimed_by is None or (delivery.deadline is not None and delivery.deadline < now)
    )


def gathered(notice: Notice, sink: str, message_id: str, deadline: datetime) -> Notice:
    """Claimed for the message of another notice, to be told together with it. Its own message finds nothing to do."""
    attempt = notice.deliveries[sink].attempt + 1
    return notice.delivery(sink, attempt=attempt, claimed_by=message_id, deadline=deadline)


def delivered(notice: Notice, sink: str) -> Notice | None:
    """It has arrived, whichever attempt that was; `None` if it had ended before."""
    if waiting(notice, sink) is None:
        return None
    done = {"status": DeliveryStatus.DELIVERED, "claimed_by": None, "deadline": None, "error": None}
    return notice.delivery(sink, **done)


def given_up(notice: Notice, sink: str, error: str) -> Notice | None:
    """No attempt follows; `None` if it had ended before."""
    if waiting(notice, sink) is None:
        return None
    done = {"status": DeliveryStatus.FAILED, "claimed_by": None, "deadline": None, "error": error}
    return notice.delivery(sink, **done)


def is_at(notice: Notice, message: NoticeMessage) -> bool:
    """Is the attempt that this message stands for claimed, and not over?"""
    delivery = waiting(notice, message.sink)
    return (
        delivery is not None and delivery.claimed_by is not None and delivery.attempt == message.attempt + 1
    )


def released(notice: Notice, sink: str, attempt: int, deadline: datetime | None, error: str) -> Notice:
    """After a failure: `attempt` is how often it was tried. A late copy of its message finds no claim to take up."""
    return notice.delivery(sink, attempt=attempt, claimed_by=None, deadline=deadline, error=error)


def pause(attempt: int, age: timedelta, retry_after: float, spread: float) -> float | None:
    """Seconds until the next attempt, after `attempt` of them; `None`: it would come too late, so it is given up.

    `age` is how long ago the notice was made, `retry_after` what the sink asked for (seconds), and `spread` is chance,
    between 0 and 1.
    """
    backoff = PAUSES[min(attempt, len(PAUSES)) - 1] * (1 + SPREAD * spread)
    seconds = max(backoff, retry_after)
    return seconds if age + timedelta(seconds=seconds) <= GIVEN_UP_AFTER else None
