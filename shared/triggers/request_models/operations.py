"""Requests about operations."""

from pydantic import Field

from shared.domain.names import RegistryName
from shared.domain.operations import Status
from shared.triggers.request_models.base import OperationHeaders, Page, Part, Request


class Wait(Part):
    """How many seconds the answer may be held."""

    wait: float = Field(default=0, ge=0, le=60)


class OperationsPage(Page):
    """Which operations."""

    registry: RegistryName | None = None
    status: Status | None = None


class ListOperationsRequest(Request):
    """A page of operations."""

    query: OperationsPage  # type: ignore[assignment] # each request has its own parameters


class ChangeOperationRequest(Request):
    """One operation, to cancel or to repeat it."""

    operation: str
    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers


class OperationRequest(Request):
    """One operation, now or when it has ended."""

    operation: str
    query: Wait  # type: ignore[assignment] # each request has its own parameters
