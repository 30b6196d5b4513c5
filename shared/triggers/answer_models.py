"""What the HTTP functions answer: the models that answers are built from, and that the OpenAPI document shows.

A field without a default is always there, perhaps as `null`. A field with the default `None` is left out where it
says nothing. Hashes and row versions have no field here.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from shared.domain.grants import CallerKind
from shared.domain.health.codes import Code, Severity
from shared.domain.operations import Kind, Status
from shared.domain.registries import LogLevel, ProvisioningState, StorageReplication
from shared.domain.roles import Role
from shared.domain.user_import import Mode
from shared.domain.users import UserState
from shared.services.registries import shown_at

Time = Annotated[
    datetime,
    PlainSerializer(shown_at, return_type=str, when_used="unless-none"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-25T07:00:00.000Z"]}),
]
"""UTC, with milliseconds."""


class View(BaseModel):
    """Part of an answer. What is not set is left out."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Link(View):
    """Another operation."""

    id: str = Field(examples=["demo.01KAXQ3Z6V8Y0T9M2N4P5R7S1W"])
    url: str = Field(examples=["https://berthage.example/api/operations/demo.01KAXQ3Z6V8Y0T9M2N4P5R7S1W"])


class OperationLink(Link):
    """The work that a request has started, or that is still going on."""

    status: Status


class StepView(View):
    """One step of an operation."""

    name: str = Field(examples=["storageAccount"])
    status: Status
    started_at: Time | None
    ended_at: Time | None
    attempts: int = Field(description="How often it was sent to Azure.")


class Reason(View):
    """What went wrong, and the way out."""

    code: str = Field(examples=["SkuNotAvailable"])
    message: str
    fix: str


class OperationView(Link):
    """One piece of long work."""

    kind: Kind
    registry: str = Field(examples=["demo"])
    user: str | None = None
    status: Status
    percent_complete: int = Field(ge=0, le=100)
    steps: list[StepView]
    created_at: Time
    started_at: Time | None
    ended_at: Time | None
    cancel_requested_at: Time | None = None
    retry_of: Link | None = None
    retried_by: Link | None = None
    error: Reason | None = Field(default=None, description="Why it failed.")
    obstacle: Reason | None = Field(
        default=None, description="What is in its way just now; it is tried again all the same."
    )
    result: dict[str, str | int | dict[str, str]] | None = None


class ChangedOperationView(OperationView):
    """The operation that a request has started or changed, and once more as `operation`, as in every other answer."""

    operation: OperationLink


class HealthView(View):
    """The last verdict on a registry."""

    code: Code
    severity: Severity
    message: str
    fix: str | None
    latency_milliseconds: int | None
    checked_at: Time


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


class UserView(View):
    """A user of a registry."""

    registry: str = Field(examples=["demo"])
    username: str = Field(examples=["ci"])
    password: str | None = Field(default=None, description="There once, in the answer that made it.")
    warning: str | None = Field(
        default=None, description="What a slow hash costs, or that the user has expired."
    )
    secret_already_shown: bool | None = Field(
        default=None, description="A repeated Operation-Id: the first answer had the secret."
    )
    state: UserState
    syncing: bool = Field(
        description="`true` until the registry has proven that it knows the user's present state."
    )
    description: str | None
    expires_on: Time | None = Field(description="From then on it can't log in; `null`: never.")
    expires_after: str | None = Field(
        default=None, description="The duration that `expiresOn` was made from.", examples=["P90D"]
    )
    replaces: str | None = Field(default=None, description="The user that this one is the successor of.")
    replaced_by: str | None = Field(default=None, description="Its successor, by a rotation with an overlap.")
    overlap_ends_on: Time | None = Field(
        default=None, description="Of a rotation with an overlap: until then the old user can log in."
    )
    etag: str = Field(examples=['"M2N4P5R7.3"'])
    created_at: Time
    updated_at: Time
    secret_changed_at: Time
    operation: OperationLink | None = Field(description="The work that is outstanding, if any.")


class DockerLogin(View):
    """One login of Docker's client."""

    auth: str = Field(
        description="`username:password` in base64.", examples=["Y2k6czNjcmV0LXRoYXQtaXMtc2hvd24="]
    )


class DockerConfig(View):
    """The file in which Docker's client keeps its logins."""

    auths: dict[str, DockerLogin] = Field(description="By the registry's host.")


class PullSecretMetadata(View):
    """How Kubernetes calls a secret."""

    name: str = Field(examples=["demo-ci"])


