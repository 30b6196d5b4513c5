"""Operations on directories, from the wire and back to it."""

from starlette.responses import Response

from localazure.emulator.files import clock, entry_headers, paging, xml
from localazure.emulator.files.models import FileStore
from localazure.emulator.files.request import FileRequest
from localazure.emulator.files.share import Entry
from localazure.emulator.files.xml import Node


def create(store: FileStore, request: FileRequest) -> Response:
    """Create Directory."""
    share = store.share(request.account, request.share)
    entry = share.create_directory(request.path, request.metadata())
    return Response(status_code=201, headers=entry_headers.changed(entry))


def get(store: FileStore, request: FileRequest) -> Response:
    """Get Directory Properties."""
    entry = store.share(request.account, request.share).directory(request.path)
    return Response(headers=entry_headers.described(entry))


def delete(store: FileStore, request: FileRequest) -> Response:
    """Delete Directory."""
    store.share(request.account, request.share).delete_directory(request.path)
    return Response(status_code=202)


def set_metadata(store: FileStore, request: FileRequest) -> Response:
    """Set Directory Metadata."""
    share = store.share(request.account, request.share)
    entry = share.update(request.path, directory=True, metadata=request.metadata())
    return Response(headers=entry_headers.changed(entry))


def set_properties(store: FileStore, request: FileRequest) -> Response:
    """Set Directory Properties: the attributes."""
    share = store.share(request.account, request.share)
    entry = share.update(request.path, directory=True, attributes=request.headers.get("x-ms-file-attributes"))
    return Response(headers=entry_headers.changed(entry))


def rename(store: FileStore, request: FileRequest) -> Response:
    """Rename Directory; never over an existing one."""
    share = store.share(request.account, request.share)
    entry = share.rename(request.rename_source(), request.path, directory=True, overwrite=False)
    return Response(headers=entry_headers.changed(entry))


def list_entries(store: FileStore, request: FileRequest) -> Response:
    """List Directories and Files: one level."""
    share = store.share(request.account, request.share)
    prefix = request.query.get("prefix", "")
    entries = {entry.name: entry for entry in share.list(request.path, prefix)}
    page = paging.page(list(entries), request.query)
    include = set(request.query.get("include", "").lower().split(","))
    extended = request.flag("x-ms-file-extended-info")
    directory_id = [Node("DirectoryId", share.directory(request.path).file_id)] if extended else []
    root = Node(
        "EnumerationResults",
        attributes=_attributes(request),
        children=[
            *([xml.name_node("Prefix", prefix)] if prefix else []),
            *paging.echo(request.query),
            *directory_id,
            Node("Entries", children=[_entry_node(entries[name], include, extended) for name in page.names]),
            Node("NextMarker", page.next_marker),
        ],
    )
    return Response(xml.document(root), media_type="application/xml")


def _attributes(request: FileRequest) -> dict[str, str]:
    path = "/".join(request.path)
    encoded = {"Encoded": "true"} if xml.needs_encoding(path) else {}
    return encoded | {
        "ServiceEndpoint": request.service_endpoint,
        "ShareName": request.share,
        "DirectoryPath": xml.encoded(path) if encoded else path,
    }


def _entry_node(entry: Entry, include: set[str], extended: bool) -> Node:
    children = [xml.name_node("Name", entry.name)]
    children += [Node("FileId", entry.file_id)] if extended else []
    children += [Node("Properties", children=_property_nodes(entry, include))]
    children += [Node("Attributes", entry.properties.attributes)] if "attributes" in include else []
    children += [Node("PermissionKey", entry_headers.PERMISSION_KEY)] if "permissionkey" in include else []
    return Node("Directory" if entry.is_directory else "File", children=children)


def _property_nodes(entry: Entry, include: set[str]) -> list[Node]:
    noted = entry.properties
    nodes = [] if entry.is_directory else [Node("Content-Length", str(entry.size))]
    if "timestamps" in include:
        times = {
            "CreationTime": noted.created,
            "LastAccessTime": noted.written,
            "LastWriteTime": noted.written,
            "ChangeTime": noted.etag,
        }
        nodes += [Node(name, clock.iso_time(ticks)) for name, ticks in times.items()]
        nodes.append(Node("Last-Modified", clock.http_date(noted.etag)))
    return nodes + ([Node("Etag", clock.etag(noted.etag))] if "etag" in include else [])
