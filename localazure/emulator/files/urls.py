"""The routes of the Files endpoint: every path under the mount, told apart in `responses`."""

from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from localazure.emulator.files import names, responses
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.request import MAX_BODY_BYTES, FileRequest, parse_query
from localazure.emulator.files.service import FilesService

_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"]


def routes(service: FilesService) -> list[BaseRoute]:
    """Routes to mount at a prefix such as `/files`."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request.stream())
        response = await run_in_threadpool(responses.answer, service, lambda: _file_request(request, body))
        for echoed in ("x-ms-version", "x-ms-client-request-id"):
            if value := request.headers.get(echoed):
                response.headers[echoed] = value
        return response

    return [Route("/{resource:path}", endpoint, methods=_METHODS)]


async def _body(stream: AsyncIterator[bytes]) -> bytes:
    # To the end even if it is too long: a client that is still sending does not listen to an answer.
    kept = bytearray()
    async for part in stream:
        kept += part[: MAX_BODY_BYTES + 1 - len(kept)]
    return bytes(kept)


def _file_request(request: Request, body: bytes) -> FileRequest:
    prefix: str = request.scope["root_path"]
    raw_path: str = request.scope["raw_path"].decode("ascii")
    account, share, path = names.split(raw_path.removeprefix(prefix))
    if len(body) > MAX_BODY_BYTES:
        raise StorageError("RequestBodyTooLarge", MaxLimit=str(MAX_BODY_BYTES))
    return FileRequest(
        method=request.method,
        raw_path=raw_path,
        query=parse_query(request.scope["query_string"].decode("latin-1")),
        headers=_joined(request),
        body=body,
        prefix=prefix,
        service_endpoint=f"{request.url.scheme}://{request.url.netloc}{prefix}/{account}/",
        account=account,
        share=share,
        path=path if _keeps_trailing_dots(request) else names.without_trailing_dots(path),
    )


def _joined(request: Request) -> dict[str, str]:
    return {name: ",".join(request.headers.getlist(name)) for name in request.headers}


def _keeps_trailing_dots(request: Request) -> bool:
    return request.headers.get("x-ms-allow-trailing-dot", "").lower() == "true"
