"""What is shown of registries."""

from typing import Any

from pydantic import Field

from shared.domain.registries.registry import LogLevel, ProvisioningState, StorageReplication
from shared.triggers.answer_models.base import OperationLink, Time, View
from shared.triggers.answer_models.health import HealthView


class DriftView(View):
    """What somebody else changed in Azure and nobody has repaired: names, never values."""

    found: list[str] = Field(examples=[["setting REGISTRY_AUTH"]])
    checked_at: Time | None


class RegistryFields(View):
    """What is wanted of a registry."""

    name: str = Field(examples=["demo"])
    location: str = Field(examples=["westeurope"])
    sku: str = Field(examples=["B1"])
    image: str = Field(examples=["registry:2.8.3"])
    storage_replication: StorageReplication
    delete_enabled: bool
    read_only: bool
    log_level: LogLevel = Field(examples=["info"])
    allowed_ip_ranges: list[str] | None = Field(
        description="`null`: everybody may reach it; `[]`: nobody.", examples=[["203.0.113.0/24"]]
    )
    placement: str = Field(examples=["dedicated"])
    tags: dict[str, str] = Field(examples=[{"team": "payments"}])


class RegistryView(RegistryFields):
    """A registry."""

    provisioning_state: ProvisioningState
    login_server: str | None = Field(
        description="What clients log in to; `null` until Azure has named it.",
        examples=["demo-1a2b3c4d.azurewebsites.net"],
    )
    health: HealthView | None
    drift: DriftView | None
    user_count: int
    deleted_on: Time | None = Field(
        description="When it was soft-deleted; `null` for a registry that is not."
    )
    purge_on: Time | None = Field(description="Until then it can be restored; then it is purged.")
    uid: str = Field(description="Names this incarnation of the registry.")
    etag: str = Field(examples=['"M2N4P5R7.3"'])
    created_at: Time
    updated_at: Time
    operation: OperationLink | None = Field(description="The work that is outstanding, if any.")
    restarts: list[str] | None = Field(
        default=None,
        description="In the answer to a change: what restarts for it. `site`: logins, pulls and pushes fail for a "
        "moment.",
        examples=[["site"]],
    )


class FieldChangeView(View):
    """A field of the registry that changes."""

    field: str = Field(examples=["readOnly"])
    before: Any = Field(description="`null` in a create.", examples=[False])
    after: Any = Field(examples=[True])


class PlannedStepView(View):
    """A resource that would be sent to Azure."""

    step: str = Field(examples=["site"])
    type: str = Field(examples=["Microsoft.Web/sites"])
    resource: str = Field(examples=["demo-1a2b3c4d"])


class RegistryPlanView(View):
    """What a change would do: the answer to a dry run, after which nothing has changed."""

    dry_run: bool = Field(description="Always `true`.", examples=[True])
    creates: bool = Field(description="Would it make a new registry?", examples=[False])
    changes: list[FieldChangeView]
    steps: list[PlannedStepView] = Field(
        description="What would be sent, in no order. Empty: there is nothing to do."
    )
    certain: bool = Field(
        description="`false` after an operation that has failed: what Azure has of it is seen only on the way, "
        "and `steps` is the most that would be sent.",
        examples=[True],
    )
    restarts: list[str] = Field(description="What would restart.", examples=[["site"]])
    registry: RegistryFields = Field(description="What would be wanted of the registry.")
    etag: str | None = Field(
        description="The version that this was planned for; `null` for a new registry.",
        examples=['"M2N4P5R7.3"'],
    )
    operation: OperationLink | None = Field(description="The work that is outstanding already, if any.")


class RemovedRegistry(View):
    """A registry that is being removed, or is soft-deleted already."""

    name: str = Field(examples=["demo"])
    purge_on: Time | None = Field(
        description="Until then it can be restored; `null` if nothing of it is kept."
    )
    operation: OperationLink | None = Field(description="The work that is outstanding, if any.")
