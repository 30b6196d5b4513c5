"""Operations and the control plane's own health over HTTP."""

import asyncio

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Need, Role
from shared.services.authorization import authorize
from shared.services.requests import Caller
from shared.triggers.answer_models.base import Collection
from shared.triggers.answer_models.health import Alive
from shared.triggers.answer_models.operations import ChangedOperationView, OperationView
from shared.triggers.answers import Answer, base, changed, next_page, shown
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models.base import PlainRequest
from shared.triggers.request_models.operations import (
    ChangeOperationRequest,
    ListOperationsRequest,
    OperationRequest,
)
from shared.triggers.views.operations import operation_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ONE = "operations/{operation}"
SHOW = Need(Role.READER, own=True, by_row=True)


@endpoint(bp, "GET", ONE, OperationRequest, {200: OperationView}, needs=SHOW, fails=(404,))
async def get_operation(asked: OperationRequest, caller: Caller) -> Answer:
    """Show an operation: `?wait=30` holds the answer until it has ended, 60 seconds at most."""
    await asyncio.to_thread(_check_shown, asked.operation, caller)
    return shown(await services().operations.wait(asked.operation, asked.query.wait))


@endpoint(bp, "GET", "operations", ListOperationsRequest, {200: Collection[OperationView]}, needs=Role.READER)
def list_operations(asked: ListOperationsRequest, caller: Caller) -> Answer:
    """List the operations of the registries that the caller may read: by registry and status.

    By registry, then by id, which for ids that nobody chose is the order in which they began. A page may be short, or
    empty, and there is another one all the same: `nextLink` says so.
    """
    query = asked.query
    if query.registry is not None:
        authorize(Need(Role.READER), caller, "list_operations", query.registry, None)
    found, after = services().operations.page(
        query.after, query.size, caller.access.may_read, query.registry, query.status
    )
    views = [operation_view(base(), each) for each in found]
    return Answer(200, Collection.of(views, next_page(query, "operations", after)))


@endpoint(
    bp,
    "POST",
    f"{ONE}/cancel",
    ChangeOperationRequest,
    {202: ChangedOperationView, 200: ChangedOperationView},
    needs=Role.OPERATOR,
    fails=(404, 409),
)
def cancel_operation(asked: ChangeOperationRequest, caller: Caller) -> Answer:
    """Cancel an operation: 202 while it goes back, 200 when it is `Canceled`."""
    return changed(services().cancel.request(asked.operation, caller))


@endpoint(
    bp,
    "POST",
    f"{ONE}/retry",
    ChangeOperationRequest,
    {202: ChangedOperationView, 200: ChangedOperationView},
    needs=Role.OPERATOR,
    fails=(404, 409, 410),
)
def retry_operation(asked: ChangeOperationRequest, caller: Caller) -> Answer:
    """Repeat an operation: 202 with the one that repeats it, 200 when that one has ended."""
    return changed(services().retry.start(asked.operation, caller))


@endpoint(bp, "GET", "health", PlainRequest, {200: Alive}, needs=None, fails=(503,))
def get_health(asked: PlainRequest, caller: Caller) -> Answer:
    """Say whether the control plane itself is alive: 200 when it can read its state, 503 when it can't."""
    _ = asked, caller
    services().liveness.check()
    return Answer(200, Alive(status="Healthy"))


def _check_shown(operation: str, caller: Caller) -> None:
    """A Member waits for what became of its own user. What is not there looks to it like another's."""
    registry = operation.partition(".")[0]
    if not caller.access.may_read(registry):
        authorize(SHOW, caller, "get_operation", registry, services().operations.user_of(operation))
