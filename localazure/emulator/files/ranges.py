"""Byte ranges: the header's syntax, and which ranges of a file have been written."""

import re
from itertools import pairwise

from localazure.emulator.files.errors import StorageError

Range = tuple[int, int]  # first byte, and the byte after the last
Ranges = tuple[Range, ...]  # ascending, apart from each other

_PAGE = 512
_HEADER = re.compile(r"bytes=(\d{1,19})-(\d{1,19})?")


def parse(header: str) -> tuple[int, int | None]:
    """First byte, and the byte after the last or None for "to the end".

    Raises StorageError InvalidHeaderValue: the service knows no other forms (not `bytes=-5`, not lists).
    """
    match = _HEADER.fullmatch(header.strip())
    if match is None or (match[2] and int(match[2]) < int(match[1])):
        raise StorageError("InvalidHeaderValue", HeaderName="x-ms-range", HeaderValue=header)
    return int(match[1]), int(match[2]) + 1 if match[2] else None


def add(written: Ranges, new: Range) -> Ranges:
    """The written ranges after a write; touching ones become one."""
    merged: list[Range] = []
    for start, end in sorted([*written, new]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def clear(written: Ranges, gap: Range) -> Ranges:
    """The written ranges after a clear.

    Only whole pages of 512 bytes are freed; what sticks out becomes written zeroes (Microsoft, "Put Range").
    """
    first, last = -(-gap[0] // _PAGE) * _PAGE, gap[1] // _PAGE * _PAGE
    if first >= last:
        return add(written, gap)
    for edge in ((gap[0], first), (last, gap[1])):
        written = add(written, edge) if edge[0] < edge[1] else written
    return _without(written, (first, last))


def within(written: Ranges, window: Range) -> Ranges:
    """What of the written ranges lies in a window: a shortened file, or the part that a client asks about."""
    cut = ((max(start, window[0]), min(end, window[1])) for start, end in written)
    return tuple((start, end) for start, end in cut if start < end)


def _without(written: Ranges, gap: Range) -> Ranges:
    edges = (0, gap[0], gap[1], max([gap[1], *(end for _, end in written)]))
    before, _, after = pairwise(edges)
    return within(written, before) + within(written, after)
