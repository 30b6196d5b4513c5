"""The folder that holds everything a local Azure keeps: who may use it, and how it is emptied."""

import fcntl
import os
import secrets
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from localazure.errors import LocalAzureError
from localazure.private_files import read_json, write_private, write_private_json

MARKER = ".localazure-state"
_LOCK = ".lock"
_OURS = (
    "azurite",
    "emulator",
    "functions-host",
    "hold",
    "keys.json",
    "local.settings.json",
    "ports.json",
    "processes.json",
    "ready.json",
    "secrets.json",
)


@dataclass(frozen=True)
class Secrets:
    """Random values of one local Azure. They live in its folder (mode 0600) and die with it."""

    master_key: str
    function_key: str
    probe_key: str
    status_link_key: str
    identity_header: str
    tenant_id: str
    subscription_id: str
    slack_signing_secret: str
    slack_bot_token: str


class StateFolder:
    """A locked state folder: one local Azure at a time. Names only ever touched: those in `_OURS`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> Self:
        """Create the folder if need be, lock it, mark it as ours.

        Raises LocalAzureError if another local Azure uses it, or if it holds what looks like ours and is not.
        """
        path = path.absolute()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (path / MARKER).exists():
                _refuse_foreign_content(path)
            folder = cls(path, _lock(path))
            write_private(
                path / MARKER, "State of a local Azure (python -m localazure). `reset` may delete it.\n"
            )
        except OSError as error:
            raise LocalAzureError(f"--state {path}: {error.strerror or error}") from error
        return folder

    @classmethod
    def open_to_empty(cls, path: Path) -> Self:
        """As `open`, but a folder with content and without our marker is refused with a LocalAzureError."""
        path = path.absolute()
        if path.is_dir() and any(path.iterdir()) and not (path / MARKER).exists():
            raise LocalAzureError(
                f"--state {path} was not made by a local Azure: it has no file {MARKER}. Nothing was deleted."
            )
        return cls.open(path)

    def empty(self) -> None:
        """Delete everything a local Azure keeps here; files that it did not make stay."""
        for name in _OURS:
            entry = self.path / name
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)

    def close(self) -> None:
        """Let others use the folder."""
        os.close(self._lock)

    def file(self, name: str) -> Path:
        """The path of one of our files here."""
        return self.path / name

    def folder(self, name: str) -> Path:
        """One of our subfolders, made if need be."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def keys_file(self) -> Path:
        """Master key and function keys, in the form that the Functions host reads."""
        return self.path / "keys.json"

    def secrets(self) -> Secrets:
        """The secrets kept here; made at the first call, the same ever after."""
        keys, others = read_json(self.keys_file), read_json(self.path / "secrets.json")
        function_keys = keys.get("functionKeys") or {}
        kept = Secrets(
            master_key=keys.get("masterKey") or secrets.token_urlsafe(40),
            function_key=function_keys.get("default") or secrets.token_urlsafe(40),
            probe_key=others.get("probeKey") or secrets.token_urlsafe(32),
            status_link_key=others.get("statusLinkKey") or secrets.token_urlsafe(32),
            identity_header=others.get("identityHeader") or str(uuid.uuid4()),
            tenant_id=others.get("tenantId") or str(uuid.uuid4()),
            subscription_id=others.get("subscriptionId") or str(uuid.uuid4()),
            slack_signing_secret=others.get("slackSigningSecret") or secrets.token_hex(16),
            slack_bot_token=others.get("slackBotToken") or f"xoxb-{secrets.token_urlsafe(40)}",
        )
        self._keep(kept, {**function_keys, "default": kept.function_key})
        return kept

    def _keep(self, kept: Secrets, function_keys: dict[str, str]) -> None:
        """Function keys that somebody has added to the file stay: with them roles can be tried."""
        keys = {"masterKey": kept.master_key, "functionKeys": function_keys}
        write_private_json(self.keys_file, keys)
        others = {
            "probeKey": kept.probe_key,
            "statusLinkKey": kept.status_link_key,
            "identityHeader": kept.identity_header,
            "tenantId": kept.tenant_id,
            "subscriptionId": kept.subscription_id,
            "slackSigningSecret": kept.slack_signing_secret,
            "slackBotToken": kept.slack_bot_token,
        }
        write_private_json(self.path / "secrets.json", others)


def _lock(path: Path) -> int:
    # Not inherited by child processes (PEP 446), so the lock ends with this process, however it ends.
    descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise LocalAzureError(
            f"--state {path} is used by a local Azure that is running (process {pid or 'unknown'}). "
            "Stop it first, or give another folder."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _refuse_foreign_content(path: Path) -> None:
    # Marking such a folder as ours would let a later reset delete somebody's data.
    foreign = [name for name in _OURS if name != "ready.json" and (path / name).exists()]
    if foreign:
        raise LocalAzureError(
            f"--state {path} was not made by a local Azure and already holds {', '.join(foreign)}. "
            "Give another folder."
        )
