"""What callers see of themselves."""

from pydantic import Field

from shared.domain.grants import CallerKind
from shared.domain.roles import Role
from shared.triggers.answer_models.base import View


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
