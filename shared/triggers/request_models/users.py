"""Requests about users."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, WithJsonSchema

from shared.domain.names import Username
from shared.domain.users.htpasswd_import import HTPASSWD_SCHEMA
from shared.domain.users.user_import import Mode
from shared.domain.users.user_spec import RotateSpec, UserSpec
from shared.triggers.request_models.base import OperationHeaders, Page, Part, Request
from shared.triggers.request_models.registries import RegistryRequest


class LoginFormat(StrEnum):
    """`json` is the user itself. The others are files, and hold the secret."""

    JSON = "json"
    ENV = "env"
    DOCKER_CONFIG = "docker-config"
    KUBERNETES = "kubernetes"


class LoginQuery(Part):
    """What the answer is."""

    format: LoginFormat = Field(
        default=LoginFormat.JSON,
        description="`json`: the user. `env`, `docker-config`, `kubernetes`: a file with the login, "
        "where this request sets the password.",
    )


class ListUsersRequest(RegistryRequest):
    """A page of users."""

    query: Page  # type: ignore[assignment] # each request has its own parameters


class ImportMode(Part):
    """What becomes of users who are not in the file."""

    mode: Mode = Field(
        default=Mode.MERGE,
        description="`merge`: users who are not in the file stay. `replace`: they are removed; needs the role Admin.",
    )


class ImportRequest(RegistryRequest):
    """A file of users."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers
    query: ImportMode  # type: ignore[assignment] # each request has its own parameters
    body: Annotated[bytes, WithJsonSchema(HTPASSWD_SCHEMA)] = b""  # type: ignore[assignment] # it is no JSON


class UserRequest(RegistryRequest):
    """One user."""

    username: Username


class PersonRequest(Request):
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
