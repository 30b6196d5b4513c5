"""The response headers that tell of a file or directory."""

from localazure.emulator.files import clock
from localazure.emulator.files.request import FileRequest
from localazure.emulator.files.share import Entry

PERMISSION_KEY = "1*1"
"""Access control lists are not kept; the headers and listings want a key all the same."""

_CONTENT_HEADERS = {
    "x-ms-content-type": "Content-Type",
    "x-ms-content-encoding": "Content-Encoding",
    "x-ms-content-language": "Content-Language",
    "x-ms-cache-control": "Cache-Control",
    "x-ms-content-md5": "Content-MD5",
    "x-ms-content-disposition": "Content-Disposition",
}


def content_headers(request: FileRequest) -> dict[str, str]:
    """What the client sets in `x-ms-content-type` and the like, under the names it will be answered with."""
    return {
        answer: request.headers[asked]
        for asked, answer in _CONTENT_HEADERS.items()
        if asked in request.headers
    }


def version(entry: Entry) -> dict[str, str]:
    """ETag and Last-Modified."""
    return {
        "ETag": clock.etag(entry.properties.etag),
        "Last-Modified": clock.http_date(entry.properties.etag),
    }


def changed(entry: Entry) -> dict[str, str]:
    """After create, rename and set properties."""
    return version(entry) | {"x-ms-request-server-encrypted": "true"} | _smb(entry)


def described(entry: Entry) -> dict[str, str]:
    """On get and head, without the content headers."""
    metadata = {f"x-ms-meta-{name}": value for name, value in entry.properties.metadata.items()}
    return metadata | version(entry) | {"x-ms-server-encrypted": "true"} | _smb(entry)


def _smb(entry: Entry) -> dict[str, str]:
    return {
        "x-ms-file-permission-key": PERMISSION_KEY,
        "x-ms-file-attributes": entry.properties.attributes,
        "x-ms-file-creation-time": clock.iso_time(entry.properties.created),
        "x-ms-file-last-write-time": clock.iso_time(entry.properties.written),
        "x-ms-file-change-time": clock.iso_time(entry.properties.etag),
        "x-ms-file-id": entry.file_id,
        "x-ms-file-parent-id": entry.parent_id,
    }
