"""What works on operations: Resource Manager, shares and probes."""

from __future__ import annotations

# ruff: noqa: PLC0415 - the imports inside functions are this package's purpose
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.core import now
from shared.bootstrap.requests import RequestServices
from shared.domain.operations import Kind

if TYPE_CHECKING:
    from shared.ports import Probe, ResourceManager
    from shared.services.htpasswd.publisher import Publisher
    from shared.services.operations.handlers import Handler
    from shared.services.operations.poison import Poison
    from shared.services.registries.provisioning import Provisioning
    from shared.services.users.user_operations import UserOperations


class WorkServices(RequestServices):
    """What works on operations: Resource Manager, shares and probes."""

    @cached_property
    def _resources(self) -> ResourceManager:
        from shared.azure.resource_manager import AzureResourceManager

        settings = self.settings
        return AzureResourceManager(
            settings.resource_manager_url, settings.azure_subscription_id, settings.azure_resource_group
        )

    def _new_probe(self) -> Probe:
        """With places of its own: who uses it waits for nobody who uses another one."""
        from shared.registry_probe import HttpProbe

        return HttpProbe(self.settings.probe_timeout_seconds, self.settings.probe_concurrency)

    @cached_property
    def _publisher(self) -> Publisher:
        from shared.azure.shares import StorageShares
        from shared.services.htpasswd.publisher import Publisher

        return Publisher(self.state, StorageShares(), self._new_probe(), self.settings.probe_key, now)

    @cached_property
    def provisioning(self) -> Provisioning:
        """The handler of registry operations."""
        from shared.services.registries.provisioning import Provisioning
        from shared.services.registries.visits import Visits

        settings = self.settings
        return Provisioning(
            self.state,
            self._health,
            Visits(self.state, self._resources, self._publisher, settings.probe_key),
            self.capacity,
            self.context,
            now,
            turn_delay=settings.turn_delay_seconds,
            timeout_seconds=settings.operation_timeout_seconds,
        )

    @cached_property
    def poison(self) -> Poison:
        """What becomes of messages that failed again and again."""
        from shared.services.operations.poison import Poison

        return Poison(self.state, self.turns)

    @cached_property
    def user_operations(self) -> UserOperations:
        """The handler of user operations."""
        from shared.services.htpasswd.sync import HtpasswdSync
        from shared.services.users.import_turns import ImportTurns
        from shared.services.users.revocation import RevocationTurns
        from shared.services.users.user_operations import UserOperations

        sync = HtpasswdSync(
            self.state, self._publisher, self._resources, now, self.settings.mount_cache_seconds
        )
        special: dict[Kind, Handler] = {
            Kind.IMPORT_USERS: ImportTurns(self.state, sync, now),
            Kind.REVOKE_USER: RevocationTurns(self.state, self.capacity, self.accounts),
        }
        return UserOperations(sync, special)
