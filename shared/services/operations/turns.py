"""Turns: how an operation moves, whatever happens to messages and processes.

A message names an operation and a turn. The handler claims `turn -> turn + 1` by ETag, with a deadline, before it
acts; an older turn is dropped. So a duplicate, a late copy or a second enqueue by `reconcile` never makes two
chains. A message that the host redelivers after an error may take up its own claim again.
"""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import timedelta

from shared.domain.errors import ConflictError, DependencyError, PermanentError, TemporaryError
from shared.domain.messages import Message
from shared.domain.operations import Operation, OperationError, Status
from shared.services.operations.channels import Channels
from shared.services.operations.handlers import Again, Done, Handler
from shared.services.operations.observed import count, observed
from shared.services.state import Clock, State, retry_on_conflict
from shared.telemetry.logs import bound
from shared.telemetry.traces import telemetry

logger = logging.getLogger(__name__)

MAX_BACKOFF_SECONDS = 30
PATIENCE = "It is tried again by itself. If this stays, look at what the message names."


def about(message: Message) -> AbstractContextManager[None]:
    """Every log line inside says which turn of which operation it is about; the first turn is 1."""
    registry, _, _ = message.operation_id.partition(".")
    return bound(operation=message.operation_id, turn=message.turn + 1, registry=registry)


