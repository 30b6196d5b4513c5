"""The routes of the blob endpoint."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from localazure.emulator.blobs.responses import BlobsRequest, answer
from localazure.emulator.blobs.service import BlobsService
from localazure.emulator.files.request import parse_query


def routes(service: BlobsService) -> list[BaseRoute]:
    """Routes to mount at a prefix such as `/blobs`."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, service, _taken_apart(request))

    found: list[Route] = [Route("/{account}/{container}{path:path}", endpoint)]
    for route in found:
        route.methods = None  # ours to refuse, with the service's error body
    return [*found]


def _taken_apart(request: Request) -> BlobsRequest:
    account, prefix = request.path_params["account"], request.scope["root_path"]
    return BlobsRequest(
        method=request.method,
        headers=request.headers,
        query=parse_query(request.scope["query_string"].decode("latin-1")),
        endpoint=f"{request.url.scheme}://{request.url.netloc}{prefix}/{account}/",
        account=account,
        container=request.path_params["container"],
        path=request.path_params["path"].strip("/"),
    )
