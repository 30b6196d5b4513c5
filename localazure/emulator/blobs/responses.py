"""List Blobs on the wire: https://learn.microsoft.com/rest/api/storageservices/list-blobs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from localazure.emulator.blobs.service import BlobsService
from localazure.emulator.files.answering import answered
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.paging import echo, page
from localazure.emulator.files.xml import Node, document, name_node

_BEARER = re.compile(r"Bearer (?P<token>\S+)")


@dataclass(frozen=True)
class BlobsRequest:
    """Header names are lower case; `path` is what stands behind the container."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    endpoint: str
    account: str
    container: str
    path: str


def answer(service: BlobsService, request: BlobsRequest) -> Response:
    """The list, or a refusal as an error document."""

    def operation() -> Response:
        _authorize(service, request)
        return Response(_list(service, request), media_type="application/xml")

    return answered(operation, service.tenant_id)


def _authorize(service: BlobsService, request: BlobsRequest) -> None:
    if not service.has_account(request.account):
        raise StorageError("ResourceNotFound")  # on Azure its host name would not resolve
    bearer = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if bearer is None:
        raise StorageError("NoAuthenticationInformation")  # keys are not taken here
    if not service.check_token(bearer["token"]):
        detail = "Signature validation failed."
        raise StorageError("InvalidAuthenticationInfo", AuthenticationErrorDetail=detail)


def _list(service: BlobsService, request: BlobsRequest) -> bytes:
    query = request.query
    if request.method != "GET" or request.path:
        raise StorageError("UnsupportedHttpVerb")
    if (query.get("restype"), query.get("comp")) != ("container", "list") or "delimiter" in query:
        raise StorageError("InvalidQueryParameterValue", QueryParameterName="comp")
    if not service.has_container(request.account, request.container):
        raise StorageError("ContainerNotFound")
    sizes, prefix = service.blobs(request.account, request.container), query.get("prefix", "")
    names = sorted(
        (name for name in sizes if name.startswith(prefix)), key=lambda name: (name.casefold(), name)
    )
    found = page(names, query)
    blobs = [_blob(name, sizes[name]) for name in found.names]
    root = Node(
        "EnumerationResults",
        attributes={"ServiceEndpoint": request.endpoint, "ContainerName": request.container},
        children=[
            *([Node("Prefix", prefix)] if prefix else []),
            *echo(query),
            Node("Blobs", children=blobs),
            Node("NextMarker", found.next_marker),
        ],
    )
    return document(root)


def _blob(name: str, size: int) -> Node:
    properties = [Node("Content-Length", str(size)), Node("BlobType", "BlockBlob")]
    return Node("Blob", children=[name_node("Name", name), Node("Properties", children=properties)])
