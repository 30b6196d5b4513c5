"""What is shown of users."""

from pydantic import Field

from shared.domain.users.user import UserState
from shared.domain.users.user_import import Mode
from shared.triggers.answer_models.base import OperationLink, Reason, Time, View


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
