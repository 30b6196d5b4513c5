"""An operation that is to fail because a test says so.

It belongs to one request and travels beside it, in its context: nothing between the way in and the place where
operations start has to know of it.
"""

from contextvars import ContextVar
from typing import Literal

from pydantic import BaseModel, ConfigDict

Shown = Literal["arm", "appservice", "resource"]


class OperationFailure(BaseModel):
    """How a long-running operation fails.

    `shown` says where a client finds it: in the operation, with an error in Resource Manager's shape or in App
    Service's; or only in the resource, which is answered with 200 at once and `provisioningState: Failed`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    code: str = "InternalServerError"
    message: str = "There was an unexpected InternalServerError. Please try again later."
    shown: Shown = "arm"


failing: ContextVar[OperationFailure | None] = ContextVar("failing", default=None)
"""What becomes of the operation that the current request starts; None = it succeeds."""
