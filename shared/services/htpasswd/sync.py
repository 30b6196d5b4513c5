"""A user's change becomes effective: published, then proven by the registry.

Many waiting changes cost one rewrite: whoever comes first publishes for all, and the others find it done.
"""

from collections.abc import Sequence
from datetime import timedelta

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.operations import Kind, Operation, OperationError, Status
from shared.domain.records import Change, Delete
from shared.domain.registries.registry import Registry
from shared.domain.resources.resource import Ref, Type
from shared.domain.users.user import UserState
from shared.ports import ResourceManager
from shared.services.htpasswd.publisher import RESTRICTED, Publisher
from shared.services.operations.handlers import Again, Done
from shared.services.state import Clock, State

UNREACHABLE_TURNS = 3
"""After so many turns without an answer we ask Resource Manager whether the site runs at all."""


class HtpasswdSync:
    """The handler of user operations. `mount_cache_seconds`: how long a mount may show an old file."""

    def __init__(
        self,
        state: State,
        publisher: Publisher,
        resources: ResourceManager,
        now: Clock,
        mount_cache_seconds: float,
    ) -> None:
        self._state, self._publisher, self._resources, self._now = state, publisher, resources, now
        self._mount_cache = timedelta(seconds=mount_cache_seconds)

    def turn(self, operation: Operation) -> Done | Again:
        """Publish if nobody has, then ask the registry."""
        registry = self._state.registry(operation.registry)
        projection = self._state.projection(operation.registry)
        if registry is None or projection is None or registry.uid != operation.uid:
            raise PermanentError(
                "RegistryDeleted", "The registry was deleted meanwhile.", "Nobody can log in."
            )
        if projection.proven_revision >= operation.revision:
            return Done({"proof": "probe"})
        published = projection.published_revision
        if published < 0:
            return _without_file(operation, registry)
        if published < operation.revision:
            published = self._publisher.publish(registry)
        if registry.is_soft_deleted:
            return self._by_file(operation, registry)
        try:
            self._publisher.prove(registry, published)
        except TemporaryError as error:
            return self._without_witness(operation, registry, error)
        return Done({"proof": "probe"})

    def _by_file(self, operation: Operation, registry: Registry) -> Done:
        """There is no site, and a restore begins with the file as it is: whoever is not in it can't log in."""
        if not self._publisher.is_live(registry, operation.revision):
            self._publisher.publish(registry)  # somebody changed or removed the file
            raise TemporaryError("FileChanged", "the live file was not the one that was published", 1)
        return Done({"proof": "file"})

    def _without_witness(
        self, operation: Operation, registry: Registry, error: TemporaryError
    ) -> Done | Again:
        """A site that is stopped or does not let us near proves nothing: the live file and the mount's delay do."""
        if registry.login_server and not self._publisher.is_live(registry, operation.revision):
            self._publisher.publish(registry)  # somebody changed or removed the file
            raise error
        shut_out = error.code == RESTRICTED
        if not shut_out and (error.code != "RegistryUnreachable" or operation.attempts < UNREACHABLE_TURNS):
            raise error
        site = self._resources.get(Ref(Type.SITE, registry.names.site))
        projection = self._state.projection(registry.name)
        stopped = site is not None and site.get("properties", {}).get("state") == "Stopped"
        if not (stopped or shut_out) or projection is None or projection.published_at is None:
            raise error
        if self._now() < projection.published_at + self._mount_cache:
            raise error
        return Done({"proof": "file"})

    def settle(self, operation: Operation, status: Status) -> Sequence[Change]:
        """A deleted user's row goes when the registry has proven that it refuses the user."""
        if operation.kind is not Kind.DELETE_USER or status is not Status.SUCCEEDED or operation.user is None:
            return []
        user = self._state.user(operation.registry, operation.user)
        if user and user.state is UserState.DELETING and user.last_operation == operation.id:
            return [Delete(user.key, user.etag)]
        return []

    def fail(self, operation: Operation, error: OperationError) -> Again | None:
        """Nothing to clean up."""
        _ = operation, error
        return None

    def finished(self, operation: Operation, status: Status) -> None:
        """Nothing follows."""


def _without_file(operation: Operation, registry: Registry) -> Done:
    """Before the first upload users wait for the create to make it. After a create that failed there is none."""
    if registry.importing:
        raise TemporaryError("ImportInProgress", "an import of users is being applied", 1)
    if registry.active_operation:
        raise TemporaryError("WaitingForCreate", "the registry is still being created", 2)
    if operation.kind in {Kind.DELETE_USER, Kind.EXPIRE_USERS}:
        return Done({"proof": "file"})  # nobody can log in
    raise PermanentError(
        "RegistryNotProvisioned",
        "The change is recorded, but the registry was never provisioned.",
        f"PUT /api/registries/{registry.name} again: its first upload brings the change.",
    )
