"""Creates, updates and deletes what a registry is made of: observe, plan, act, come back.

No turn waits for Azure. Each looks at what could move, sends what is missing, and leaves the rest to the next.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.operations import Kind, Operation, OperationError, Status
from shared.domain.records import Change, Delete
from shared.domain.registries.registry import Registry
from shared.domain.resources.candidates import next_candidate
from shared.domain.resources.graph import Context, Node, graph, removal, restarting, withdrawal
from shared.domain.resources.plan import Found, ready_to_go
from shared.domain.resources.settling import settled
from shared.domain.times import shown_at
from shared.ports import Table
from shared.services.capacity import Capacity
from shared.services.health.rows import HealthRows
from shared.services.operations.handlers import Again, Done
from shared.services.operations.observed import count
from shared.services.operations.point_of_no_return import PointOfNoReturn
from shared.services.registries.provisioning_turn import Turn
from shared.services.registries.visits import Visits
from shared.services.state import MAX_TRANSACTION, Clock, State, retry_on_conflict
from shared.telemetry.threads import ContextThreadPool

type Visit = Callable[[Turn, Node], tuple[Found, bool]]

CONCURRENCY = 6


class Provisioning:
    """The handler of lifecycle operations. `turn_delay`: seconds between two looks at work in progress."""

    def __init__(
        self,
        state: State,
        health: Table,
        visits: Visits,
        capacity: Capacity,
        context: Context,
        now: Clock,
        *,
        turn_delay: float,
        timeout_seconds: float,
    ) -> None:
        self._state, self._health, self._visits = state, HealthRows(health), visits
        self._capacity, self._context, self._now = capacity, context, now
        self._delay, self._timeout = turn_delay, timedelta(seconds=timeout_seconds)

    def turn(self, operation: Operation) -> Done | Again:
        """One look, and everything that may be sent now."""
        registry = self._state.registry(operation.registry)
        if registry is None or registry.uid != operation.uid:
            return Done()  # a delete that died between its last two lines
        if operation.cancel_requested_at and not operation.rolling_back:
            return self._go_back(operation)
        nodes, visit = self._work(operation, registry)
        turn = Turn.begin(operation, registry, nodes, PointOfNoReturn(self._state, operation))
        try:
            while batch := ready_to_go(nodes, turn.done, turn.visited):
                self._visit_all(turn, batch, visit)
                turn.registry = self._remember(operation, turn)
        except NameTakenError as taken:
            self._next_candidate(registry, taken)
            return Again(0, {"steps": []})
        except PermanentError as error:
            return Done(steps=list(turn.steps.values()), error=OperationError(**vars(error)))
        if any(node.step not in turn.done for node in nodes):
            return Again(self._delay, {"steps": list(turn.steps.values())}, turn.obstacle)
        return self._finish(operation, turn)

    def _work(self, operation: Operation, registry: Registry) -> tuple[tuple[Node, ...], Visit]:
        if operation.rolling_back or operation.kind is Kind.PURGE_REGISTRY:
            return removal(registry), self._visits.remove
        if operation.kind is Kind.DELETE_REGISTRY:
            return withdrawal(registry), self._visits.remove
        if operation.kind is Kind.RESTART_REGISTRY:
            return restarting(registry), self._visits.restart
        return graph(registry, self._context), self._visits.provide

    def _visit_all(self, turn: Turn, batch: Sequence[Node], visit: Visit) -> None:
        """Independent nodes go out side by side. A permanent refusal waits until the others are recorded."""

        def attempt(node: Node) -> tuple[Found, bool] | Exception:
            turn.steps[node.step] = turn.steps[node.step].begun(self._now())
            try:
                return visit(turn, node)
            except (TemporaryError, PermanentError, NameTakenError) as error:
                return error

        with ContextThreadPool(CONCURRENCY) as pool:
            results = list(pool.map(attempt, batch))
        for node, result in zip(batch, results, strict=True):
            turn.record(node, result, self._now())
        for result in results:
            if isinstance(result, PermanentError | NameTakenError):
                raise result

    @retry_on_conflict
    def _next_candidate(self, registry: Registry, taken: NameTakenError) -> None:
        """Records the next names before they are used, so that a crash can't forget a resource."""
        present = self._state.registry(registry.name)
        if present is None or present.uid != registry.uid or present.names != registry.names:
            return
        changed = next_candidate(present, taken.args[0], self._context)
        self._state.commit(present.name, changed.save())

    @retry_on_conflict
    def _remember(self, operation: Operation, turn: Turn) -> Registry:
        """Endpoints as Azure told them: nobody learns a login server that Azure has not named.

        Only what this turn has seen is written: what it has not may have been found out by another meanwhile.
        """
        told = turn.told()
        if not told:
            return turn.registry
        present = self._state.registry(operation.registry)
        if present is None or present.active_operation != operation.id:
            return turn.registry  # the operation has ended while this turn slept
        known = present.change(**told)
        self._state.commit(present.name, known.save())
        return known

    def _finish(self, operation: Operation, turn: Turn) -> Done:
        steps = list(turn.steps.values())
        if operation.rolling_back:
            return Done(
                steps=steps, error=operation.error, canceled=operation.cancel_requested_at is not None
            )
        if not operation.kind.removes:
            return Done({"loginServer": turn.registry.login_server or ""}, steps)
        turn.may_send()  # the rows below are no less gone than resources
        if operation.kind is Kind.PURGE_REGISTRY:
            self._health.forget(turn.registry.name)
            self._forget_users(turn.registry)
        else:
            self._health.retire(turn.registry, self._now())
        purge_on = turn.registry.purge_on if operation.kind is Kind.DELETE_REGISTRY else None
        return Done({"purgeOn": shown_at(purge_on)} if purge_on else {}, steps)

    def finished(self, operation: Operation, status: Status) -> None:
        """The index follows; should this be lost, `reconcile` mends it."""
        if status is not Status.SUCCEEDED:
            return
        if operation.kind is Kind.PURGE_REGISTRY:
            self._capacity.release(operation.registry, operation.created_at)
        else:
            self._capacity.remember(operation.registry)

    def _forget_users(self, registry: Registry) -> None:
        """The users' rows, and what still waits for them: nobody can log in any more.

        What is staged of an import goes first: without it an import that is at work adds nobody any more.
        """
        self._state.drop_chunks(registry.name)
        self._state.drop_reveals(registry.name)
        while rows := self._state.user_rows(registry.name, MAX_TRANSACTION):
            self._state.commit(registry.name, *(Delete(row.key, row.etag) for row in rows))
        reason = OperationError(
            code="RegistryDeleted",
            message="The registry was deleted meanwhile: nobody can log in.",
            fix="Nothing needs to be done.",
        )
        for waiting in list(self._state.unfinished(registry.name)):
            if not waiting.kind.is_lifecycle:
                ended = waiting.ended(Status.FAILED, self._now(), reason)
                self._state.commit(registry.name, ended.save())
                count(ended)

    def settle(self, operation: Operation, status: Status) -> Sequence[Change]:
        """The registry's row changes together with the end of its operation."""
        registry = self._state.registry(operation.registry)
        if registry is None or registry.uid != operation.uid or registry.active_operation != operation.id:
            return []
        projection = self._state.projection(registry.name)
        if operation.kind is Kind.PURGE_REGISTRY and status is Status.SUCCEEDED:
            rows = (registry, projection, self._state.mute(registry.name))
            return [Delete(row.key, row.etag) for row in rows if row]
        return settled(registry, projection, operation, status, self._now())

    def fail(self, operation: Operation, error: OperationError) -> Again | None:
        """A create that never succeeded leaves nothing behind: it rolls back before it fails."""
        registry = self._state.registry(operation.registry)
        if operation.kind is not Kind.CREATE_REGISTRY or operation.rolling_back or registry is None:
            return None
        if registry.provisioned:
            return None
        return self._roll_back(operation, error, Status.FAILED)

    def _go_back(self, operation: Operation) -> Done | Again:
        """As its caller asked: a create takes back what it made; an update or a delete has sent nothing yet."""
        if operation.kind is Kind.CREATE_REGISTRY:
            return self._roll_back(operation, _canceled(operation), Status.CANCELED)
        return Done(error=_canceled(operation), canceled=True)

    def _roll_back(self, operation: Operation, error: OperationError, status: Status) -> Again:
        now = self._now()
        steps = [
            step.moved(status, now) if step.status is Status.RUNNING else step for step in operation.steps
        ]
        until = now + self._timeout
        # not at once: what was just sent may not be visible yet
        return Again(self._delay, {"rolling_back": True, "error": error, "steps": steps, "expires_at": until})


def _canceled(operation: Operation) -> OperationError:
    return OperationError(
        code="OperationCanceled",
        message="Canceled, as its caller asked.",
        fix=f"To have it after all: POST /api/operations/{operation.id}/retry",
    )
