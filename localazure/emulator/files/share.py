"""One share: its directories and files, and what the service does with them."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from localazure.emulator.files import names, ranges
from localazure.emulator.files.clock import Clock
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.folder import Folder, is_directory
from localazure.emulator.files.properties import ARCHIVE, DIRECTORY, Properties, PropertiesStore


@dataclass(frozen=True)
class Entry:
    """A file or directory as it was at one moment."""

    name: str
    is_directory: bool
    size: int
    file_id: str
    parent_id: str
    properties: Properties


class Share:
    """All methods are thread safe, take checked paths (`names.split`) and raise StorageError.

    Beside the codes they name, each may raise ShareNotFound and ParentNotFound, and where something must be there
    ResourceNotFound.
    """

    def __init__(self, folder: Folder, notes: PropertiesStore, lock: threading.RLock, time: Clock) -> None:
        self._folder, self._notes, self._lock, self._clock = folder, notes, lock, time

    # Directories

    def create_directory(self, path: names.Path, metadata: Mapping[str, str]) -> Entry:
        """A new, empty directory. ResourceAlreadyExists if there is one; the root always is."""
        with self._lock:
            if existing := self._folder.status(path):
                code = "ResourceAlreadyExists" if is_directory(existing) else "ResourceTypeMismatch"
                raise StorageError(code)
            now = self._clock.tick()
            properties = Properties(now, now, now, DIRECTORY, metadata=metadata)
            self._notes.save(self._folder.make_directory(path), properties)
            return self.directory(path)

    def directory(self, path: names.Path) -> Entry:
        """The directory."""
        with self._lock:
            return self._entry(path, self._folder.existing(path, directory=True))

    def delete_directory(self, path: names.Path) -> None:
        """Removes an empty one. DirectoryNotEmpty; CannotDeleteFileOrDirectory for the root."""
        with self._lock:
            status = self._folder.existing(path, directory=True)
            if not path:
                raise StorageError("CannotDeleteFileOrDirectory")
            if any(self._folder.list_names(path)):
                raise StorageError("DirectoryNotEmpty")
            self._folder.remove(path)
            self._notes.forget(status)

    def list(self, path: names.Path, prefix: str) -> list[Entry]:
        """The directories and files directly inside, by name; case counts neither there nor in the prefix."""
        with self._lock:
            self._folder.existing(path, directory=True)
            inner = [(*path, name) for name in self._folder.list_names(path) if _starts(name, prefix)]
            found = ((place, self._folder.status(place)) for place in inner)
            entries = [self._entry(place, status) for place, status in found if status]
            return sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))

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
            replaced = self._folder.status(path)
            if replaced and is_directory(replaced):
                raise StorageError("ResourceTypeMismatch")
            now = self._clock.tick()
            staged = self._folder.stage(size, data, now)
            written = ((0, len(data)),) if data else ()
            properties = Properties(now, now, now, attributes, headers, metadata, written)
            self._notes.save(staged.lstat(), properties)
            self._folder.put(staged, path)
            if replaced:
                self._notes.forget(replaced)
            return self.file(path)

    def file(self, path: names.Path) -> Entry:
        """The file; a directory of that name is "not found"."""
        with self._lock:
            return self._entry(path, self._folder.existing(path, directory=False))

    def read(self, path: names.Path, start: int, length: int | None) -> tuple[Entry, bytes]:
        """The file and its bytes from `start`; `length` None, or more than there is, means up to its end."""
        with self._lock:
            return self.file(path), self._folder.read(path, start, length)

    def write(self, path: names.Path, start: int, data: bytes) -> Entry:
        """Overwrites bytes in place. InvalidRange: the file does not grow."""
        return self._change_range(path, (start, start + len(data)), data, ranges.add)

    def clear(self, path: names.Path, start: int, end: int) -> Entry:
        """Sets bytes to zero in place. InvalidRange."""
        with self._lock:
            self._check_range(path, (start, end))  # before as many zeroes are made as somebody asks for
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
            old = self._notes.load(self._folder.existing(path, directory=directory))
            new = replace(
                old,
                etag=self._clock.tick(),
                content_headers=old.content_headers if headers is None else headers,
                metadata=old.metadata if metadata is None else metadata,
                attributes=attributes or old.attributes,
            )
            if size is not None:
                self._folder.resize(path, size)
                new = replace(new, written=new.etag, ranges=ranges.within(old.ranges, (0, size)))
            return self._note(path, new)

    def delete_file(self, path: names.Path) -> None:
        """Removes the file."""
        with self._lock:
            status = self._folder.existing(path, directory=False)
            self._folder.remove(path)
            self._notes.forget(status)

    def rename(self, source: names.Path, target: names.Path, *, directory: bool, overwrite: bool) -> Entry:
        """Moves a file or directory within the share, in one step: a reader sees the old or the new one.

        Keeps the time of the last write, as a mount does; the ETag changes. ResourceNotFound if the source is gone,
        ResourceAlreadyExists if the target is there and `overwrite` is false.
        """
        with self._lock:
            moved = self._folder.existing(source, directory=directory)
            replaced = self._folder.status(target)
            if replaced and os.path.samestat(moved, replaced):
                replaced = None
            if replaced:
                _check_replaceable(replaced, overwrite=overwrite and not directory)
            properties = replace(self._notes.load(moved), etag=self._clock.tick())
            self._folder.move(source, target)
            if replaced:
                self._notes.forget(replaced)
            self._notes.save(moved, properties)
            return self._entry(target, moved)

    # Inside

    def _entry(self, path: names.Path, status: os.stat_result) -> Entry:
        directory = is_directory(status)
        return Entry(
            name=path[-1] if path else "",
            is_directory=directory,
            size=0 if directory else status.st_size,
            file_id=self._folder.file_id(path),
            parent_id=self._folder.file_id(path[:-1]),
            properties=self._notes.load(status),
        )

    def _check_range(self, path: names.Path, target: ranges.Range) -> Properties:
        entry = self.file(path)
        if target[1] > entry.size:
            raise StorageError("InvalidRange")
        return entry.properties

    def _change_range(
        self,
        path: names.Path,
        target: ranges.Range,
        data: bytes,
        note: Callable[[ranges.Ranges, ranges.Range], ranges.Ranges],
    ) -> Entry:
        with self._lock:
            old = self._check_range(path, target)
            self._folder.overwrite(path, target[0], data)
            now = self._clock.tick()
            return self._note(path, replace(old, etag=now, written=now, ranges=note(old.ranges, target)))

    def _note(self, path: names.Path, properties: Properties) -> Entry:
        status = self._folder.status(path)
        if status is None:  # removed through the mount a moment ago
            raise StorageError("ResourceNotFound")
        self._notes.save(status, properties)
        if is_directory(status):
            return self.directory(path)
        # Last, so that whoever read the bytes half-way sees the time change once more and reads again.
        self._folder.stamp(path, properties.written)
        return self.file(path)


def _check_replaceable(existing: os.stat_result, *, overwrite: bool) -> None:
    if not overwrite:
        raise StorageError("ResourceAlreadyExists")
    if is_directory(existing):
        raise StorageError("ResourceTypeMismatch")


def _starts(name: str, prefix: str) -> bool:
    return name.casefold().startswith(prefix.casefold())
