"""What may be asked of a registry: the bodies of PUT and PATCH, held against what this control plane allows."""

from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from shared.domain.records import Body
from shared.domain.registries.ip_ranges import IpRanges
from shared.domain.registries.registry import Desired, LogLevel, StorageReplication
from shared.domain.registries.tags import TagChanges, Tags, merged


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
