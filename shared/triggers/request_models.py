"""What each HTTP function takes: path, query, headers and body as one model, so that all is checked at once."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.domain.htpasswd_import import HTPASSWD_SCHEMA
from shared.domain.names import OPERATION_KEY, RegistryName, Username
from shared.domain.operations import Status
from shared.domain.registries import ProvisioningState, RegistryFilter, RegistryPatch, RegistrySpec
from shared.domain.text import schema
from shared.domain.user_import import Mode
from shared.domain.users import RotateSpec, UserSpec
from shared.services.requests import Precondition


def _operation_key(value: str | None) -> str | None:
    if value is not None and not OPERATION_KEY.fullmatch(value):
        raise PydanticCustomError(
            "InvalidOperationId",
            "An Operation-Id has 1 to 64 letters, digits and hyphens",
            {"fix": "Send a UUID, or leave the header out."},
        )
    return value


_TOKEN = re.compile(r"[A-Za-z0-9._@-]*")
"""What the names in our lists are made of."""


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise PydanticCustomError(
            "InvalidValue", "No list has given out this token", {"fix": "Follow nextLink as it is."}
        )
    return value


_DIGIT = "[0-9A-HJKMNP-TV-Z]"
_AUDIT_TOKEN = re.compile(f"(0[0-7]{_DIGIT}{{8}}({_DIGIT}{{16}})?)?")
"""An entry's id, or its first ten digits: a time until the year 2248."""


def _audit_token(value: str) -> str:
    if not _AUDIT_TOKEN.fullmatch(value):
        raise PydanticCustomError(
            "InvalidValue", "No list has given out this token", {"fix": "Follow nextLink as it is."}
        )
    return value


def _day(value: object) -> object:
    """Not the numbers and times that the validation library takes as well."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError(
            "InvalidValue", "It is no day", {"fix": "Send a day in UTC as year-month-day: 2026-11-25"}
        )
    return value


Day = Annotated[date, BeforeValidator(_day)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Headers(_Part):
    """The request's conditions and its own operation id."""

    if_match: str | None = Field(default=None, alias="If-Match")
    if_none_match: Literal["*"] | None = Field(default=None, alias="If-None-Match")
    operation_id: Annotated[str | None, AfterValidator(_operation_key), schema(OPERATION_KEY.pattern)] = (
        Field(default=None, alias="Operation-Id")
    )

    @property
    def precondition(self) -> Precondition:
        """Both conditions."""
        return Precondition(self.if_match, create_only=self.if_none_match == "*")


class NoQuery(_Part):
    """No query parameter but `api-version` and the host's own."""


class Page(_Part):
    """One page of a list. `after` is the last name of the page before."""

    size: int = Field(default=100, alias="maxpagesize", ge=1, le=1000)
    after: Annotated[str, AfterValidator(_token), schema(_TOKEN.pattern)] = Field(
        default="", alias="$skiptoken", max_length=128
    )


_STATES = {
    "deleted": ProvisioningState.SOFT_DELETED,
    **{state.value.lower(): state for state in ProvisioningState},
}


def _state(value: object) -> object:
    """In any case, as Azure's own filters take it."""
    return _STATES.get(value.lower(), value) if isinstance(value, str) else value


_StateFilter = Annotated[
    ProvisioningState | None,
    BeforeValidator(_state),
    WithJsonSchema({"type": "string", "enum": ["deleted", *ProvisioningState]}),
]


class RegistriesPage(Page):
    """One page of the registries that a caller looks for."""

    state: _StateFilter = Field(
        default=None,
        description="Only those in this state. `deleted`, or `SoftDeleted`: those that other lists leave out.",
    )
    tag: str | None = Field(
        default=None,
        max_length=400,
        description="Only those with this tag: `team:payments`, or `team` with any value.",
    )

    @property
    def wanted(self) -> RegistryFilter:
        """Which registries."""
        return RegistryFilter(self.state, self.tag)


class Change(_Part):
    """How a change is meant."""

    dry_run: Literal["true", "false"] = Field(
        default="false",
        alias="dryRun",
        description="`true`: everything is checked and the plan is shown, and nothing is done.",
    )

    @property
    def only_planned(self) -> bool:
        """Is nothing to be done?"""
        return self.dry_run == "true"


class Wait(_Part):
    """How many seconds the answer may be held."""

    wait: float = Field(default=0, ge=0, le=60)


class Removal(_Part):
    """Neither, or both: a purge can't be sent by accident."""

    purge: Literal["true"] | None = Field(
        default=None, description="Remove everything, with no way back. Needs `confirm`."
    )
    confirm: str | None = Field(default=None, description="The registry's name once more.", examples=["demo"])


class LoginFormat(StrEnum):
    """`json` is the user itself. The others are files, and hold the secret."""

    JSON = "json"
    ENV = "env"
    DOCKER_CONFIG = "docker-config"
    KUBERNETES = "kubernetes"


