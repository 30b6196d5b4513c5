"""Cancels operations, up to the last point where that is safe.

A create until it has succeeded: it takes back what it made. All other work on a registry while nothing has been sent. A
user's change never: it is recorded, and the registry may know it already.
"""

from shared.domain.audit import CANCEL
from shared.domain.errors import ApiError
from shared.domain.operations import Kind, Operation, Status
from shared.services.audit.entries import audit_entry
from shared.services.operations.channels import Channels
from shared.services.operations.reader import Operations
from shared.services.requests import Caller
from shared.services.state import Clock, State, retry_on_conflict


class Cancel:
    """Records the request on the operation's row; its next turn goes back."""

    def __init__(self, state: State, operations: Operations, channels: Channels, now: Clock) -> None:
        self._state, self._operations, self._channels, self._now = state, operations, channels, now

    @retry_on_conflict
    def request(self, operation_id: str, caller: Caller) -> Operation:
        """The operation: `Canceled` already, or about to be. Raises `ApiError` 404 and 409."""
        operation = self._operations.get(operation_id)
        if operation.status is Status.CANCELED or (operation.cancel_requested_at and not operation.final):
            return operation
        if reason := _refusal(operation):
            raise _refused(operation, *reason)
        now = self._now()
        asked = operation.change(cancel_requested_at=now)
        entry = audit_entry(caller, CANCEL, operation, now)
        self._state.commit(operation.registry, asked.save(), entry.save())
        if not operation.at_work:  # or else the turn that is at work sends the next message
            self._channels.enqueue(asked)
        return asked


def _refusal(operation: Operation) -> tuple[str, str] | None:
    """Why it can't be canceled, and what to do instead; `None` if it can."""
    registry = f"/api/registries/{operation.registry}"
    if operation.final:
        return f"it has ended: {operation.status.value}", _ENDED[operation.status].format(operation.id)
    if not operation.kind.is_lifecycle:
        undo = _OPPOSITE.get(
            operation.kind, "It is no change: it publishes the users as they are. Wait for its end."
        )
        return "the change is recorded, and the registry may know it already", undo.format(
            f"{registry}/users/{operation.user}"
        )
    if operation.rolling_back:
        return "it has failed, and is taking back what it made", "Wait for its end."
    if not operation.irrevocable:
        return None
    begun = _BEGUN.get(operation.kind, "it has begun to change Azure")
    fix = _AFTERWARDS.get(operation.kind, "Wait for its end, then PUT {0} with the values you want.")
    return begun, fix.format(registry)


_BEGUN = {
    Kind.DELETE_REGISTRY: "it has begun to remove",
    Kind.PURGE_REGISTRY: "it has begun to remove",
    Kind.RESTART_REGISTRY: "the restart has been sent",
}
_AFTERWARDS = {
    Kind.DELETE_REGISTRY: "Wait for its end; POST {0}/restore then brings it back.",
    Kind.PURGE_REGISTRY: "Wait for its end; PUT {0} then makes a new one.",
    Kind.RESTORE_REGISTRY: "Wait for its end, then DELETE {0} again.",
    Kind.RESTART_REGISTRY: "Wait for its end.",
}
_ENDED = {
    Status.SUCCEEDED: "Send the opposite request.",
    Status.FAILED: "Nothing is at work any more. To try again: POST /api/operations/{}/retry",
}
_OPPOSITE = {
    Kind.PUT_USER: "Send the opposite change: PUT {0} as it was, or DELETE {0}.",
    Kind.IMPORT_USERS: "Import the file that you want, or what there was before, with mode=replace.",
    Kind.ROTATE_USER: "Rotate again, or PUT {0} with the password that you want.",
    Kind.EXPIRE_USERS: "Give the users another expiry: PUT each with expiresAfter, expiresOn or null.",
    Kind.REVOKE_USER: "Create the user anew in each registry that is to let it in again.",
    Kind.DELETE_USER: "Create the user anew: PUT {0}.",
}


def _refused(operation: Operation, reason: str, fix: str) -> ApiError:
    return ApiError(
        409,
        "OperationNotCancelable",
        f"Operation {operation.id} ({operation.kind.value}) can't be canceled: {reason}.",
        fix,
        target=operation.id,
    )
