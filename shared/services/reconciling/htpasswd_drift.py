"""The htpasswd file is what we published last. If somebody else changed it, that is audited and then put right.

The file must equal what the users' rows give, byte for byte, whenever nothing is being published. So it is
compared only at rest: no change of users waits for its publication, nobody holds the lock, and neither row has
changed between the first look and the last. A file that is older or newer because a publication is under way is
no drift.

What was found, the raised revision and the operation that publishes it are one transaction. From there on it is an
ordinary change: the lock, the fence, the probe of a revision that the changed file can't have, and turns that go on
after any crash. Because the revision is raised, the next run does not see the same drift again.
"""

import hashlib
import logging
from dataclasses import dataclass

from ulid import ULID

from shared.domain.operations import Kind, Operation
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.file_drift import FileDrift, FileState, compare
from shared.domain.users.htpasswd import FILE_NAME, Projection, render
from shared.services.htpasswd.publisher import Publisher
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.reconciling.reconcile import ACTOR, Seen
from shared.services.reconciling.report import Report
from shared.services.requests import Caller
from shared.services.state import Clock, State, retry_on_conflict
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _AtRest:
    """A registry while nothing is being published."""

    registry: Registry
    projection: Projection


class HtpasswdDrift:
    """One small file is read for each registry in each run; the users only when the file or they have changed."""

    def __init__(
        self, state: State, publisher: Publisher, channels: Channels, ledger: Ledger, key: str, now: Clock
    ) -> None:
        self._state, self._publisher, self._channels = state, publisher, channels
        self._ledger, self._key, self._now = ledger, key, now
        self._verified: dict[str, tuple[str, int, bytes]] = {}

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        at_rest = self._at_rest(seen)
        if at_rest is None:
            return
        behind = at_rest.registry.users_revision != at_rest.projection.published_revision
        content = self._publisher.share(at_rest.registry).read(FILE_NAME)
        if behind and self._is_awaited(seen.name):
            return
        drift = FileDrift(FileState.BEHIND) if behind else self._compare(at_rest.registry, content)
        if drift is None or not self._still_at_rest(at_rest):
            return
        operation = self._start(at_rest.registry, drift, _caller(at_rest, content))
        if operation:
            with bound(operation=operation.id):
                logger.warning("htpasswd is not as published: %s; the operation publishes it again", drift)
            report.note("htpasswd_repaired", seen.name)

    def _at_rest(self, seen: Seen) -> _AtRest | None:
        registry, projection = seen.registry, seen.projection
        if registry is None or projection is None or projection.uid != registry.uid:
            return None
        if registry.file_endpoint is None or registry.active_operation or projection.published_revision < 0:
            return None
        if registry.importing:
            return None  # the users' rows are half the old ones and half the new
        if projection.locked_until and projection.locked_until > self._now():
            return None
        waits = any(not operation.kind.is_lifecycle for operation in seen.unfinished)
        if waits and registry.users_revision != projection.published_revision:
            return None  # a change is about to be published
        return _AtRest(registry, projection)

    def _is_awaited(self, name: str) -> bool:
        """Has a change come between the look at the operations and the one at the registry's row?"""
        return any(not operation.kind.is_lifecycle for operation in self._state.unfinished(name))

    def _still_at_rest(self, at_rest: _AtRest) -> bool:
        registry = self._state.registry(at_rest.registry.name)
        projection = self._state.projection(at_rest.registry.name)
        if registry is None or projection is None:
            return False
        return (registry.etag, projection.etag) == (at_rest.registry.etag, at_rest.projection.etag)

    def _compare(self, registry: Registry, content: bytes | None) -> FileDrift | None:
        """Remembers what it found right: a process that lives on reads the users once a revision."""
        name, digest = registry.name, hashlib.sha256(content or b"").digest()
        if self._verified.get(name) == (registry.uid, registry.users_revision, digest):
            return None
        expected = render(self._key, registry.uid, registry.users_revision, self._state.logins(name))
        drift = compare(content, expected)
        if drift is None:
            self._verified[name] = (registry.uid, registry.users_revision, digest)
        return drift

    @retry_on_conflict
    def _start(self, registry: Registry, drift: FileDrift, caller: Caller) -> Operation | None:
        """The audit, the raised revision and the operation: all of it, once, or nothing."""
        name = registry.name
        if self._ledger.repeated(caller, name):
            return None  # another run was faster
        present = self._state.registry(name)
        projection = self._state.projection(name)
        if present is None or projection is None or present.uid != registry.uid:
            return None
        if present.provisioning_state is ProvisioningState.DELETING:
            return None
        revision = max(present.users_revision, projection.published_revision) + 1
        raised = present.change(users_revision=revision)
        operation, rows = self._ledger.start(
            caller, Kind.REPAIR_HTPASSWD, raised, self._now(), details=drift.findings()
        )
        self._state.commit(name, raised.save(), *rows)
        self._channels.enqueue(operation)
        return operation


def _caller(at_rest: _AtRest, content: bytes | None) -> Caller:
    """The same finding gives the same operation, so that two runs at the same time audit it once."""
    registry = at_rest.registry
    digest = "missing" if content is None else hashlib.sha256(content).hexdigest()[:12]
    key = f"htpasswd-{registry.uid[-8:]}-{registry.users_revision}-{digest}"
    return Caller(actor=ACTOR, request_id=str(ULID()), operation_key=key)