class PullSecret(View):
    """A secret with which Kubernetes pulls."""

    api_version: Literal["v1"]
    kind: Literal["Secret"]
    type: Literal["kubernetes.io/dockerconfigjson"]
    metadata: PullSecretMetadata
    data: dict[str, str] = Field(description="`.dockerconfigjson`: a Docker configuration in base64.")


class RemovedRegistry(View):
    """A registry that is being removed, or is soft-deleted already."""

    name: str = Field(examples=["demo"])
    purge_on: Time | None = Field(
        description="Until then it can be restored; `null` if nothing of it is kept."
    )
    operation: OperationLink | None = Field(description="The work that is outstanding, if any.")


class RemovedUser(View):
    """A user who is being removed."""

    username: str = Field(examples=["ci"])
    operation: OperationLink


class FindingView(Reason):
    """One thing that was found."""

    code: str = Field(description="Stable.", examples=["Syncing"])
    blocks: bool = Field(description="Does it keep the user out?")


class DiagnosisView(View):
    """Why a user can't log in."""

    registry: str = Field(examples=["demo"])
    username: str = Field(examples=["ci"])
    can_log_in: bool = Field(description="With the right password, as far as the control plane can see.")
    findings: list[FindingView] = Field(description="What concerns the registry first.")


class PersonView(View):
    """One user in all registries that the caller may look into."""

    username: str = Field(examples=["jane"])
    registries: list[UserView] = Field(description="In the order of the registries' names.")


class ImportedUsers(View):
    """An import that was accepted. The operation's `result` counts what has come of the users."""

    registry: str = Field(examples=["demo"])
    lines: int = Field(description="How many users the file names.", examples=[10000])
    mode: Mode
    warning: str | None = Field(default=None, description="What slow hashes cost.")
    operation: OperationLink


class AuditEntryView(View):
    """Who did what, or was refused: names only, never a secret."""

    id: str = Field(examples=["01KAXQ3Z6V8Y0T9M2N4P5R7S1W"])
    at: Time
    actor: str = Field(examples=["key:ci", "entra:jane@example.com", "system:reconcile"])
    address: str | None = Field(description="The caller's network address; `null` for our own timers.")
    action: str = Field(
        description="The kind of the operation that it started, or of what was refused.",
        examples=["CreateOrUpdateUser"],
    )
    target: str = Field(description="The names in its path; `?` for what can't be one.", examples=["demo/ci"])
    registry: str | None
    outcome: str = Field(
        description="`Accepted`, or the code of the error.", examples=["Accepted", "Forbidden"]
    )
    status: int | None = Field(description="Of a refusal.")
    operation_id: str | None = Field(description="How that ended says the operation.")
    request_id: str = Field(description="As in the answer's header x-ms-request-id, and in the log.")
    details: dict[str, list[str]] | None = Field(default=None, description="What was found, by kind.")


class Collection[V: View](View):
    """One page of a list."""

    value: list[V]
    next_link: str | None = Field(
        default=None, description="The next page; absolute. Not there on the last one."
    )

    @classmethod
    def of(cls, value: list[V], next_link: str | None) -> Self:
        """The last page has no link."""
        return cls(value=value, next_link=next_link) if next_link else cls(value=value)


class Alive(View):
    """The control plane can read its state."""

    status: str = Field(examples=["Healthy"])


class RightView(View):
    """One role of the caller."""

    role: Role
    registry: str = Field(description="A glob over names of registries.", examples=["team-*"])
    username: str | None = Field(default=None, description="The user that a Member may manage.")


class WhoamiView(View):
    """Who the caller is taken for, and what it may do."""

    actor: str = Field(description="As the audit names it.", examples=["key:ci", "entra:jane@example.com"])
    kind: CallerKind
    name: str | None = Field(default=None, description="From ROLE_GRANTS.")
    roles: list[RightView] = Field(description="Rights add up. Nothing here: nothing is allowed.")


class ProblemView(View):
    """One bad field of a request."""

    code: str = Field(examples=["NotAllowed"])
    target: str = Field(examples=["sku"])
    message: str
    fix: str


class ErrorView(View):
    """What is wrong, and what to do."""

    code: str = Field(
        description="Stable; also in the header x-ms-error-code.", examples=["RegistryNotFound"]
    )
    message: str
    fix: str
    target: str | None = None
    details: list[ProblemView] | None = Field(default=None, description="Every bad field of the request.")


class ErrorAnswer(View):
    """Every answer that is not a success, but for those of the Functions host itself."""

    error: ErrorView
