"""Takes an import of users: checked whole, staged in one transaction, applied by an operation."""

from dataclasses import dataclass, replace

from shared.domain.errors import ApiError, OperationInProgressError
from shared.domain.operations import Kind, Operation
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.htpasswd_import import MOST_USERS, ImportFile, read
from shared.domain.users.user_import import Mode, chunks
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.registries.catalog import Registries
from shared.services.requests import Caller, check_not_deleted
from shared.services.state import Clock, State, retry_on_conflict


@dataclass(frozen=True)
class ImportAnswer:
    """An import that was accepted. `warning`: what the slow hashes in it cost."""

    registry: str
    lines: int
    mode: Mode
    warning: str | None
    operation: Operation


class Imports:
    """Raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(
        self, state: State, registries: Registries, channels: Channels, ledger: Ledger, now: Clock
    ) -> None:
        self._state, self._registries, self._channels = state, registries, channels
        self._ledger, self._now = ledger, now

    def start(self, registry: str, content: bytes, mode: Mode, caller: Caller) -> ImportAnswer:
        """Nothing is written if any line is bad. From then on nothing can go wrong that the caller could mend."""
        file = read(content)
        caller = replace(caller, payload=b"\0".join([caller.payload, mode.encode()]))
        operation = self._stage(registry, file, mode, caller)
        return ImportAnswer(registry, len(file.hashes), mode, file.warning, operation)

    @retry_on_conflict
    def _stage(self, registry: str, file: ImportFile, mode: Mode, caller: Caller) -> Operation:
        """Lines, revision, operation and audit: one transaction, or nothing."""
        if repeated := self._ledger.repeated(caller, registry):
            return repeated
        home = self._registries.require(registry)
        check_not_deleted(home)
        if same := self._in_the_way(home, caller):
            return same
        self._check_room(home, file, mode)
        raised = home.change(users_revision=home.users_revision + 1)
        details = {"mode": [mode.value], "lines": [str(len(file.hashes))]}
        operation, rows = self._ledger.start(caller, Kind.IMPORT_USERS, raised, self._now(), details=details)
        raised = raised.change(importing=operation.id, last_import=operation.id)
        staged = (chunk.save() for chunk in chunks(operation.id_key, file.hashes, mode))
        self._state.commit(registry, raised.save(), *staged, *rows)
        self._channels.enqueue(operation)
        return operation

    def _in_the_way(self, home: Registry, caller: Caller) -> Operation | None:
        """The operation of this very import, if it was sent before and is not done. Raises `ApiError` for another."""
        if home.provisioning_state is ProvisioningState.DELETING and (active := self._state.active(home)):
            raise OperationInProgressError(active.id, active.kind.value, active.registry)
        last = self._state.operation_by_id(home.last_import)
        if home.importing is None and (last is None or last.final or not self._is_unpublished(last)):
            return None
        if last and caller.operation_key is None and self._ledger.is_same(caller, last):
            return last
        running = home.importing or home.last_import or ""
        raise OperationInProgressError(running, Kind.IMPORT_USERS.value, home.name)

    def _is_unpublished(self, last: Operation) -> bool:
        """The next import waits for that: or else imports that follow each other would keep all changes waiting."""
        projection = self._state.projection(last.registry)
        return projection is not None and 0 <= projection.published_revision < last.revision

    def _check_room(self, home: Registry, file: ImportFile, mode: Mode) -> None:
        """Raises `ApiError` 409 where the registry would get more users than a file of ours can hold."""
        if mode is Mode.REPLACE or home.user_count + len(file.hashes) <= MOST_USERS:
            return
        after = {user.username for user in self._state.users(home.name)} | file.hashes.keys()
        if len(after) > MOST_USERS:
            raise ApiError(
                409,
                "TooManyUsers",
                f"Registry '{home.name}' would have {len(after)} users; at most {MOST_USERS} are possible.",
                "Remove users that nobody needs, or give a part of them another registry.",
            )
