"""Repeats what failed or was canceled: a new operation, for the present desired state. An end never changes."""

from shared.domain.errors import ApiError, OperationInProgressError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.records import Change
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.operations.lifecycle import Lifecycle, provide
from shared.services.operations.reader import Operations
from shared.services.requests import Caller
from shared.services.state import Clock, State, retry_on_conflict


class Retry:
    """Starts an operation in the place of one that has failed. Each is repeated once; its repeat may be too."""

    def __init__(
        self,
        state: State,
        operations: Operations,
        lifecycle: Lifecycle,
        channels: Channels,
        ledger: Ledger,
        now: Clock,
    ) -> None:
        self._state, self._operations, self._lifecycle = state, operations, lifecycle
        self._channels, self._ledger, self._now = channels, ledger, now

    @retry_on_conflict
    def start(self, operation_id: str, caller: Caller) -> Operation:
        """The new operation, or the one that an earlier request has started. Raises `ApiError` 404, 409 and 410."""
        failed = self._operations.get(operation_id)
        if repeated := self._ledger.repeated(caller, failed.registry):
            return repeated
        if failed.retried_by:
            return self._operations.get(failed.retried_by)
        if failed.status not in {Status.FAILED, Status.CANCELED}:
            raise _not_retryable(failed)
        if failed.kind is Kind.REVOKE_USER:
            raise _revoke_again(failed)
        registry = self._state.registry(failed.registry)
        if registry is None or registry.uid != failed.uid:
            raise _registry_gone(failed, registry)
        if active := self._in_the_way(failed, registry):
            raise OperationInProgressError(active.id, active.kind.value, active.registry)
        if failed.kind.is_lifecycle:
            return self._work_again(failed, registry, caller)
        return self._publish_again(failed, registry, caller)

    def _in_the_way(self, failed: Operation, registry: Registry) -> Operation | None:
        if failed.kind.is_lifecycle or registry.provisioning_state is ProvisioningState.DELETING:
            return self._state.active(registry)
        return None

    def _work_again(self, failed: Operation, registry: Registry, caller: Caller) -> Operation:
        _check_last(failed, registry.last_operation)
        provides = failed.kind in {Kind.CREATE_REGISTRY, Kind.UPDATE_REGISTRY}
        kind = provide(registry) if provides else failed.kind
        desired = registry.desired
        if failed.status is Status.CANCELED and failed.intent:
            desired = failed.intent.wanted  # the cancel has put back what was before
        _, operation = self._lifecycle.begin(registry, desired, kind, caller, retry_of=failed)
        return operation

    def _publish_again(self, failed: Operation, registry: Registry, caller: Caller) -> Operation:
        """Publishes the users as they are now, and proves it."""
        operation, rows = self._ledger.start(
            caller, failed.kind, registry, self._now(), user=failed.user, retry_of=failed
        )
        user = self._user(failed, failed.user, operation) if failed.user else []
        self._state.commit(registry.name, registry.save(), *user, *rows)
        self._channels.enqueue(operation)
        return operation

    def _user(self, failed: Operation, username: str, operation: Operation) -> list[Change]:
        """The user's row with its new operation."""
        user = self._state.user(failed.registry, username)
        if user is None:
            raise _user_gone(failed)
        last = self._state.operation_by_id(user.last_operation)
        if last and not last.final:
            raise OperationInProgressError(last.id, last.kind.value, last.registry)
        _check_last(failed, user.last_operation)
        return [user.change(last_operation=operation.id).save()]


def _check_last(failed: Operation, last: str | None) -> None:
    """Raises `ApiError` 409 when something later has settled the matter: what was asked then may be wanted no more."""
    if last not in {None, failed.id}:
        raise ApiError(
            409,
            "OperationSuperseded",
            f"Operation {failed.id} ({failed.kind.value}) was followed by {last}.",
            f"Look at that one: GET /api/operations/{last}. Retry it if it failed, or send the request that you want.",
            target=failed.id,
        )


def _not_retryable(operation: Operation) -> ApiError:
    wait = f"Wait for its end: GET /api/operations/{operation.id}?wait=30."
    done = "There is nothing to repeat. For another change send its own request."
    return ApiError(
        409,
        "OperationNotRetryable",
        f"Operation {operation.id} ({operation.kind.value}) has not failed: it is {operation.status.value}.",
        done if operation.final else wait,
        target=operation.id,
    )


def _revoke_again(operation: Operation) -> ApiError:
    return ApiError(
        409,
        "OperationNotRetryable",
        f"Operation {operation.id} ({operation.kind.value}) is for the registries that there were when it began.",
        f"Start a new one, which looks again: POST /api/users/{operation.user}/revoke",
        target=operation.id,
    )


def _registry_gone(failed: Operation, present: Registry | None) -> ApiError:
    path = f"/api/registries/{failed.registry}"
    return ApiError(
        410,
        "RegistryDeleted",
        f"The registry '{failed.registry}' that operation {failed.id} worked on was deleted.",
        f"GET {path} shows the one that has the name now." if present else f"To have one again: PUT {path}",
        target=failed.registry,
    )


def _user_gone(failed: Operation) -> ApiError:
    return ApiError(
        410,
        "UserDeleted",
        f"The user '{failed.user}' of registry '{failed.registry}' was deleted: nothing is left to bring.",
        f"To have the user again: PUT /api/registries/{failed.registry}/users/{failed.user}",
        target=failed.user,
    )
