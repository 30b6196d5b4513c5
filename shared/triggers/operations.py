"""Operations and the control plane's own health over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.triggers.endpoint import answer, async_http_endpoint, changed, http_endpoint, shown
from shared.triggers.parsing import caller, parse
from shared.triggers.request_models import ChangeOperationRequest, OperationRequest

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there


@bp.function_name("get_operation")
@bp.route("operations/{operation}", methods=["GET"])
@async_http_endpoint
async def get_operation(req: func.HttpRequest) -> func.HttpResponse:
    """One operation; `?wait=30` holds the answer until it has ended, and no thread with it."""
    asked = parse(OperationRequest, req)
    found = await services().operations.wait(asked.operation, asked.query.wait)
    return shown(found)


@bp.function_name("cancel_operation")
@bp.route("operations/{operation}/cancel", methods=["POST"])
@http_endpoint
def cancel_operation(req: func.HttpRequest) -> func.HttpResponse:
    """202 while it goes back, 200 when it is `Canceled`."""
    asked = parse(ChangeOperationRequest, req)
    return changed(services().cancel.request(asked.operation, caller(req)))


@bp.function_name("retry_operation")
@bp.route("operations/{operation}/retry", methods=["POST"])
@http_endpoint
def retry_operation(req: func.HttpRequest) -> func.HttpResponse:
    """202 with the operation that repeats this one, 200 when that one has ended."""
    asked = parse(ChangeOperationRequest, req)
    return changed(services().retry.start(asked.operation, caller(req)))


@bp.function_name("get_health")
@bp.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http_endpoint
def get_health(req: func.HttpRequest) -> func.HttpResponse:
    """200 when the control plane can read its state, 503 when it can't. Cheap: it looks once in ten seconds."""
    _ = req
    services().liveness.check()
    return answer(200, {"status": "Healthy"})
