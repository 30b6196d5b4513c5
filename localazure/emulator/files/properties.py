"""What the service knows of a file or directory beyond its bytes: ETag, times, headers, metadata, ranges.

Kept outside the share's folder, one JSON file per inode: a rename carries the properties along without a
second step, so a crash between "renamed" and "noted" cannot happen. A file that was written through the mount
(by the registry) shows the times of the file system instead of the noted ones.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from localazure.emulator.files import clock
from localazure.emulator.files.ranges import Ranges

DIRECTORY = "Directory"
ARCHIVE = "Archive"


@dataclass(frozen=True)
class Properties:
    """Times are ticks (see `clock`); the ETag is the tick of the last change to content or properties."""

    etag: int
    created: int
    written: int
    attributes: str
    content_headers: Mapping[str, str] = field(default_factory=dict)
    """Response header names and values: Content-Type, Cache-Control ..."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    ranges: Ranges = ()


class PropertiesStore:
    """The properties of one share's entries. Callers hold the share's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, status: os.stat_result) -> Properties:
        """The noted properties, corrected by what the file system says."""
        try:
            noted = _from_json(self._file(status).read_text())
        except FileNotFoundError:
            return _observed(status)
        if stat.S_ISDIR(status.st_mode) or clock.to_unix_ns(noted.written) == status.st_mtime_ns:
            return noted
        seen = _observed(status)
        return replace(noted, etag=seen.etag, written=seen.written, ranges=seen.ranges)

    def save(self, status: os.stat_result, properties: Properties) -> None:
        """Note the properties; a reader finds the old ones or the new ones."""
        file = self._file(status)
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(properties)))
        temporary.replace(file)

    def forget(self, status: os.stat_result) -> None:
        """The entry is gone: its inode number may soon belong to another."""
        self._file(status).unlink(missing_ok=True)

    def _file(self, status: os.stat_result) -> Path:
        return self._folder / f"{status.st_ino}.json"


def _observed(status: os.stat_result) -> Properties:
    written = clock.from_unix_ns(status.st_mtime_ns)
    if stat.S_ISDIR(status.st_mode):
        return Properties(written, written, written, DIRECTORY)
    ranges = ((0, status.st_size),) if status.st_size else ()
    headers = {"Content-Type": "application/octet-stream"}
    return Properties(written, written, written, ARCHIVE, headers, ranges=ranges)


def _from_json(text: str) -> Properties:
    values = json.loads(text)
    values["ranges"] = tuple((start, end) for start, end in values["ranges"])
    return Properties(**values)