class LoginQuery(_Part):
    """What the answer is."""

    format: LoginFormat = Field(
        default=LoginFormat.JSON,
        description="`json`: the user. `env`, `docker-config`, `kubernetes`: a file with the login, "
        "where this request sets the password.",
    )


class NoBody(_Part):
    """An empty object, or nothing."""


class _Request(_Part):
    headers: Headers
    query: NoQuery
    body: NoBody = NoBody()


class PlainRequest(_Request):
    """Nothing but the path."""


class AssetRequest(_Request):
    """One file of the documentation's page."""

    asset: Annotated[
        str, Field(json_schema_extra={"enum": ["start.js", "swagger-ui.css", "swagger-ui-bundle.js"]})
    ]


class RegistryRequest(_Request):
    """One registry."""

    registry: RegistryName


class PutRegistryRequest(RegistryRequest):
    """A registry's fields."""

    query: Change  # type: ignore[assignment] # each request has its own parameters
    body: RegistrySpec = RegistrySpec()  # type: ignore[assignment] # each request has its own kind of body


class PatchRegistryRequest(RegistryRequest):
    """Some of a registry's fields."""

    query: Change  # type: ignore[assignment] # each request has its own parameters
    body: RegistryPatch = RegistryPatch()  # type: ignore[assignment] # each request has its own kind of body


class DeleteRegistryRequest(RegistryRequest):
    """A soft delete, or a purge that is meant."""

    query: Removal  # type: ignore[assignment] # each request has its own parameters


class ListRequest(_Request):
    """A page of registries."""

    query: RegistriesPage  # type: ignore[assignment] # each request has its own parameters


class AuditPage(Page):
    """Which entries."""

    registry: RegistryName | None = None
    actor: str | None = Field(
        default=None, max_length=320, description="Exactly as entries show it.", examples=["key:ci"]
    )
    since: Day | None = Field(
        default=None, description="The first day (UTC). Without it: the 30 days before `until`."
    )
    until: Day | None = Field(default=None, description="The last day. Without it: today.")
    format: Literal["json", "jsonl", "csv"] = "json"
    after: Annotated[str, AfterValidator(_audit_token), schema(_AUDIT_TOKEN.pattern)] = Field(
        default="", alias="$skiptoken"
    )


class AuditRequest(_Request):
    """A page of the audit."""

    query: AuditPage  # type: ignore[assignment] # each request has its own parameters


class OperationsPage(Page):
    """Which operations."""

    registry: RegistryName | None = None
    status: Status | None = None


class ListOperationsRequest(_Request):
    """A page of operations."""

    query: OperationsPage  # type: ignore[assignment] # each request has its own parameters


class ListUsersRequest(RegistryRequest):
    """A page of users."""

    query: Page  # type: ignore[assignment] # each request has its own parameters


class ImportMode(_Part):
    """What becomes of users who are not in the file."""

    mode: Mode = Field(
        default=Mode.MERGE,
        description="`merge`: users who are not in the file stay. `replace`: they are removed; needs the role Admin.",
    )


class OperationHeaders(_Part):
    """An operation has no version: conditions make no sense there."""

    operation_id: Annotated[str | None, AfterValidator(_operation_key), schema(OPERATION_KEY.pattern)] = (
        Field(default=None, alias="Operation-Id")
    )


class ImportRequest(RegistryRequest):
    """A file of users."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers
    query: ImportMode  # type: ignore[assignment] # each request has its own parameters
    body: Annotated[bytes, WithJsonSchema(HTPASSWD_SCHEMA)] = b""  # type: ignore[assignment] # it is no JSON


class UserRequest(RegistryRequest):
    """One user."""

    username: Username


class PersonRequest(_Request):
    """One user, in all registries."""

    username: Username


class RevokeUserRequest(PersonRequest):
    """Whom to revoke everywhere."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers


class PutUserRequest(UserRequest):
    """A user's fields."""

    query: LoginQuery  # type: ignore[assignment] # each request has its own parameters
    body: UserSpec = UserSpec()  # type: ignore[assignment] # each request has its own kind of body


class PatchUserRequest(UserRequest):
    """Some of a user's fields."""

    body: UserSpec = UserSpec()  # type: ignore[assignment] # each request has its own kind of body


class RotateUserRequest(UserRequest):
    """How a user's secret is replaced."""

    query: LoginQuery  # type: ignore[assignment] # each request has its own parameters
    body: RotateSpec = RotateSpec()  # type: ignore[assignment] # each request has its own kind of body


class ChangeOperationRequest(_Request):
    """One operation, to cancel or to repeat it."""

    operation: str
    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers


class OperationRequest(_Request):
    """One operation, now or when it has ended."""

    operation: str
    query: Wait  # type: ignore[assignment] # each request has its own parameters
