"""The real folder behind a share: the only module that reads or changes what a site's mount sees.

Paths are checked names (`names.split`). Symbolic links are never followed, at no level: that, and the names, are why
no request reaches outside the folder. Callers hold the share's lock.
"""

import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

from localazure.emulator.files import clock, names
from localazure.emulator.files.errors import StorageError


class Folder:
    """Files and directories by path; () is the folder itself."""

    def __init__(self, root: Path, staging: Path) -> None:
        """`staging` lies on the same file system, outside of every share."""
        self._root, self._staging = root, staging

    def status(self, path: names.Path) -> os.stat_result | None:
        """None if there is neither a file nor a directory. Raises StorageError ParentNotFound, ShareNotFound."""
        return _status(self._place(path))

    def existing(self, path: names.Path, *, directory: bool) -> os.stat_result:
        """Status of a file, or of a directory. Raises StorageError ResourceNotFound and those of `status`."""
        # Not verified: what Azure answers to a file operation on a directory. This makes `exists` false.
        status = self.status(path)
        if status is None or is_directory(status) != directory:
            raise StorageError("ResourceNotFound")
        return status

    def file_id(self, path: names.Path) -> str:
        """Stays with the file when it is renamed; "0" for the root, as on Azure."""
        return str(self._place(path).lstat().st_ino) if path else "0"

    def list_names(self, path: names.Path) -> Iterator[str]:
        """What lies in a directory, in no order."""
        return (place.name for place in self._place(path).iterdir())

    def read(self, path: names.Path, start: int, length: int | None) -> bytes:
        """Bytes from `start`, to the end if `length` is None or more than there is."""
        with self._place(path).open("rb") as file:
            file.seek(start)
            return file.read(-1 if length is None else length)

    def make_directory(self, path: names.Path) -> os.stat_result:
        """A directory where nothing is yet."""
        self._place(path).mkdir()
        return self._place(path).lstat()

    def stage(self, size: int, data: bytes, written: int) -> Path:
        """A file outside of the share: zeroes that start with `data`. `written` is in ticks."""
        staged = self._staging / uuid.uuid4().hex
        staged.write_bytes(data)
        os.truncate(staged, size)
        _stamp(staged, written)
        return staged

    def put(self, staged: Path, path: names.Path) -> None:
        """Moves a staged file to its place, over a file that may be there, in one step."""
        staged.replace(self._place(path))

    def move(self, source: names.Path, target: names.Path) -> None:
        """Renames in one step: a reader finds the old target or the new one."""
        self._place(source).replace(self._place(target))

    def overwrite(self, path: names.Path, start: int, data: bytes) -> None:
        """Changes bytes in place, as a write over SMB does."""
        with self._place(path).open("r+b", buffering=0) as file:
            os.pwrite(file.fileno(), data, start)

    def resize(self, path: names.Path, size: int) -> None:
        """Cuts the file, or adds zeroes."""
        os.truncate(self._place(path), size)

    def stamp(self, path: names.Path, written: int) -> None:
        """Sets the time of the last write, in ticks."""
        _stamp(self._place(path), written)

    def remove(self, path: names.Path) -> None:
        """Removes a file or an empty directory."""
        place = self._place(path)
        place.rmdir() if place.is_dir() else place.unlink()

    def _place(self, path: names.Path) -> Path:
        place = self._root
        if not place.is_dir():  # deleted since the request found it
            raise StorageError("ShareNotFound")
        for name in path[:-1]:
            place /= name
            status = _status(place)
            if status is None or not is_directory(status):
                raise StorageError("ParentNotFound")
        return place / path[-1] if path else place


def is_directory(status: os.stat_result) -> bool:
    """Whether the status is a directory's."""
    return stat.S_ISDIR(status.st_mode)


def _status(place: Path) -> os.stat_result | None:
    try:
        status = place.lstat()
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) or is_directory(status) else None


def _stamp(place: Path, ticks: int) -> None:
    moment = clock.to_unix_ns(ticks)
    os.utime(place, ns=(moment, moment), follow_symlinks=False)
