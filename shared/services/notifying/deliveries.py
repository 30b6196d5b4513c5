"""One notice at one sink: claim an attempt, send, and say what came of it.

What fails is tried again with growing pauses, for a day. Any process may die between two lines: `reconcile` sets in
motion again what has passed its deadline, and a sink may then be told twice, never less than once.
"""

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.errors import DependencyError, PermanentError, TemporaryError
from shared.domain.messages import NoticeMessage
from shared.domain.notices import delivering
from shared.domain.notices.notice import NOTICES, Notice, NoticeKind
from shared.domain.notices.report_summary import Summary
from shared.domain.notices.telling import Places, Telling, telling, together
from shared.ports import Messenger, Table
from shared.services.notifying.attempts import Attempt
from shared.services.notifying.companions import Companions
from shared.services.notifying.outbox import STALE, Outbox
from shared.services.state import Clock, retry_on_conflict
from shared.telemetry.logs import bound
from shared.telemetry.metrics import DELIVERIES
from shared.telemetry.traces import telemetry

logger = logging.getLogger(__name__)


class Summaries(Protocol):
    """What reports say in short."""

    def summary(self, report: str) -> Summary | None:
        """`report` is an id; `None`: there is no such report any more."""


class Deliveries:
    """`table` is the table `health`."""

    def __init__(
        self,
        table: Table,
        outbox: Outbox,
        messenger: Messenger,
        reports: Summaries,
        places: Places,
        now: Clock,
    ) -> None:
        self._table, self._outbox, self._messenger = table, outbox, messenger
        self._reports, self._places, self._now = reports, places, now
        self._companions = Companions(table, outbox, now)

    def run(self, message: NoticeMessage, message_id: str) -> None:
        """One attempt. Raises `DependencyError` if it can't be claimed, and what nobody foresaw."""
        with bound(sink=message.sink, notice=message.notice), telemetry.span("deliver", parent="") as span:
            span.set("berthage.sink", message.sink)
            own = self._claim(message, message_id)
            if own is None:
                logger.info("not ours, dropped")
                return
            try:
                self._send([own, *self._companions.of(own)])
            except DependencyError as error:  # claimed: its deadline passes
                logger.warning("waits for reconcile: %s", error)

    def abandon(self, message: NoticeMessage) -> None:
        """The end of a delivery whose message failed again and again, once it was claimed. Raises `DependencyError`.

        Where not even that was done, the tables were away: `reconcile` sets it in motion again.
        """
        with bound(sink=message.sink, notice=message.notice):
            notice = self._read(message.notice)
            if notice and delivering.is_at(notice, message):
                self._give_up(message, "InternalError: the control plane failed again and again")

    @retry_on_conflict
    def _claim(self, message: NoticeMessage, message_id: str) -> Attempt | None:
        """A conflict is looked at again: another sink's delivery, or the echo of our own write."""
        notice = self._read(message.notice)
        deadline = self._now() + STALE
        claimed = delivering.claimed(notice, message, message_id, deadline) if notice else None
        if notice is None or claimed is None:
            return None
        self._table.transact(NOTICES, [claimed.save()])
        is_again = notice.deliveries[message.sink].claimed_by == message_id
        return Attempt(claimed, message, message_id, is_again)

    def _send(self, attempts: Sequence[Attempt]) -> None:
        """One message about all of them; each has its own row, and what came of it is kept one by one."""
        told = [each.notice for each in attempts if not self._companions.have_overtaken(each)]
        try:
            if told:
                self._messenger.send(attempts[0].message.sink, self._telling(told))
        except TemporaryError as error:
            for attempt in attempts:
                self._failed(attempt, error)
        except PermanentError as error:
            for attempt in attempts:
                self._give_up(attempt.message, str(error))
        else:
            for attempt in attempts:
                self._arrived(attempt.message)

    def _telling(self, notices: Sequence[Notice]) -> Telling:
        first = notices[0]
        if first.kind is not NoticeKind.REPORT:
            return together(notices, self._places)
        report = self._reports.summary(first.subject)
        if report is None:
            raise PermanentError("ReportNotFound", "The report is not there any more", "Nothing can be done.")
        return telling(first, self._places, report)

    @retry_on_conflict
    def _arrived(self, message: NoticeMessage) -> None:
        present = self._read(message.notice)
        changed = delivering.delivered(present, message.sink) if present else None
        if changed:
            self._table.transact(NOTICES, [changed.save()])
            logger.info("delivered, attempt %d", message.attempt + 1)
            telemetry.record(DELIVERIES, outcome="Delivered")

    @retry_on_conflict
    def _give_up(self, message: NoticeMessage, reason: str) -> None:
        present = self._read(message.notice)
        changed = delivering.given_up(present, message.sink, reason) if present else None
        if changed:
            self._table.transact(NOTICES, [changed.save()])
            logger.error("notice given up: sink '%s', %s", message.sink, reason)
            telemetry.record(DELIVERIES, outcome="Failed")

    def _failed(self, attempt: Attempt, error: TemporaryError) -> None:
        """One that was in a pause goes on with it: else every new notice would lengthen the pauses of all."""
        number = attempt.message.attempt
        if attempt.paused_until:
            self._release(attempt, number, attempt.paused_until, str(error))
            return
        age = self._now() - attempt.notice.at
        chance = random.random()  # noqa: S311 - spreads load, guards nothing
        seconds = delivering.pause(number + 1, age, error.retry_after, chance)
        if seconds is None:
            self._give_up(attempt.message, str(error))
            return
        deadline = self._now() + timedelta(seconds=seconds) + STALE
        if later := self._release(attempt, number + 1, deadline, str(error)):
            logger.warning("attempt %d, again in %.0f s: %s", number + 1, seconds, error)
            telemetry.record(DELIVERIES, outcome="Retry")
            self._outbox.enqueue(later, attempt.message.sink, seconds)

    @retry_on_conflict
    def _release(self, attempt: Attempt, number: int, deadline: datetime, reason: str) -> Notice | None:
        """`None`: somebody else has taken it up, because this attempt took too long."""
        present = self._read(attempt.message.notice)
        if present is None or not attempt.is_still_ours(present):
            return None
        later = delivering.released(present, attempt.message.sink, number, deadline, reason)
        self._table.transact(NOTICES, [later.save()])
        return later

    def _read(self, key: str) -> Notice | None:
        row = self._table.get(NOTICES, key)
        return Notice.from_row(row) if row else None
