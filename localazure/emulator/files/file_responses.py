"""Operations on files, from the wire and back to it."""

import base64

from starlette.responses import Response

from localazure.emulator.files import entry_headers, ranges, xml
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.models import FileStore
from localazure.emulator.files.properties import ARCHIVE
from localazure.emulator.files.request import MAX_BODY_BYTES, MAX_FILE_BYTES, FileRequest, md5
from localazure.emulator.files.share import Entry
from localazure.emulator.files.xml import Node


def create(store: FileStore, request: FileRequest) -> Response:
    """Create File, with the beginning of its content if the request has a body."""
    share = store.share(request.account, request.share)
    if request.required("x-ms-type") != "file":
        raise StorageError(
            "InvalidHeaderValue", HeaderName="x-ms-type", HeaderValue=request.headers["x-ms-type"]
        )
    request.required("x-ms-content-length")
    size = request.integer("x-ms-content-length", most=MAX_FILE_BYTES) or 0
    if len(data := request.checked_body()) > size:
        raise StorageError("InvalidHeaderValue", HeaderName="x-ms-content-length", HeaderValue=str(size))
    headers = {"Content-Type": "application/octet-stream"} | entry_headers.content_headers(request)
    entry = share.create_file(
        request.path,
        size,
        data,
        headers=headers,
        metadata=request.metadata(),
        attributes=request.headers.get("x-ms-file-attributes", ARCHIVE),
    )
    return Response(status_code=201, headers=entry_headers.changed(entry))


def head(store: FileStore, request: FileRequest) -> Response:
    """Get File Properties."""
    entry = store.share(request.account, request.share).file(request.path)
    return Response(headers=_described(entry) | {"Content-Length": str(entry.size), "x-ms-type": "File"})


def metadata(store: FileStore, request: FileRequest) -> Response:
    """Get File Metadata."""
    return Response(
        headers=entry_headers.described(store.share(request.account, request.share).file(request.path))
    )


def get(store: FileStore, request: FileRequest) -> Response:
    """Get File, whole or a range; a range must start inside the file, so an empty file has none."""
    share = store.share(request.account, request.share)
    window = request.byte_range()
    start, end = window or (0, None)
    entry, content = share.read(request.path, start, None if end is None else end - start)
    headers = _described(entry) | {"Accept-Ranges": "bytes"}
    if window is None:
        return Response(content, headers=headers)
    if start >= entry.size:
        raise StorageError("InvalidRange")
    return Response(
        content, status_code=206, headers=headers | _range_headers(request, entry, start, content)
    )


def delete(store: FileStore, request: FileRequest) -> Response:
    """Delete File."""
    store.share(request.account, request.share).delete_file(request.path)
    return Response(status_code=202)


def set_metadata(store: FileStore, request: FileRequest) -> Response:
    """Set File Metadata: replaces all of it."""
    share = store.share(request.account, request.share)
    entry = share.update(request.path, directory=False, metadata=request.metadata())
    return Response(headers=entry_headers.version(entry) | {"x-ms-request-server-encrypted": "true"})


def set_properties(store: FileStore, request: FileRequest) -> Response:
    """Set File Properties: size, and the content headers, of which those not sent are cleared."""
    entry = store.share(request.account, request.share).update(
        request.path,
        directory=False,
        size=request.integer("x-ms-content-length", most=MAX_FILE_BYTES),
        headers=entry_headers.content_headers(request),
        attributes=request.headers.get("x-ms-file-attributes"),
    )
    return Response(headers=entry_headers.changed(entry))


def put_range(store: FileStore, request: FileRequest) -> Response:
    """Put Range: update or clear."""
    share = store.share(request.account, request.share)
    start, end = _required_range(request)
    match request.required("x-ms-write").lower():
        case "clear" if not request.body:
            entry = share.clear(request.path, start, end)
            checksum = {}
        case "update" if len(data := request.checked_body()) == end - start:
            entry = share.write(request.path, start, data)
            checksum = {"Content-MD5": _md5_header(data)}
        case "clear" | "update":
            raise StorageError(
                "InvalidHeaderValue", HeaderName="Content-Length", HeaderValue=str(len(request.body))
            )
        case other:
            raise StorageError("InvalidHeaderValue", HeaderName="x-ms-write", HeaderValue=other)
    return Response(status_code=201, headers=entry_headers.changed(entry) | checksum)


def list_ranges(store: FileStore, request: FileRequest) -> Response:
    """List Ranges: what has been written, as opposed to zeroes that were never sent."""
    entry = store.share(request.account, request.share).file(request.path)
    start, end = request.byte_range() or (0, None)
    window = (start, entry.size if end is None else end)
    found = ranges.within(entry.properties.ranges, window)
    nodes = [Node("Range", children=[Node("Start", str(a)), Node("End", str(b - 1))]) for a, b in found]
    headers = entry_headers.version(entry) | {"x-ms-content-length": str(entry.size)}
    return Response(
        xml.document(Node("Ranges", children=nodes)), headers=headers, media_type="application/xml"
    )


def rename(store: FileStore, request: FileRequest) -> Response:
    """Rename File, over an existing one if x-ms-file-rename-replace-if-exists is true."""
    share = store.share(request.account, request.share)
    overwrite = request.flag("x-ms-file-rename-replace-if-exists")
    entry = share.rename(request.rename_source(), request.path, directory=False, overwrite=overwrite)
    return Response(headers=entry_headers.changed(entry))


def _described(entry: Entry) -> dict[str, str]:
    lease = {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
    return dict(entry.properties.content_headers) | entry_headers.described(entry) | lease


def _range_headers(request: FileRequest, entry: Entry, start: int, content: bytes) -> dict[str, str]:
    # Content-MD5 now speaks of the range; the one that was stored for the whole moves to another header.
    headers = {"Content-Range": f"bytes {start}-{start + len(content) - 1}/{entry.size}"}
    if stored := entry.properties.content_headers.get("Content-MD5"):
        headers["x-ms-content-md5"] = stored
    if request.flag("x-ms-range-get-content-md5"):
        headers["Content-MD5"] = _md5_header(content)
    return headers


def _required_range(request: FileRequest) -> tuple[int, int]:
    start, end = request.byte_range() or ranges.parse(request.required("x-ms-range"))
    if end is None:
        header = request.headers.get("x-ms-range") or request.headers["range"]
        raise StorageError("InvalidHeaderValue", HeaderName="x-ms-range", HeaderValue=header)
    if end - start > MAX_BODY_BYTES and request.body:
        raise StorageError("RequestBodyTooLarge", MaxLimit=str(MAX_BODY_BYTES))
    return start, end


def _md5_header(content: bytes) -> str:
    return base64.b64encode(md5(content)).decode()
