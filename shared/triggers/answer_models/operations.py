"""What is shown of operations."""

from pydantic import Field

from shared.domain.operations import Kind, Status
from shared.triggers.answer_models.base import Link, OperationLink, Reason, Time, View


class StepView(View):
    """One step of an operation."""

    name: str = Field(examples=["storageAccount"])
    status: Status
    started_at: Time | None
    ended_at: Time | None
    attempts: int = Field(description="How often it was sent to Azure.")


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
