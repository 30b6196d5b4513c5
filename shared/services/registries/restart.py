"""Restarts the site of a registry that is up. The work is an operation as any other: nothing else runs beside it."""

from shared.domain.errors import ApiError, OperationInProgressError
from shared.domain.operations import Kind
from shared.domain.registries.registry import Registry
from shared.services.operations.ledger import Ledger
from shared.services.operations.lifecycle import Lifecycle
from shared.services.registries.catalog import Registries, RegistryAnswer
from shared.services.requests import Caller, Precondition, check_not_deleted
from shared.services.state import State, retry_on_conflict


class Restart:
    """Starts it; a repeat finds the restart that is under way."""

    def __init__(self, state: State, registries: Registries, lifecycle: Lifecycle, ledger: Ledger) -> None:
        self._state, self._registries, self._lifecycle, self._ledger = state, registries, lifecycle, ledger

    @retry_on_conflict
    def start(self, name: str, condition: Precondition, caller: Caller) -> RegistryAnswer:
        """Raises `ApiError` 404, 409 and 412."""
        if repeated := self._ledger.repeated(caller, name):
            return self._registries.answer(self._registries.require(name), repeated)
        present = self._registries.require(name)
        check_not_deleted(present)
        condition.check(present.version_tag)
        if active := self._state.active(present):
            if active.kind is not Kind.RESTART_REGISTRY:
                raise OperationInProgressError(active.id, active.kind.value, active.registry)
            return self._registries.answer(present, active)
        _check_is_up(present)
        started = self._lifecycle.begin(present, present.desired, Kind.RESTART_REGISTRY, caller)
        return self._registries.answer(*started)


def _check_is_up(registry: Registry) -> None:
    if not registry.provisioned:
        raise ApiError(
            409,
            "RegistryNotProvisioned",
            f"Registry '{registry.name}' was never up: there is no site to restart.",
            f"PUT /api/registries/{registry.name} provisions it.",
            target=registry.name,
        )
