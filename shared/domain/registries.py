"""A registry: what may be asked for, what is wanted, and the row that remembers both."""

import re
from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from shared.domain.names import AzureNames
from shared.domain.records import Body, Model, Nested, Record
from shared.domain.text import CHARACTER, is_line

StorageReplication = Literal["LRS", "ZRS", "GRS", "GZRS"]
MAX_TAGS = 15
MAX_TAG_VALUE = 256
"""Characters."""
TAG_NAME = r"(?![Bb][Ee][Rr][Tt][Hh][Aa][Gg][Ee]-)[^<>%&\\?/\x00-\x1f\x7f]{1,128}"
"""Storage accounts allow 128 characters, Resource Manager forbids some, and `berthage-` is ours."""


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


def _check_tags(tags: dict[str, str] | None) -> dict[str, str] | None:
    same = Counter(name.lower() for name in tags or {})  # to Azure 'Team' and 'team' are one tag
    bad = sorted(name for name in tags or {} if not re.fullmatch(TAG_NAME, name) or same[name.lower()] > 1)
    long = sorted(
        name for name, value in (tags or {}).items() if len(value) > MAX_TAG_VALUE or not is_line(value)
    )
    if bad or long or len(tags or {}) > MAX_TAGS:
        raise PydanticCustomError(
            "InvalidTags",
            "Tags can't be used: {names}",
            {
                "names": ", ".join([*bad, *long])[:200] or f"{len(tags or {})} of them",
                "fix": f"At most {MAX_TAGS} tags; names of 1-128 characters without <>%&\\?/ that do not start "
                "with 'berthage-' and differ by more than case; values up to 256 characters in one line.",
            },
        )
    return tags


_TAGS = Field(
    json_schema_extra={
        "maxProperties": MAX_TAGS,
        "propertyNames": {"pattern": f"^(?:{TAG_NAME})$"},
        "additionalProperties": {
            "type": "string",
            "maxLength": MAX_TAG_VALUE,
            "pattern": f"^(?:{CHARACTER}*)$",
        },
        "examples": [{"team": "payments"}],
    }
)


class RegistrySpec(Body):
    """The body of a PUT. An absent field keeps its value, `null` resets it to its default."""

    location: Annotated[str | None, _one_of("allowed_locations"), _schema("allowed_locations")] = None
    sku: Annotated[str | None, _one_of("allowed_skus"), _schema("allowed_skus")] = None
    image: Annotated[str | None, _one_of("allowed_images"), _schema("allowed_images")] = None
    storage_replication: StorageReplication | None = None
    delete_enabled: bool | None = None
    placement: Literal["dedicated"] | None = None
    tags: Annotated[dict[str, str] | None, AfterValidator(_check_tags), _TAGS] = None


class Desired(Model):
    """What the registry should be."""

    location: str
    sku: str
    image: str
    storage_replication: StorageReplication
    delete_enabled: bool = False
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


def merge(spec: RegistrySpec, present: Desired, default: Desired) -> Desired:
    """`present` with the fields that `spec` names; a field that is `null` there becomes its default."""
    changes: dict[str, Any] = {}
    for name in spec.model_fields_set:
        value = getattr(spec, name)
        changes[name] = getattr(default, name) if value is None else value
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
    active_operation: str | None = None
    last_operation: str | None = None
    """The lifecycle operation that came last, ended or not."""
    deleted_on: datetime | None = None
    """When its soft delete was asked for; `None` unless it is soft-deleted, or on its way there or back."""
    purge_on: datetime | None = None
    """From then on `reconcile` purges it."""
    created_at: datetime
    updated_at: datetime

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

    def at_rest(self, state: ProvisioningState, now: datetime) -> Self:
        """As it is when its operation has ended. Only what is soft-deleted has a date on which it is purged."""
        dates = {} if state is ProvisioningState.SOFT_DELETED else {"deleted_on": None, "purge_on": None}
        return self.change(
            active_operation=None, provisioning_state=state, version=self.version + 1, updated_at=now, **dates
        )


def major_version(image: str) -> str:
    """The first number of the image's tag: '2' for `registry:2.8.3`."""
    return image.rpartition(":")[2].partition(".")[0]
