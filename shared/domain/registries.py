"""A registry: what may be asked for, what is wanted, and the row that remembers both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from shared.domain.ip_ranges import IpRanges
from shared.domain.names import AzureNames
from shared.domain.records import Body, Model, Nested, Record
from shared.domain.tags import TagChanges, Tags, has_tag, merged

StorageReplication = Literal["LRS", "ZRS", "GRS", "GZRS"]
LogLevel = Literal["debug", "info", "warn", "error"]


class Policy(Protocol):
    """What this control plane allows: operators set it, requests are checked against it."""

    @property
    def default_location(self) -> str:
        """Where a registry goes that names no location."""

    @property
    def allowed_locations(self) -> tuple[str, ...]:
        """Locations that may be asked for."""

    @property
    def default_sku(self) -> str:
        """The App Service plan of a registry that names none."""

    @property
    def allowed_skus(self) -> tuple[str, ...]:
        """Plans that may be asked for."""

    @property
    def default_image(self) -> str:
        """The container image of a registry that names none."""

    @property
    def allowed_images(self) -> tuple[str, ...]:
        """Images that may run with the storage key."""

    @property
    def default_storage_replication(self) -> StorageReplication:
        """How often Azure copies the blobs of a registry that does not say."""

    @property
    def soft_delete_days(self) -> float:
        """How long a deleted registry keeps its images and users."""


SETTING = "x-setting"
"""In the schema of a field: which setting of the control plane says what it may be."""


def _one_of(setting: str) -> AfterValidator:
    def check(value: str | None, info: ValidationInfo) -> str | None:
        allowed = getattr(info.context, setting)
        if value is not None and value not in allowed:
            raise PydanticCustomError(
                "NotAllowed",
                "It is not allowed here",  # never quoted: an image may be written with credentials
                {"fix": f"Use one of: {', '.join(allowed)}. Setting: {setting.upper()}."},
            )
        return value

    return AfterValidator(check)


def _schema(setting: str) -> Any:
    return Field(json_schema_extra={SETTING: setting})


class _Fields(Body):
    """What a caller may say of a registry. An absent field keeps its value, `null` resets it to its default."""

    location: Annotated[str | None, _one_of("allowed_locations"), _schema("allowed_locations")] = Field(
        default=None, description="Azure region."
    )
    sku: Annotated[str | None, _one_of("allowed_skus"), _schema("allowed_skus")] = Field(
        default=None, description="App Service plan."
    )
    image: Annotated[str | None, _one_of("allowed_images"), _schema("allowed_images")] = Field(
        default=None, description="Container image."
    )
    storage_replication: StorageReplication | None = Field(
        default=None, description="How Azure copies the images."
    )
    delete_enabled: bool | None = Field(default=None, description="May users delete manifests?")
    read_only: bool | None = Field(
        default=None, description="Are pushes and deletes refused, while pulls work?"
    )
    log_level: LogLevel | None = Field(default=None, description="How much the registry logs.")
    allowed_ip_ranges: IpRanges = Field(
        default=None,
        description="Addresses that may reach the registry, as CIDR ranges. `null`: everybody; `[]`: nobody.",
    )
    placement: Literal["dedicated"] | None = Field(default=None, description="A plan of its own.")


class RegistrySpec(_Fields):
    """The body of a PUT."""

    tags: Tags = Field(
        default=None, description="On every Azure resource of the registry. Replaces all tags."
    )


class RegistryPatch(_Fields):
    """The body of a PATCH: a merge patch (RFC 7396)."""

    tags: TagChanges = Field(
        default=None, description="Tags to set; one that is `null` is removed. `null` instead removes all."
    )


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


def defaults(policy: Policy) -> Desired:
    """What a create without a body asks for."""
    return Desired(
        location=policy.default_location,
        sku=policy.default_sku,
        image=policy.default_image,
        storage_replication=policy.default_storage_replication,
    )


def merge(asked: RegistrySpec | RegistryPatch, present: Desired, default: Desired) -> Desired:
    """`present` with the fields that are `asked` for; a field that is `null` there becomes its default.

    Raises `ApiError` 409 when a patch's tags do not fit to the present ones.
    """
    changes: dict[str, Any] = {}
    for name in asked.model_fields_set:
        value = getattr(asked, name)
        changes[name] = getattr(default, name) if value is None else value
    if isinstance(asked, RegistryPatch) and asked.tags is not None:
        changes["tags"] = merged(present.tags, asked.tags)
    return present.model_copy(update=changes)


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
