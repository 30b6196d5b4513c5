"""Rows that wait for an operation that will never come. No crash should leave them; they are mended all the same."""

import logging
from contextlib import suppress

from shared.domain.errors import ConflictError
from shared.domain.operations import Status
from shared.domain.records import Delete
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.htpasswd import Projection
from shared.domain.users.user import User
from shared.domain.users.user_import import chunk_keys
from shared.services.reconciling.reconcile import Seen
from shared.services.reconciling.report import Report
from shared.services.state import Clock, State

logger = logging.getLogger(__name__)


class StuckRows:
    """Every change is guarded by the ETag of what was seen: where something moves after all, it wins."""

    def __init__(self, state: State, now: Clock) -> None:
        self._state, self._now = state, now
        self._looked: dict[str, tuple[str, int, int]] = {}

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        registry, projection = seen.registry, seen.projection
        if registry is None or projection is None or projection.uid != registry.uid:
            return
        unfinished = {operation.id for operation in seen.unfinished}
        if registry.active_operation and registry.active_operation not in unfinished:
            self._free(registry, registry.active_operation, report)
        if registry.importing and registry.importing not in unfinished:
            self._end_import(registry, registry.importing, report)
        if not unfinished:
            self._forget_deleted_users(registry, projection, report)

    def _free(self, registry: Registry, operation_id: str, report: Report) -> None:
        """The registry waits for an operation that has ended or is not there."""
        operation = self._state.operation_by_id(operation_id)
        if operation and not operation.final:
            return  # it has begun since
        succeeded = operation and operation.status is Status.SUCCEEDED and not operation.kind.removes
        state = ProvisioningState.SUCCEEDED if succeeded else ProvisioningState.FAILED
        freed = registry.at_rest(state, self._now()).change(
            provisioned=registry.provisioned or bool(succeeded)
        )
        with suppress(
            ConflictError
        ):  # the operation has ended between the two reads, with the registry's row
            self._state.commit(registry.name, freed.save())
            logger.error(
                "registry %s waited for operation %s, which has ended or is not there: freed as %s; PUT it again",
                registry.name,
                operation_id,
                freed.provisioning_state.value,
            )
            report.note("registries_freed", registry.name)

    def _end_import(self, registry: Registry, operation_id: str, report: Report) -> None:
        """Users can be published again. What was applied stays: `htpasswd_drift` finds it and publishes it."""
        operation = self._state.operation_by_id(operation_id)
        if operation and not operation.final:
            return  # it has begun since
        _, _, key = operation_id.partition(".")
        self._state.drop_chunks(registry.name, chunk_keys(key))
        present = self._state.registry(registry.name)
        if present is None or present.importing != operation_id:
            return
        counted = sum(1 for _ in self._state.users(registry.name))
        with suppress(ConflictError):  # the next run looks again
            self._state.commit(registry.name, present.change(importing=None, user_count=counted).save())
            logger.error(
                "registry %s waited for import %s, which has ended or is not there: import the file again",
                registry.name,
                operation_id,
            )
            report.note("imports_freed", registry.name)

    def _forget_deleted_users(self, registry: Registry, projection: Projection, report: Report) -> None:
        """A deleted user's row goes with its operation. The users are read once a revision in each process."""
        present = (registry.uid, registry.users_revision, projection.published_revision)
        if self._looked.get(registry.name) == present:
            return
        for user in self._state.deleting_users(registry.name):
            if user.revision <= projection.published_revision or projection.published_revision < 0:
                self._forget(registry.name, user, report)
        self._looked[registry.name] = present

    def _forget(self, registry: str, user: User, report: Report) -> None:
        operation = self._state.operation_by_id(user.last_operation)
        if operation and not operation.final:
            return
        with suppress(ConflictError):
            self._state.commit(registry, Delete(user.key, user.etag))
            logger.error(
                "the row of deleted user %s waited for operation %s, which has ended or is not there: removed",
                user.username,
                user.last_operation,
            )
            report.note("deleted_users_forgotten", f"{registry}/{user.username}")
