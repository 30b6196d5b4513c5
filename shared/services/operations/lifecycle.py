"""Starts work on a whole registry, for requests and `reconcile`; the turns of that work are in `provisioning.py`."""

from collections.abc import Sequence
from datetime import timedelta

from shared.domain.errors import ConflictError
from shared.domain.operations import Intent, Kind, Operation
from shared.domain.registries.registry import Desired, ProvisioningState, Registry
from shared.domain.users.htpasswd import Projection
from shared.services.audit.entries import Findings
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.requests import Caller
from shared.services.state import Clock, State

STATES = {
    Kind.CREATE_REGISTRY: ProvisioningState.CREATING,
    Kind.UPDATE_REGISTRY: ProvisioningState.UPDATING,
    Kind.DELETE_REGISTRY: ProvisioningState.DELETING,
    Kind.PURGE_REGISTRY: ProvisioningState.DELETING,
    Kind.RESTORE_REGISTRY: ProvisioningState.RESTORING,
    Kind.RESTART_REGISTRY: ProvisioningState.UPDATING,
}
"""What a registry shows while such an operation works on it."""


class Lifecycle:
    """`soft_delete_days`: how long what a soft delete keeps is kept."""

    def __init__(
        self, state: State, channels: Channels, ledger: Ledger, now: Clock, soft_delete_days: float
    ) -> None:
        self._state, self._channels, self._ledger, self._now = state, channels, ledger, now
        self._kept = timedelta(days=soft_delete_days)

    def create(self, registry: Registry, caller: Caller) -> tuple[Registry, Operation]:
        """Starts to make one that is not there. Raises `ConflictError` if it is."""
        operation, rows = self._ledger.start(caller, Kind.CREATE_REGISTRY, registry, registry.created_at)
        begun = registry.change(active_operation=operation.id, last_operation=operation.id)
        self._state.commit(registry.name, begun.save(), Projection(uid=registry.uid).save(), *rows)
        self._channels.enqueue(operation)
        return begun, operation

    def begin(
        self,
        present: Registry,
        desired: Desired,
        kind: Kind,
        caller: Caller,
        *,
        retry_of: Operation | None = None,
        resend: Sequence[str] = (),
        details: Findings | None = None,
    ) -> tuple[Registry, Operation]:
        """Starts lifecycle work on a registry that nothing works on. Raises `ConflictError` if something does."""
        now, state = self._now(), STATES[kind]
        intent = Intent(wanted=desired, was=present.desired, was_state=present.provisioning_state)
        operation, rows = self._ledger.start(
            caller,
            kind,
            present,
            now,
            intent=intent,
            retry_of=retry_of,
            resend=resend or (retry_of.resend if retry_of else ()),
            details=details,
        )
        dates = {"deleted_on": now, "purge_on": now + self._kept} if kind is Kind.DELETE_REGISTRY else {}
        changed = present.change(
            **dates,
            desired=desired,
            provisioning_state=state,
            active_operation=operation.id,
            last_operation=operation.id,
            version=present.version + 1,
            updated_at=present.updated_at if kind is Kind.RESTART_REGISTRY else now,
        )
        self._state.commit(present.name, changed.save(), *rows)
        self._channels.enqueue(operation)
        return changed, operation

    def repair(
        self, seen: Registry, steps: Sequence[str], details: Findings, caller: Caller
    ) -> Operation | None:
        """Sends `steps` again, whatever is found; `None` if somebody has changed the registry since it was `seen`."""
        present = self._state.registry(seen.name)
        if present is None or present.active_operation or present.version_tag != seen.version_tag:
            return None
        try:
            _, operation = self.begin(
                present, present.desired, Kind.UPDATE_REGISTRY, caller, resend=steps, details=details
            )
        except ConflictError:
            return None
        return operation


def provide(registry: Registry) -> Kind:
    """What brings a registry to its desired state."""
    return Kind.UPDATE_REGISTRY if registry.provisioned else Kind.CREATE_REGISTRY
