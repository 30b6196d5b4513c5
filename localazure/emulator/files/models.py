"""The shares of all accounts, on disk.

    root/shares/{account}/{share}/          what a site mounts: the files, byte for byte
    root/properties/{account}/{share}/      share.json, and the properties of each file and directory
    root/staging/                           files being made, folders being removed

The service works on a `Folder`; a site mounts `share_path`, which is the same, or a copy of it that follows late
(`localazure.emulator.mount_lag`).
"""

import json
import shutil
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from localazure.emulator.files import names
from localazure.emulator.files.clock import Clock
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.folder import Folder
from localazure.emulator.files.properties import PropertiesStore
from localazure.emulator.files.share import Share

DEFAULT_QUOTA_GIB = 5120


@dataclass(frozen=True)
class ShareInfo:
    """A share's own properties; `etag` is a tick (see `clock`)."""

    quota_gib: int
    etag: int
    metadata: Mapping[str, str] = field(default_factory=dict)


class FileStore:
    """Creates, finds and removes shares; thread safe. Survives restarts of the process.

    Names that Azure would not take never reach the disk: there is no such share, and making one is a ValueError.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.RLock()
        self._clock = Clock()
        self._staging = root / "staging"
        shutil.rmtree(self._staging, ignore_errors=True)  # left by a process that was killed
        self._staging.mkdir(parents=True)

    def create_share(
        self,
        account: str,
        share: str,
        quota_gib: int = DEFAULT_QUOTA_GIB,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """False if it was there already, which then stays as it is. Raises ValueError."""
        with self._lock:
            folder = self.share_path(account, share)
            if folder.exists():
                return False
            self._discard(self._notes(account, share))  # of a share whose removal was cut short
            self._notes(account, share).mkdir(parents=True)
            self._save(account, share, ShareInfo(quota_gib, self._clock.tick(), metadata or {}))
            folder.mkdir(parents=True)
            return True

    def has_share(self, account: str, share: str) -> bool:
        """Whether the share exists."""
        return _is_possible(account, share) and self.share_path(account, share).is_dir()

    def delete_share(self, account: str, share: str) -> bool:
        """Removes it with everything inside. False if it was not there."""
        if not _is_possible(account, share):
            return False
        with self._lock:
            existed = self._discard(self.share_path(account, share))
            self._discard(self._notes(account, share))
            return existed

    def delete_account(self, account: str) -> None:
        """Removes all shares of the account."""
        if names.is_account(account):
            with self._lock:
                self._discard(self._root / "shares" / account)
                self._discard(self._root / "properties" / account)

    def list_shares(self, account: str) -> list[str]:
        """Names, in order; empty for an account that has none."""
        folder = self._root / "shares" / account
        found = names.is_account(account) and folder.is_dir()
        return sorted(entry.name for entry in folder.iterdir()) if found else []

    def share_infos(self, account: str) -> dict[str, ShareInfo]:
        """The account's shares by name, in order."""
        with self._lock:
            return {share: self.share_info(account, share) for share in self.list_shares(account)}

    def share_path(self, account: str, share: str) -> Path:
        """The real folder that a site mounts, whether or not the share exists (yet). Raises ValueError."""
        return self._root / "shares" / _account(account) / _share(share)

    def share(self, account: str, share: str) -> Share:
        """The share's directories and files. Raises StorageError ShareNotFound."""
        self.share_info(account, share)
        folder = Folder(self.share_path(account, share), self._staging)
        return Share(folder, PropertiesStore(self._notes(account, share)), self._lock, self._clock)

    def share_info(self, account: str, share: str) -> ShareInfo:
        """Quota, metadata and ETag. Raises StorageError ShareNotFound."""
        with self._lock:
            if not self.has_share(account, share):
                raise StorageError("ShareNotFound")
            return ShareInfo(**json.loads(self._info_file(account, share).read_text()))

    def update_share(
        self,
        account: str,
        share: str,
        quota_gib: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> ShareInfo:
        """Changes what is not None. Raises StorageError ShareNotFound."""
        with self._lock:
            old = self.share_info(account, share)
            new = replace(
                old,
                etag=self._clock.tick(),
                quota_gib=old.quota_gib if quota_gib is None else quota_gib,
                metadata=old.metadata if metadata is None else metadata,
            )
            self._save(account, share, new)
            return new

    def _save(self, account: str, share: str, info: ShareInfo) -> None:
        file = self._info_file(account, share)
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(info)))
        temporary.replace(file)

    def _info_file(self, account: str, share: str) -> Path:
        return self._notes(account, share) / "share.json"

    def _notes(self, account: str, share: str) -> Path:
        return self._root / "properties" / _account(account) / _share(share)

    def _discard(self, folder: Path) -> bool:
        # Moved away first: gone at once and whole, even if the process dies while it empties the folder.
        try:
            gone = folder.rename(self._staging / uuid.uuid4().hex)
        except FileNotFoundError:
            return False
        shutil.rmtree(gone)
        return True


def _is_possible(account: str, share: str) -> bool:
    return names.is_account(account) and names.is_share(share)


def _account(name: str) -> str:
    if not names.is_account(name):
        raise ValueError(f"{name!r} is no name of a storage account: 3-24 characters of a-z and 0-9")
    return name


def _share(name: str) -> str:
    if not names.is_share(name):
        raise ValueError(
            f"{name!r} is no name of a share: 3-63 characters of a-z, 0-9 and single hyphens inside"
        )
    return name
