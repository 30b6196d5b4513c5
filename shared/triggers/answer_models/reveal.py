"""What a one-time link shows."""

from pydantic import Field

from shared.triggers.answer_models.base import OperationLink, View


class RevealedView(View):
    """A login that nobody has seen before, and nobody sees again."""

    registry: str = Field(examples=["demo"])
    username: str = Field(examples=["dev"])
    password: str = Field(description="There once, in this answer.")
    login_server: str | None = Field(description="Where the login is for. `null` until Azure has named it.")
    operation: OperationLink = Field(
        description="When it has succeeded the registry lets the new password in."
    )


class RevealStatusView(View):
    """How far a password is on its way to the registry."""

    login_server: str | None = Field(description="`null` until Azure has named it.")
    operation: OperationLink
