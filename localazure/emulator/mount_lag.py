"""Mounts that show a share late, as a mount on App Service may: names, contents and times of the last write.

A late mount is a copy of the share's folder that follows it: each change arrives a set number of seconds after it was
made. That is the worst of what "up to N seconds late" allows, so whoever survives it survives the rest. What a site
writes to a late mount stays in its copy.
"""

import logging
import os
import shutil
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.05
"""Seconds between two looks at the shares: the most that a change is later than it should be."""

_Signature = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class _Snapshot:
    """What was in a share: folders, and files with their contents and times (ns)."""

    folders: frozenset[str] = frozenset()
    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)


class LateMounts:
    """The folders that sites mount: the shares' own, or copies that follow late."""

    def __init__(self, root: Path, source: Callable[[str, str], Path], seconds: Callable[[], float]) -> None:
        """`source` is a share's own folder, `seconds` how late mounts are now; copies lie below `root`."""
        self._root = root
        self._source = source
        self._seconds = seconds
        self._lock = threading.Lock()
        self._copies: dict[tuple[str, str], _Copy] = {}
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def folder(self, account: str, share: str) -> Path:
        """What a site that mounts this share sees from now on. A copy starts as the share is at this moment."""
        source = self._source(account, share)
        with self._lock:
            if not self._seconds():
                return source
            key = (account, share)
            if key not in self._copies:
                self._copies[key] = _Copy(source, self._root / account / share, self._root / ".staging")
            return self._copies[key].place

    def forget(self) -> None:
        """Copies start afresh when somebody asks for them again."""
        with self._lock:
            self._copies.clear()

    def start(self) -> None:
        """Let the copies follow, in a thread."""
        self._end.clear()
        self._thread = threading.Thread(target=self._follow, name="late mounts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave the copies as they are."""
        self._end.set()
        if self._thread:
            self._thread.join()

    def _follow(self) -> None:
        while not self._end.wait(_LOOK_EVERY):
            with self._lock:
                for copy in self._copies.values():
                    copy.follow(self._seconds())


class _Copy:
    """One share's late copy at `place`."""

    def __init__(self, source: Path, place: Path, staging: Path) -> None:
        self.place = place
        self._source, self._staging = source, staging
        self._signature: _Signature = {}
        self._waiting: deque[tuple[float, _Snapshot]] = deque()
        self._shown = _Snapshot()
        shutil.rmtree(place, ignore_errors=True)
        for folder in (place, staging):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.follow(0)

    def follow(self, seconds: float) -> None:
        """Note a change of the share, and show those that are old enough."""
        try:
            self._look(time.monotonic() + seconds)
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                self._show(self._waiting.popleft()[1])
        except OSError as error:  # changed while we read it: the next look finds it as it is then
            _log.warning("late mount %s: %s", self.place, error)

    def _look(self, due: float) -> None:
        signature = _signature(self._source)
        if signature != self._signature:
            self._waiting.append((due, _snapshot(self._source, signature)))
            self._signature = signature

    def _show(self, snapshot: _Snapshot) -> None:
        for folder in sorted(snapshot.folders):
            (self.place / folder).mkdir(exist_ok=True)
        for name, (content, written) in snapshot.files.items():
            if self._shown.files.get(name) != (content, written):
                self._put(self.place / name, content, written)
        for name in self._shown.files.keys() - snapshot.files.keys():
            (self.place / name).unlink(missing_ok=True)
        for folder in sorted(self._shown.folders - snapshot.folders, reverse=True):
            shutil.rmtree(self.place / folder, ignore_errors=True)
        self._shown = snapshot

    def _put(self, place: Path, content: bytes, written: int) -> None:
        """In one step, with its time: a reader finds the old file or the new one."""
        staged = self._staging / "next"
        staged.write_bytes(content)
        os.utime(staged, ns=(written, written))
        staged.replace(place)


def _signature(folder: Path) -> _Signature:
    """Tells whether anything in the folder has changed; empty if there is none."""
    found: _Signature = {}
    for base, folders, files in os.walk(folder):
        for name in (*folders, *files):
            place = Path(base) / name
            status = place.lstat()
            is_file = stat.S_ISREG(status.st_mode)
            times = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns) if is_file else ()
            found[str(place.relative_to(folder))] = times
    return found


def _snapshot(folder: Path, signature: _Signature) -> _Snapshot:
    files = {name: times for name, times in signature.items() if times}
    return _Snapshot(
        folders=frozenset(signature.keys() - files.keys()),
        files={name: ((folder / name).read_bytes(), times[2]) for name, times in files.items()},
    )
