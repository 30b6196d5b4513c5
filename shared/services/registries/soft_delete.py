"""Delete, purge and restore registries.

A delete takes away what serves and costs: the site and its plan. Images, users and their file stay until `purge_on`,
when `reconcile` purges them, and a restore brings the registry back until then.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import ApiError, OperationInProgressError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.registries.registry import Registry
from shared.services.operations.ledger import Ledger
from shared.services.operations.lifecycle import Lifecycle
from shared.services.registries.catalog import Registries, RegistryAnswer
from shared.services.requests import Caller, Precondition
from shared.services.state import State, retry_on_conflict


@dataclass(frozen=True)
class Removed:
    """A registry on its way out, or soft-deleted. `operation`: the work that is outstanding, if any."""

    name: str
    operation: Operation | None
    purge_on: datetime | None
    """Until when it can be restored; `None` if it can't."""


class SoftDelete:
    """Every method raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(self, state: State, registries: Registries, lifecycle: Lifecycle, ledger: Ledger) -> None:
        self._state, self._registries, self._lifecycle, self._ledger = state, registries, lifecycle, ledger

    def delete(self, name: str, condition: Precondition, caller: Caller) -> Removed | None:
        """Starts a soft delete; `None` if there is nothing.

        A registry that never came up has no images: all of it is removed, at once.
        """
        return self._remove(name, condition, caller, purge=False)

    def purge(self, name: str, condition: Precondition, caller: Caller) -> Removed | None:
        """Starts the removal of everything, also of what is soft-deleted; `None` if there is nothing."""
        return self._remove(name, condition, caller, purge=True)

    @retry_on_conflict
    def _remove(self, name: str, condition: Precondition, caller: Caller, *, purge: bool) -> Removed | None:
        repeated = self._ledger.repeated(caller, name)
        present = self._state.registry(name)
        if repeated:
            return _removed(repeated, present)
        condition.check(present.version_tag if present else None)
        if present is None:
            return None
        if active := self._state.active(present):
            _check_goes_as_asked(active, purge=purge)
            return _removed(active, present)
        if present.is_soft_deleted and not purge:
            return Removed(name, None, present.purge_on)
        kind = Kind.PURGE_REGISTRY if purge or not present.provisioned else Kind.DELETE_REGISTRY
        changed, operation = self._lifecycle.begin(present, present.desired, kind, caller)
        return _removed(operation, changed)

    @retry_on_conflict
    def restore(self, name: str, condition: Precondition, caller: Caller) -> RegistryAnswer:
        """Starts to bring it back, with its images, users and login server; or finds that this was done last."""
        if repeated := self._ledger.repeated(caller, name):
            return RegistryAnswer(self._registries.require(name), repeated)
        present = self._registries.require(name)
        condition.check(present.version_tag)
        if active := self._state.active(present):
            if active.kind is Kind.RESTORE_REGISTRY:
                return RegistryAnswer(present, active)
            raise OperationInProgressError(active.id, active.kind.value, active.registry)
        if not present.is_soft_deleted:
            last = self._state.operation_by_id(present.last_operation)
            if last is None or last.kind is not Kind.RESTORE_REGISTRY:
                raise _not_deleted(present)
            if last.status is Status.SUCCEEDED:
                return self._registries.get(name)
        changed, operation = self._lifecycle.begin(present, present.desired, Kind.RESTORE_REGISTRY, caller)
        return RegistryAnswer(changed, operation)


def _removed(operation: Operation, present: Registry | None) -> Removed:
    """What is purged can't be restored, whatever date it had."""
    is_delete = operation.kind is Kind.DELETE_REGISTRY and present and present.uid == operation.uid
    return Removed(operation.registry, operation, present.purge_on if present and is_delete else None)


def _check_goes_as_asked(active: Operation, *, purge: bool) -> None:
    """Raises `ApiError` 409 unless the work that is under way does at least what is asked for."""
    enough = {Kind.PURGE_REGISTRY} if purge else {Kind.PURGE_REGISTRY, Kind.DELETE_REGISTRY}
    if active.kind not in enough:
        raise OperationInProgressError(active.id, active.kind.value, active.registry)


def _not_deleted(registry: Registry) -> ApiError:
    path = f"/api/registries/{registry.name}"
    return ApiError(
        409,
        "RegistryNotDeleted",
        f"Registry '{registry.name}' is not deleted: it is {registry.provisioning_state.value}.",
        f"There is nothing to restore. To repair it: PUT {path}. To restart its site: POST {path}/restart",
        target=registry.name,
    )
