"""One share: its directories and files, and what the service does with them.

The folder is the one that a site mounts. Every change to what a mount sees happens in this module, by four
calls: `os.replace` (create, rename), `os.pwrite` / `os.truncate` (ranges, resize), `os.unlink` / `os.rmdir`
and `os.mkdir`.
"""

import os
import stat
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from localazure.emulator.files import clock, names, ranges
from localazure.emulator.files.clock import Clock
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.properties import ARCHIVE, DIRECTORY, Properties, PropertiesStore

ROOT: names.Path = ()


@dataclass(frozen=True)
class Entry:
    """A file or directory as it was at one moment. Ids are inode numbers; the root's is "0", as on Azure."""

    name: str
    is_directory: bool
    size: int
    file_id: str
    parent_id: str
    properties: Properties


class Share:
    """All methods are thread safe, take checked paths (`names.split`) and raise StorageError."""

    def __init__(
        self, folder: Path, notes: PropertiesStore, staging: Path, lock: threading.RLock, time: Clock
    ) -> None:
        self._folder, self._notes, self._staging = folder, notes, staging
        self._lock, self._clock = lock, time

    # Directories

    def create_directory(self, path: names.Path, metadata: Mapping[str, str]) -> Entry:
        """A new, empty directory. ResourceAlreadyExists if there is one (or if it is the root)."""
        with self._lock:
            place = self._place(path)
            if existing := _status(place):
                raise StorageError(
                    "ResourceAlreadyExists" if _is_directory(existing) else "ResourceTypeMismatch"
                )
            place.mkdir()
            now = self._clock.tick()
            self._notes.save(place.lstat(), Properties(now, now, now, DIRECTORY, metadata=metadata))
            return self.directory(path)

    def directory(self, path: names.Path) -> Entry:
        """The directory. ResourceNotFound, ParentNotFound."""
        with self._lock:
            return self._entry(path, self._existing(path, directory=True))

    def delete_directory(self, path: names.Path) -> None:
        """Only an empty one, and never the root."""
        with self._lock:
            status = self._existing(path, directory=True)
            if path == ROOT:
                raise StorageError("CannotDeleteFileOrDirectory")
            if any(self._place(path).iterdir()):
                raise StorageError("DirectoryNotEmpty")
            self._place(path).rmdir()
            self._notes.forget(status)

    def list(self, path: names.Path, prefix: str) -> list[Entry]:
        """The directories and files directly inside, by name; case counts neither there nor in the prefix."""
        with self._lock:
            self._existing(path, directory=True)
            found = ((*path, name) for name in self._names(path) if _starts(name, prefix))
            entries = ((inner, _status(self._place(inner))) for inner in found)
            listed = [self._entry(inner, status) for inner, status in entries if status]
            return sorted(listed, key=lambda entry: (entry.name.casefold(), entry.name))

    # Files

    def create_file(
        self,
        path: names.Path,
        size: int,
        data: bytes,
        *,
        headers: Mapping[str, str],
        metadata: Mapping[str, str],
        attributes: str = ARCHIVE,
    ) -> Entry:
        """A file of `size` zero bytes that starts with `data`; replaces an existing file in one step."""
        with self._lock:
            place = self._place(path)
            replaced = _status(place)
            if replaced and _is_directory(replaced):
                raise StorageError("ResourceTypeMismatch")
            now = self._clock.tick()
            new = self._staged(size, data, now)
            written = ((0, len(data)),) if data else ()
            self._notes.save(new.lstat(), Properties(now, now, now, attributes, headers, metadata, written))
            new.replace(place)
            if replaced:
                self._notes.forget(replaced)
            return self.file(path)

    def file(self, path: names.Path) -> Entry:
        """The file. ResourceNotFound (also where a directory has that name), ParentNotFound."""
        with self._lock:
            return self._entry(path, self._existing(path, directory=False))

    def read(self, path: names.Path, start: int, length: int | None) -> tuple[Entry, bytes]:
        """The file and its bytes from `start`; `length` None, or more than there is, means up to its end."""
        with self._lock:
            entry = self.file(path)
            with self._place(path).open("rb") as file:
                file.seek(start)
                return entry, file.read(-1 if length is None else length)

    def write(self, path: names.Path, start: int, data: bytes) -> Entry:
        """Overwrites bytes in place; the file does not grow. InvalidRange."""
        target = (start, start + len(data))
        return self._change_range(path, target, data, ranges.add)

    def clear(self, path: names.Path, start: int, end: int) -> Entry:
        """Sets bytes to zero in place. InvalidRange."""
        return self._change_range(path, (start, end), bytes(end - start), ranges.clear)

    def update(
        self,
        path: names.Path,
        *,
        directory: bool,
        size: int | None = None,
        headers: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        attributes: str | None = None,
    ) -> Entry:
        """Changes what is not None; a new size cuts the file or adds zeroes."""
        with self._lock:
            old = self._entry(path, self._existing(path, directory=directory)).properties
            new = replace(
                old,
                etag=self._clock.tick(),
                content_headers=old.content_headers if headers is None else headers,
                metadata=old.metadata if metadata is None else metadata,
                attributes=attributes or old.attributes,
            )
            if size is not None:
                os.truncate(self._place(path), size)
                new = replace(new, ranges=ranges.within(old.ranges, (0, size)), written=new.etag)
            return self._note(path, new)

    def delete_file(self, path: names.Path) -> None:
        """ResourceNotFound, ParentNotFound."""
        with self._lock:
            status = self._existing(path, directory=False)
            self._place(path).unlink()
            self._notes.forget(status)

    def rename(self, source: names.Path, target: names.Path, *, directory: bool, overwrite: bool) -> Entry:
        """Moves a file or directory within the share, in one step: a reader sees the old or the new one.

        Keeps the time of the last write, as a mount does; the ETag changes. ResourceNotFound if the source is
        gone, ResourceAlreadyExists if the target is there and `overwrite` is false.
        """
        with self._lock:
            moved = self._existing(source, directory=directory)
            replaced = _status(self._place(target))
            if replaced and not os.path.samestat(moved, replaced):
                self._check_replaceable(replaced, overwrite and not directory)
            noted = replace(self._notes.load(moved), etag=self._clock.tick())
            self._place(source).replace(self._place(target))
            if replaced and not os.path.samestat(moved, replaced):
                self._notes.forget(replaced)
            self._notes.save(moved, noted)
            return self._entry(target, moved)

    # Inside

    def _place(self, path: names.Path) -> Path:
        # Looking at each parent without following links is what keeps every path inside the folder.
        place = self._folder
        if not place.is_dir():  # deleted since the request found it
            raise StorageError("ShareNotFound")
        for name in path[:-1]:
            place /= name
            status = _status(place)
            if status is None or not _is_directory(status):
                raise StorageError("ParentNotFound")
        return place / path[-1] if path else place

    def _existing(self, path: names.Path, *, directory: bool) -> os.stat_result:
        # Not verified: what Azure answers to a file operation on a directory. This makes `exists` false.
        status = _status(self._place(path))
        if status is None or _is_directory(status) != directory:
            raise StorageError("ResourceNotFound")
        return status

    def _entry(self, path: names.Path, status: os.stat_result) -> Entry:
        is_directory = _is_directory(status)
        properties = self._notes.load(status)
        size = 0 if is_directory else status.st_size
        return Entry(
            path[-1] if path else "", is_directory, size, self._id(path), self._id(path[:-1]), properties
        )

    def _names(self, path: names.Path) -> Iterator[str]:
        return (place.name for place in self._place(path).iterdir())

    def _id(self, path: names.Path) -> str:
        return str(self._place(path).lstat().st_ino) if path else "0"

    def _staged(self, size: int, data: bytes, now: int) -> Path:
        staged = self._staging / uuid.uuid4().hex
        staged.write_bytes(data)
        os.truncate(staged, size)
        _stamp(staged, now)
        return staged

    def _change_range(
        self,
        path: names.Path,
        target: ranges.Range,
        data: bytes,
        note: Callable[[ranges.Ranges, ranges.Range], ranges.Ranges],
    ) -> Entry:
        with self._lock:
            entry = self.file(path)
            if target[1] > entry.size:
                raise StorageError("InvalidRange")
            with self._place(path).open("r+b", buffering=0) as file:
                os.pwrite(file.fileno(), data, target[0])
            now = self._clock.tick()
            written = note(entry.properties.ranges, target)
            return self._note(path, replace(entry.properties, etag=now, written=now, ranges=written))

    def _note(self, path: names.Path, properties: Properties) -> Entry:
        place = self._place(path)
        status = place.lstat()
        self._notes.save(status, properties)
        if not _is_directory(status):
            # Last, so that whoever read the bytes half-way sees the time change once more and reads again.
            _stamp(place, properties.written)
        return self._entry(path, place.lstat())

    @staticmethod
    def _check_replaceable(existing: os.stat_result, overwrite: bool) -> None:
        if not overwrite:
            raise StorageError("ResourceAlreadyExists")
        if _is_directory(existing):
            raise StorageError("ResourceTypeMismatch")


def _status(place: Path) -> os.stat_result | None:
    """None for what is not there, and for what is neither a file nor a directory."""
    try:
        status = place.lstat()
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) else None


def _is_directory(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode)


def _starts(name: str, prefix: str) -> bool:
    return name.casefold().startswith(prefix.casefold())


def _stamp(place: Path, ticks: int) -> None:
    moment = clock.to_unix_ns(ticks)
    os.utime(place, ns=(moment, moment), follow_symlinks=False)
