"""Shared Key: what is signed, and whether it was signed with one of the account's keys.

Microsoft, "Authorize with Shared Key". Two points differ for path-style URLs, as the SDK signs them: the
canonical resource is `/{name}` and then the whole raw path, mount prefix included; and the SDK takes
everything before the share as the name, so that it is `files/{account}` unless the caller names the account
explicitly.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

from localazure.emulator.files.request import FileRequest

_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)

# The service sorts header names as Windows sorts words: hyphens count only between otherwise equal names.
_COLLATION = {
    letter: weight for weight, letter in enumerate("!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz")
}


def string_to_sign(request: FileRequest, name: str) -> str:
    """The text that the client signed, `name` being the account as the Authorization header writes it."""
    headers = {
        key: value for key, value in request.headers.items() if not (key == "content-length" and value == "0")
    }
    if "x-ms-date" in headers:
        headers["date"] = ""
    lines = [request.method, *(headers.get(header, "") for header in _SIGNED_HEADERS)]
    lines += _canonical_headers(headers)
    lines.append(f"/{name}{request.raw_path}")
    lines += [f"{key}:{value}" for key, value in sorted(request.query.items())]
    return "\n".join(lines)


def is_signed(text: str, signature: str, keys: Iterable[str]) -> bool:
    """Whether `signature` (base64) is the text's, under one of the keys (base64)."""
    return any(hmac.compare_digest(sign(text, key).encode(), signature.encode()) for key in keys)


def sign(text: str, key: str) -> str:
    """HMAC-SHA256 in base64, under a key in base64."""
    return base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), hashlib.sha256)).decode()


def collation_key(header: str) -> tuple[list[int], list[bool]]:
    """Sorts header names in the service's order."""
    letters = [_COLLATION[letter] for letter in header if letter in _COLLATION]
    return letters, [letter == "-" for letter in header]


def _canonical_headers(headers: Mapping[str, str]) -> list[str]:
    own = sorted((name for name in headers if name.startswith("x-ms-")), key=collation_key)
    return [f"{name}:{re.sub(r'\r\n\s+', ' ', headers[name]).strip()}" for name in own]
