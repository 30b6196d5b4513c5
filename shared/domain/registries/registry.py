"""A registry: what is wanted, and the row that remembers it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from shared.domain.names import AzureNames
from shared.domain.records import Model, Nested, Record
from shared.domain.registries.tags import has_tag

StorageReplication = Literal["LRS", "ZRS", "GRS", "GZRS"]
LogLevel = Literal["debug", "info", "warn", "error"]


class Desired(Model):
    """What the registry should be."""

    location: str
    sku: str
    image: str
    storage_replication: StorageReplication
    delete_enabled: bool = False
    read_only: bool = False
    log_level: LogLevel = "info"
    allowed_ip_ranges: list[str] | None = None
    placement: Literal["dedicated"] = "dedicated"
    tags: dict[str, str] = Field(default_factory=dict)


class ProvisioningState(StrEnum):
    """As Azure Resource Manager says it."""

    CREATING = "Creating"
    UPDATING = "Updating"
    DELETING = "Deleting"
    RESTORING = "Restoring"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SOFT_DELETED = "SoftDeleted"
    """Its site is gone; its images and users stay until it is purged."""


class Registry(Record):
    """The registry's row. `uid` names this incarnation: nothing of an earlier one acts on it."""

    name: str
    uid: str
    version: int = 1
    """Raised by every accepted change of `desired`; part of the etag that callers see."""
    desired: Nested[Desired]
    provisioning_state: ProvisioningState = ProvisioningState.CREATING
    provisioned: bool = False
    """True once a create has succeeded: from then on a failure never rolls back."""
    storage_attempt: int = 0
    site_attempt: int = 0
    names: Nested[AzureNames]
    """The Azure names of the present attempts."""
    login_server: str | None = None
    file_endpoint: str | None = None
    users_revision: int = 0
    """Raised by every change of a user: the htpasswd file says which revision it shows."""
    user_count: int = 0
    importing: str | None = None
    """The operation that applies an import: until it has applied all of it, nothing is published."""
    last_import: str | None = None
    """The import that came last, ended or not."""
    next_expiry: datetime | None = None
    """No active user expires earlier. A hint: writes lower it, and `reconcile` looks again when it has come."""
    reveals_due: datetime | None = None
    """Before then no one-time link of it needs a look by `reconcile`; `None` = there is none."""
    active_operation: str | None = None
    last_operation: str | None = None
    """The lifecycle operation that came last, ended or not."""
    deleted_on: datetime | None = None
    """When its soft delete was asked for; `None` unless it is soft-deleted, or on its way there or back."""
    purge_on: datetime | None = None
    """From then on `reconcile` purges it."""
    created_at: datetime
    updated_at: datetime

    def expecting(self, expiries: Iterable[datetime | None]) -> Self:
        """With users that expire then; `None` expires never."""
        times = [time for time in (self.next_expiry, *expiries) if time]
        return self.change(next_expiry=min(times, default=None))

    def expecting_reveal(self, end: datetime) -> Self:
        """With a one-time link that ends then."""
        return self.change(reveals_due=min(self.reveals_due or end, end))

    @property
    def key(self) -> str:
        return "registry"

    @property
    def version_tag(self) -> str:
        """The `etag` that callers see."""
        return f'"{self.uid[-8:]}.{self.version}"'

    @property
    def is_soft_deleted(self) -> bool:
        """Is there no site, and nothing at work on it?"""
        return self.provisioning_state is ProvisioningState.SOFT_DELETED

    @property
    def is_restricted(self) -> bool:
        """Is there an address that may not reach it?"""
        return self.desired.allowed_ip_ranges is not None

    def at_rest(self, state: ProvisioningState, now: datetime) -> Self:
        """As it is when its operation has ended. Only what is soft-deleted has a date on which it is purged."""
        dates = {} if state is ProvisioningState.SOFT_DELETED else {"deleted_on": None, "purge_on": None}
        return self.change(
            active_operation=None, provisioning_state=state, version=self.version + 1, updated_at=now, **dates
        )


@dataclass(frozen=True)
class RegistryFilter:
    """Which registries a list shows. `tag`: `name:value`, or a name alone."""

    state: ProvisioningState | None = None
    """`None`: all but those that are soft-deleted."""
    tag: str | None = None

    def takes(self, registry: Registry) -> bool:
        """Does the list show this one?"""
        state = registry.provisioning_state
        if state is not self.state if self.state else registry.is_soft_deleted:
            return False
        return self.tag is None or has_tag(registry.desired.tags, self.tag)


def major_version(image: str) -> str:
    """The first number of the image's tag: '2' for `registry:2.8.3`."""
    return image.rpartition(":")[2].partition(".")[0]
