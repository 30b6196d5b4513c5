"""A request to the Files endpoint, taken apart, with the header checks that all operations share."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from localazure.emulator.files import names, ranges
from localazure.emulator.files.errors import StorageError

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The most that one Put Range, or a Create File with data, may carry."""

MAX_FILE_BYTES = 1024**3
"""Azure takes 4 TiB. This service reads a file into memory to answer for it."""


@dataclass(frozen=True)
class FileRequest:
    """`raw_path` is the path as the client sent it, which is what it signed; header names are lower case."""

    method: str
    raw_path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    prefix: str
    """Where the service is mounted: `/files`."""
    service_endpoint: str
    """`https://localhost:{port}/files/{account}/`"""
    account: str
    share: str
    path: names.Path

    @property
    def operation(self) -> tuple[str, str, str]:
        """Method, `restype` and `comp`: together they say what is asked."""
        return self.method, self.query.get("restype", "").lower(), self.query.get("comp", "").lower()

    def required(self, header: str) -> str:
        """The header's value. Raises StorageError MissingRequiredHeader."""
        if not (value := self.headers.get(header)):
            raise StorageError("MissingRequiredHeader", HeaderName=header)
        return value

    def integer(self, header: str, most: int) -> int | None:
        """The header as a number, None without it. Raises StorageError InvalidHeaderValue."""
        value = self.headers.get(header)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= most):
            raise StorageError("InvalidHeaderValue", HeaderName=header, HeaderValue=value)
        return int(value)

    def flag(self, header: str) -> bool:
        """Whether the header says `true`."""
        return self.headers.get(header, "").lower() == "true"

    def byte_range(self) -> tuple[int, int | None] | None:
        """`x-ms-range`, else `Range`: first byte and the byte after the last, or None."""
        header = self.headers.get("x-ms-range") or self.headers.get("range")
        return ranges.parse(header) if header else None

    def metadata(self) -> dict[str, str]:
        """The `x-ms-meta-` headers without that prefix."""
        return {name[10:]: value for name, value in self.headers.items() if name.startswith("x-ms-meta-")}

    def checked_body(self) -> bytes:
        """The body, if it matches Content-MD5. Raises StorageError Md5Mismatch, UnsupportedHeader."""
        if "x-ms-structured-body" in self.headers:  # checksums inside the body: not built
            raise StorageError("UnsupportedHeader", HeaderName="x-ms-structured-body")
        expected = self.headers.get("content-md5")
        if expected is not None and _base64(expected) != md5(self.body):
            raise StorageError("Md5Mismatch")
        return self.body

    def rename_source(self) -> names.Path:
        """The path in `x-ms-file-rename-source`, a URL in the same share. Raises StorageError."""
        source = self.required("x-ms-file-rename-source")
        raw_path = urlsplit(source).path
        account, share, path = names.split(raw_path.removeprefix(self.prefix))
        if (account, share) != (self.account, self.share):
            raise StorageError("InvalidHeaderValue", HeaderName="x-ms-file-rename-source", HeaderValue=source)
        dots = self.flag("x-ms-source-allow-trailing-dot")
        return path if dots else names.without_trailing_dots(path)


def md5(content: bytes) -> bytes:
    """Content-MD5 is part of the protocol; it guards against damage, not against people."""
    return hashlib.md5(content, usedforsecurity=False).digest()


def parse_query(query: str) -> dict[str, str]:
    """Names in lower case, values decoded (`+` is a plus); a repeated name: its sorted values with commas."""
    values: dict[str, list[str]] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        values.setdefault(unquote(name).lower(), []).append(unquote(value))
    return {name: ",".join(sorted(many)) for name, many in values.items()}


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
