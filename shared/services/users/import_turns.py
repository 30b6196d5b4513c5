"""An import becomes effective: applied in transactions of a hundred rows, then published once, then proven.

While the registry's row says `importing`, nobody publishes, so that the registry never reads half an import. The rows
of users get the revision that was raised when the import was accepted. Whoever dies between two transactions loses
nothing: the chunks say what is still to be done. The transaction that removes them lets the file be published.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched

from shared.domain.errors import ConflictError
from shared.domain.operations import Operation, OperationError, Result, Status, Step
from shared.domain.records import Change, Delete
from shared.domain.users.user_import import Chunk, Outcome, next_batch
from shared.services.htpasswd.sync import HtpasswdSync
from shared.services.operations.handlers import Again, Done
from shared.services.state import MAX_TRANSACTION, Clock, State, retry_on_conflict
from shared.telemetry.threads import ContextThreadPool

CONCURRENCY = 4
"""Chunks in the works at a time. They share no row."""
TURN_SECONDS = 20.0
"""Then comes the next turn, long before this one counts as lost."""
PAGE = 1000
"""Users of a chunk's span that are looked at for one transaction."""
USERS, HTPASSWD = "users", "htpasswd"
"""The steps."""


class ImportTurns:
    """The handler of imports. The file is the business of `sync`."""

    def __init__(self, state: State, sync: HtpasswdSync, now: Clock) -> None:
        self._state, self._sync, self._now = state, sync, now

    def turn(self, operation: Operation) -> Done | Again:
        """Apply what is staged, as much as fits into a turn; when all of it is applied, publish and prove."""
        registry = self._state.registry(operation.registry)
        if registry and registry.uid == operation.uid and registry.importing == operation.id:
            if not self._apply(operation):
                return Again(0, {"steps": operation.steps or [_begun(self._now()), Step(name=HTPASSWD)]})
            self._complete(operation)
            return Again(0)
        outcome = self._sync.turn(operation)
        if isinstance(outcome, Done):
            self._forget_removed(operation)
            counted: Result = {**(operation.counts or {})}
            return Done({**outcome.result, **counted})
        return outcome

    def _apply(self, operation: Operation) -> bool:
        """Is all of it applied?"""
        waiting = [chunk for chunk in self._chunks(operation) if not chunk.finished]
        work = partial(self._work_on, operation, self._now() + timedelta(seconds=TURN_SECONDS))
        with ContextThreadPool(CONCURRENCY) as pool:
            return all(list(pool.map(work, waiting)))

    def _work_on(self, operation: Operation, until: datetime, chunk: Chunk) -> bool:
        """Transaction after transaction. `False` when the time is over, or somebody else has taken it up."""
        present: Chunk | None = chunk
        while present and not present.finished and self._now() <= until:
            present = self._advance(operation, present.key)
        return present is not None and present.finished

    @retry_on_conflict
    def _advance(self, operation: Operation, key: str) -> Chunk | None:
        """One transaction; then the chunk as it is, or `None` if it is gone."""
        registry = operation.registry
        chunk = self._state.chunk(registry, key)
        if chunk is None or chunk.finished:
            return chunk
        present = self._state.users_between(registry, *chunk.span, PAGE)
        batch = next_batch(chunk, operation, present, is_all=len(present) < PAGE, now=self._now())
        self._state.commit(registry, batch.chunk.save(), *(user.save() for user in batch.users))
        return batch.chunk

    @retry_on_conflict
    def _complete(self, operation: Operation) -> None:
        """Lets the file be published, and keeps what has come of the users: one transaction."""
        registry = self._state.registry(operation.registry)
        present = self._state.operation(operation.registry, operation.id_key)
        if registry is None or registry.importing != operation.id or present is None:
            return  # somebody else has done it, or the registry is gone
        chunks, now = self._chunks(operation), self._now()
        counts = sum((chunk.counts() for chunk in chunks), Counter[str]())
        more = counts[Outcome.ADDED] - counts[Outcome.REMOVED]
        done = present.change(
            counts={outcome.value: counts[outcome] for outcome in Outcome},
            steps=[_begun(now).moved(Status.SUCCEEDED, now), Step(name=HTPASSWD).begun(now)],
        )
        free = registry.change(importing=None, user_count=registry.user_count + more)
        gone = [Delete(chunk.key, chunk.etag) for chunk in chunks]
        self._state.commit(registry.name, free.save(), done.save(), *gone)

    def _chunks(self, operation: Operation) -> list[Chunk]:
        return self._state.chunks(operation.registry, operation.id_key)

    def _forget_removed(self, operation: Operation) -> None:
        """The rows of users whom a replacing import has removed: the registry has proven that it refuses them."""
        if operation.counts and not operation.counts[Outcome.REMOVED]:
            return
        while not self._forget_as_seen(operation):
            pass  # somebody has created one of them anew: looked at again

    def _forget_as_seen(self, operation: Operation) -> bool:
        """Has nobody changed any of them meanwhile?"""
        deleting = self._state.deleting_users(operation.registry)
        own = (Delete(user.key, user.etag) for user in deleting if user.last_operation == operation.id)
        undisturbed = True
        for gone in batched(own, MAX_TRANSACTION, strict=False):
            try:
                self._state.commit(operation.registry, *gone)
            except ConflictError:
                undisturbed = False
        return undisturbed

    def settle(self, operation: Operation, status: Status) -> Sequence[Change]:
        """Nothing: the last transaction of the lines has changed all other rows."""
        _ = operation, status
        return []

    def fail(self, operation: Operation, error: OperationError) -> Again | None:
        """Without a registry that serves them nobody waits for the removed users' rows."""
        _ = error
        self._forget_removed(operation)
        return None

    def finished(self, operation: Operation, status: Status) -> None:
        """Nothing follows."""


def _begun(now: datetime) -> Step:
    return Step(name=USERS).moved(Status.RUNNING, now)