class Turns:
    """Runs turns. `stale_seconds`: how long a turn may stay silent before `reconcile` enqueues it again."""

    def __init__(self, state: State, channels: Channels, now: Clock, stale_seconds: float) -> None:
        self._state, self._channels, self._now = state, channels, now
        self._stale = timedelta(seconds=stale_seconds)

    def run(self, message: Message, message_id: str, handler: Handler) -> None:
        """One turn: claim, act, then end the operation or enqueue its next turn."""
        with about(message):
            with telemetry.span("claim", parent=""):  # whose trace it belongs to is in the row
                operation = self._claim(message, message_id)
            if operation is None:
                logger.info("not ours, dropped")
            else:
                self._take(operation, handler)

    def _take(self, operation: Operation, handler: Handler) -> None:
        with observed(operation) as ended:
            try:
                ended(self._conclude(operation, handler, self._act(operation, handler)).outcome)
            except DependencyError as error:  # a claimed turn is never poisoned for that: its deadline passes
                ended("Lost")
                logger.warning("waits for reconcile: %s", error)

    def _conclude(self, operation: Operation, handler: Handler, outcome: Done | Again) -> Done | Again:
        if isinstance(outcome, Done) and outcome.error and not outcome.canceled:
            outcome = self._failed(operation, outcome, outcome.error, handler)
        if isinstance(outcome, Done):
            self.end(operation, handler, outcome)
        else:
            self._continue(operation, outcome)
        return outcome

    def _act(self, operation: Operation, handler: Handler) -> Done | Again:
        try:
            outcome = handler.turn(operation)
        except TemporaryError as error:
            outcome = Again(0, because=error)
        except DependencyError as error:
            outcome = Again(0, because=TemporaryError("DependencyUnavailable", str(error), error.retry_after))
        except PermanentError as error:
            return Done(error=OperationError(**vars(error)))
        if isinstance(outcome, Done):
            return outcome
        if operation.expires_at and self._now() > operation.expires_at:
            return Done(error=_timed_out(outcome.because))
        return self._later(operation, outcome.because, outcome) if outcome.because else outcome

    @retry_on_conflict
    def _claim(self, message: Message, message_id: str) -> Operation | None:
        """A conflict is looked at again: somebody asked to cancel, or it is the echo of our own write."""
        operation = self._state.operation_by_id(message.operation_id)
        if operation is None or operation.final:
            return None
        again = operation.turn == message.turn + 1 and operation.claimed_by == message_id
        if operation.turn != message.turn and not again:
            return None
        now = self._now()
        claimed = operation.change(
            turn=message.turn + 1,
            claimed_by=message_id,
            deadline=now + self._stale,
            status=Status.RUNNING,
            at_work=True,
            started_at=operation.started_at or now,
        )
        self._state.commit(operation.registry, claimed.save())
        present = self._state.operation(operation.registry, operation.id_key)
        ours = (
            present and not present.final and (present.turn, present.claimed_by) == (claimed.turn, message_id)
        )
        return present if ours else None

    def _later(self, operation: Operation, error: TemporaryError, outcome: Again) -> Again:
        attempts = operation.attempts + 1
        backoff = min(MAX_BACKOFF_SECONDS, 2 ** min(attempts // 4, 5))
        level = logging.INFO if attempts % 10 else logging.WARNING
        logger.log(level, "later: %s", error)
        delay = max(outcome.delay, error.retry_after, backoff)
        obstacle = OperationError(code=error.code, message=error.message, fix=PATIENCE)
        return Again(delay, {**outcome.changes, "attempts": attempts, "obstacle": obstacle}, error)

    def _failed(
        self, operation: Operation, outcome: Done, error: OperationError, handler: Handler
    ) -> Done | Again:
        """A failed operation may have to clean up before it ends. Whatever comes of that, the first reason stays."""
        logger.warning("%s: %s", error.code, error.message)
        if operation.error and operation.error != error:
            return replace(outcome, error=operation.error.then(error))
        steps = operation.steps if outcome.steps is None else list(outcome.steps)
        cleanup = handler.fail(operation.change(steps=steps), error)
        return outcome if cleanup is None else cleanup

    def _continue(self, operation: Operation, outcome: Again) -> None:
        deadline = self._now() + self._stale + timedelta(seconds=outcome.delay)
        changes = {"attempts": 0, "obstacle": None, **outcome.changes, "deadline": deadline, "at_work": False}
        saved: Operation | None = (continued := operation.change(**changes))
        try:
            self._state.commit(operation.registry, continued.save())
        except ConflictError:
            saved = self._merge(operation, changes)
        if saved:
            self._channels.enqueue(saved, outcome.delay)

    @retry_on_conflict
    def _merge(self, operation: Operation, changes: Mapping[str, object]) -> Operation | None:
        """Adds what this turn found out to a row that others have written to, unless it is another turn's by now."""
        present = self._state.operation(operation.registry, operation.id_key)
        if present is None or present.final or present.turn != operation.turn:
            return None  # a later turn has been claimed: this one was given up for lost
        if not present.at_work:
            return present  # our own write, whose answer was lost
        if present.deadline != operation.deadline:
            return None  # the same message came again, and is at work
        merged = present.change(**changes)
        self._state.commit(operation.registry, merged.save())
        return merged

    @retry_on_conflict
    def end(self, operation: Operation, handler: Handler, outcome: Done) -> None:
        """Ends it together with the rows that change with it. Never over a final state or a later turn."""
        present = self._state.operation(operation.registry, operation.id_key)
        if present is None or present.final or present.turn != operation.turn:
            return
        if outcome.steps is not None:
            present = present.change(steps=list(outcome.steps))
        if present.cancel_requested_at and not operation.cancel_requested_at:
            self._continue(present, Again(0))  # asked for during this turn: the next one goes back
            return
        status = outcome.status
        ended = present.change(result=outcome.result or None).ended(status, self._now(), outcome.error)
        self._state.commit(operation.registry, ended.save(), *handler.settle(ended, status))
        logger.info("%s after %d turns", status.value, operation.turn)
        count(ended)
        handler.finished(ended, status)

    def abandon(self, operation: Operation, handler: Handler, error: OperationError) -> None:
        """The end of an operation whose turn failed again and again; what it must clean up comes first."""
        self._conclude(operation, handler, Done(error=error))

    def obstruct(self, operation: Operation, obstacle: OperationError) -> None:
        """Shows why it does not move. Its deadline stays: `reconcile` sets it in motion again."""
        with suppress(ConflictError):  # it moves again
            self._state.commit(operation.registry, operation.change(obstacle=obstacle).save())


def _timed_out(obstacle: TemporaryError | None) -> OperationError:
    return OperationError(
        code="OperationTimedOut",
        message=f"Not done in time. The last obstacle: {obstacle or 'Azure was still at work'}.",
        fix="Mend what the last obstacle names, then send the same request again.",
    )
