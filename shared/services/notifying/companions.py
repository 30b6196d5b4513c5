"""Which notices are told together at one sink, and what has been told of the same registry since."""

from itertools import islice

from shared.domain.errors import ConflictError
from shared.domain.health.history import newest_first
from shared.domain.messages import NoticeMessage
from shared.domain.notices import delivering
from shared.domain.notices.notice import NOTICES, DeliveryStatus, Notice
from shared.ports import Table
from shared.services.notifying.attempts import Attempt
from shared.services.notifying.outbox import STALE, Outbox
from shared.services.state import Clock

MOST_TOGETHER = 50
"""Registries that one message tells of."""


class Companions:
    """`table` is the table `health`. Raises `DependencyError` when it does not answer."""

    def __init__(self, table: Table, outbox: Outbox, now: Clock) -> None:
        self._table, self._outbox, self._now = table, outbox, now

    def of(self, own: Attempt) -> list[Attempt]:
        """What waits for the same sink and can be told together with ours; first what has never been tried.

        Of a registry all of it: nobody must hear that it is down after having heard that it is up.
        What has failed in a way that nobody foresaw goes alone: whichever of them it was about, the others are told.
        """
        sink, now = own.message.sink, self._now()
        if own.is_again or not self._outbox.gathers(own.notice, sink):
            return []
        rows = self._table.query(
            NOTICES, " ", newest_first(now - delivering.GIVEN_UP_AFTER), where={"pending": True}
        )
        waiting = (each for each in map(Notice.from_row, rows) if self._outbox.gathers(each, sink))
        free = [each for each in waiting if delivering.is_free(each, sink, now)]
        free.sort(key=lambda each: each.deliveries[sink].attempt)
        subjects = dict.fromkeys([own.notice.subject, *(each.subject for each in free)])
        told = set(islice(subjects, MOST_TOGETHER))
        taken = (self._take(each, own) for each in free if each.subject in told)
        return [attempt for attempt in taken if attempt]

    def _take(self, notice: Notice, own: Attempt) -> Attempt | None:
        sink = own.message.sink
        taken = delivering.gathered(notice, sink, own.message_id, self._now() + STALE)
        try:
            self._table.transact(NOTICES, [taken.save()])
        except ConflictError:
            return None  # somebody else is at it: its own message goes on
        before = notice.deliveries[sink]
        message = NoticeMessage(notice=taken.key, sink=sink, attempt=before.attempt)
        return Attempt(
            taken, message, own.message_id, paused_until=before.deadline if before.attempt else None
        )

    def have_overtaken(self, attempt: Attempt) -> bool:
        """Has that sink been told something newer of the same registry? Then this is not what is true now.

        A first attempt comes at once: there is nothing newer. Programs get all events.
        """
        notice, sink = attempt.notice, attempt.message.sink
        if not (attempt.message.attempt or attempt.is_again) or not self._outbox.gathers(notice, sink):
            return False
        rows = self._table.query(NOTICES, " ", notice.key, where={"subject": notice.subject})
        newer = (Notice.from_row(row).deliveries.get(sink) for row in rows)
        return any(each is not None and each.status is DeliveryStatus.DELIVERED for each in newer)
