"""Pages of a listing. A marker is the name that the next page starts with."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.xml import Node

MOST = 5000


@dataclass(frozen=True)
class Page:
    """Names of the page in order, and the marker of the next one ("" = this was the last)."""

    names: Sequence[str]
    next_marker: str


def page(sorted_names: Sequence[str], query: Mapping[str, str]) -> Page:
    """The page that `marker` and `maxresults` ask for; names are sorted without regard to case.

    Raises StorageError InvalidContinuationToken, InvalidQueryParameterValue, OutOfRangeQueryParameterValue.
    """
    first = _key(_decode(query["marker"])) if query.get("marker") else ("", "")
    rest = [name for name in sorted_names if _key(name) >= first]
    size = _size(query)
    return Page(rest[:size], _encode(rest[size]) if len(rest) > size else "")


def echo(query: Mapping[str, str]) -> list[Node]:
    """The elements that repeat what was asked."""
    asked = {"Marker": query.get("marker"), "MaxResults": query.get("maxresults")}
    return [Node(name, value) for name, value in asked.items() if value]


def _size(query: Mapping[str, str]) -> int:
    value = query.get("maxresults", str(MOST))
    names = {"QueryParameterName": "maxresults", "QueryParameterValue": value}
    try:
        size = int(value)
    except ValueError as error:
        raise StorageError("InvalidQueryParameterValue", **names, Reason="Invalid numeric value.") from error
    if size < 1:
        raise StorageError(
            "OutOfRangeQueryParameterValue", **names, MinimumAllowed="1", MaximumAllowed=str(MOST)
        )
    return min(size, MOST)


def _key(name: str) -> tuple[str, str]:
    return name.casefold(), name


def _encode(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode(errors="surrogateescape")).decode()


def _decode(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode(errors="surrogateescape")
    except (binascii.Error, ValueError) as error:
        raise StorageError("InvalidContinuationToken") from error
