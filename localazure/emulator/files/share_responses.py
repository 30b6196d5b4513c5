"""Operations on an account's shares, from the wire and back to it."""

from starlette.responses import Response

from localazure.emulator.files import clock, paging
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.models import DEFAULT_QUOTA_GIB, FileStore, ShareInfo
from localazure.emulator.files.request import FileRequest
from localazure.emulator.files.xml import Node, document

_MOST_GIB = 102_400
_TIER = "TransactionOptimized"


def list_shares(store: FileStore, request: FileRequest) -> Response:
    """List Shares."""
    prefix = request.query.get("prefix", "")
    infos = store.share_infos(request.account)
    page = paging.page([name for name in infos if name.startswith(prefix)], request.query)
    with_metadata = "metadata" in request.query.get("include", "").lower().split(",")
    shares = [_share_node(name, infos[name], with_metadata) for name in page.names]
    root = Node(
        "EnumerationResults",
        attributes={"ServiceEndpoint": request.service_endpoint},
        children=[
            Node("Prefix", prefix),
            *paging.echo(request.query),
            Node("Shares", children=shares),
            Node("NextMarker", page.next_marker),
        ],
    )
    return Response(document(root), media_type="application/xml")


def create(store: FileStore, request: FileRequest) -> Response:
    """Create Share."""
    quota = request.integer("x-ms-share-quota", most=_MOST_GIB) or DEFAULT_QUOTA_GIB
    if not store.create_share(request.account, request.share, quota, request.metadata()):
        raise StorageError("ShareAlreadyExists")
    return Response(status_code=201, headers=_version(store.share_info(request.account, request.share)))


def get(store: FileStore, request: FileRequest) -> Response:
    """Get Share Properties."""
    info = store.share_info(request.account, request.share)
    metadata = {f"x-ms-meta-{name}": value for name, value in info.metadata.items()}
    return Response(headers=metadata | _version(info) | _properties(info))


def delete(store: FileStore, request: FileRequest) -> Response:
    """Delete Share."""
    if not store.delete_share(request.account, request.share):
        raise StorageError("ShareNotFound")
    return Response(status_code=202)


def set_metadata(store: FileStore, request: FileRequest) -> Response:
    """Set Share Metadata."""
    return Response(
        headers=_version(store.update_share(request.account, request.share, metadata=request.metadata()))
    )


def set_properties(store: FileStore, request: FileRequest) -> Response:
    """Set Share Properties: the quota."""
    quota = request.integer("x-ms-share-quota", most=_MOST_GIB)
    return Response(headers=_version(store.update_share(request.account, request.share, quota_gib=quota)))


def _version(info: ShareInfo) -> dict[str, str]:
    return {"ETag": clock.etag(info.etag), "Last-Modified": clock.http_date(info.etag)}


def _properties(info: ShareInfo) -> dict[str, str]:
    return {
        "x-ms-share-quota": str(info.quota_gib),
        "x-ms-access-tier": _TIER,
        "x-ms-enabled-protocols": "SMB",
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
    }


def _share_node(name: str, info: ShareInfo, with_metadata: bool) -> Node:
    values = {
        "Last-Modified": clock.http_date(info.etag),
        "Etag": clock.etag(info.etag),
        "Quota": str(info.quota_gib),
        "AccessTier": _TIER,
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "EnabledProtocols": "SMB",
    }
    properties = Node("Properties", children=[Node(key, value) for key, value in values.items()])
    metadata = [Node("Metadata", children=[Node(key, value) for key, value in info.metadata.items()])]
    return Node("Share", children=[Node("Name", name), properties, *(metadata if with_metadata else [])])
