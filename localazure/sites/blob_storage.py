"""Where the blobs of a site go that asks for the azure storage driver.

Version 3 of the registry can be told the address of the blob service: it goes to Azurite. Version 2 cannot
(its azure driver knows only Azure's own addresses), and Debian's build has no such driver: both get a folder.
"""

import hashlib
import mmap
import re
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from localazure.azurite import ACCOUNT, ACCOUNT_KEY
from localazure.sites.config import SiteStartError
from localazure.sites.container import yaml_text

_DRIVER = b"distribution/v3/registry/storage/driver/azure"
_PREFIX = "REGISTRY_STORAGE_AZURE_"


class BlobStorage(Protocol):
    """Takes the place of Azure's blob service for registries."""

    def place(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The settings with the azure driver pointed here, ready for use. Others' settings stay as they are.

        Raises SiteStartError if account or container is missing or malformed, or the storage out of reach.
        """

    def blobs(self, account: str, container: str) -> dict[str, int]:
        """The names of a container's blobs with their bytes; none if registries have stored nothing there."""

    def forget_account(self, account: str) -> None:
        """Delete all blobs of an account."""

    def forget_container(self, account: str, container: str) -> None:
        """Delete all blobs of a container."""


def blob_storage(program: Path, folder: Path, blob_endpoint: str) -> BlobStorage:
    """Azurite for a registry that can be pointed at it, folders below `folder` for any other."""
    return AzuriteStorage(blob_endpoint) if has_azure_driver(program) else FolderStorage(folder)


def has_azure_driver(program: Path) -> bool:
    """Does this registry contain version 3's azure driver? Go programs name the packages they are made of."""
    if not program.is_file() or program.stat().st_size == 0:
        return False
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_DRIVER) >= 0


class FolderStorage:
    """Blobs in `folder/{account}/{container}`, by the registry's filesystem driver."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, settings: Mapping[str, str]) -> dict[str, str]:
        """See `BlobStorage.place`."""
        if not _wants_azure(settings):
            return dict(settings)
        account, container = _account_and_container(settings)
        folder = self._folder / account / container
        return _without_azure(settings) | {
            "REGISTRY_STORAGE": "filesystem",
            "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": yaml_text(folder),
        }

    def blobs(self, account: str, container: str) -> dict[str, int]:
        """See `BlobStorage.blobs`. A file that goes while we look was there, or was not."""
        folder = self._folder / _checked("account", account) / _checked("container", container)
        found: dict[str, int] = {}
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):
                if stat.S_ISREG((status := path.stat()).st_mode):
                    found[path.relative_to(folder).as_posix()] = status.st_size
        return found

    def forget_account(self, account: str) -> None:
        """See `BlobStorage.forget_account`."""
        shutil.rmtree(self._folder / _checked("account", account), ignore_errors=True)

    def forget_container(self, account: str, container: str) -> None:
        """See `BlobStorage.forget_container`."""
        folder = self._folder / _checked("account", account) / _checked("container", container)
        shutil.rmtree(folder, ignore_errors=True)


class AzuriteStorage:
    """Blobs in Azurite. One account holds those of all: a container there is an account and a container."""

    def __init__(self, blob_endpoint: str) -> None:
        has_account = urlsplit(blob_endpoint).path.strip("/")
        self._url = blob_endpoint.rstrip("/") if has_account else f"{blob_endpoint.rstrip('/')}/{ACCOUNT}"

    def place(self, settings: Mapping[str, str]) -> dict[str, str]:
        """See `BlobStorage.place`. Makes the container: version 3 does not, and answers 503 without it."""
        if not _wants_azure(settings):
            return dict(settings)
        name = container_name(*_account_and_container(settings))
        self._create(name)
        kept = {key: settings[key] for key in (f"{_PREFIX}ROOTDIRECTORY",) if key in settings}
        return (
            _without_azure(settings)
            | kept
            | {
                "REGISTRY_STORAGE": "azure",
                "REGISTRY_STORAGE_AZURE_ACCOUNTNAME": ACCOUNT,
                "REGISTRY_STORAGE_AZURE_ACCOUNTKEY": ACCOUNT_KEY,
                "REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE": "shared_key",
                "REGISTRY_STORAGE_AZURE_CONTAINER": name,
                "REGISTRY_STORAGE_AZURE_SERVICEURL": self._url,
                "REGISTRY_STORAGE_REDIRECT_DISABLE": "true",
            }
        )

    def blobs(self, account: str, container: str) -> dict[str, int]:
        """See `BlobStorage.blobs`."""
        with self._client() as client, suppress(ResourceNotFoundError):
            held = client.get_container_client(container_name(account, container))
            return {blob.name: blob.size for blob in held.list_blobs()}
        return {}

    def forget_account(self, account: str) -> None:
        """See `BlobStorage.forget_account`."""
        prefix = f"{_checked('account', account)}-"
        with self._client() as client:
            for container in list(client.list_containers(name_starts_with=prefix)):
                client.delete_container(container.name)

    def forget_container(self, account: str, container: str) -> None:
        """See `BlobStorage.forget_container`."""
        with self._client() as client:
            try:
                client.delete_container(container_name(account, container))
            except ResourceNotFoundError:
                return

    def _create(self, name: str) -> None:
        try:
            with self._client() as client:
                client.create_container(name)
        except ResourceExistsError:
            return
        except AzureError as error:
            raise SiteStartError(
                f"Azurite at {self._url} does not create container {name}: {error.message}"
            ) from error

    def _client(self) -> BlobServiceClient:
        # No retries: the first would wait 15 s, and the site that asks tries again by itself.
        key = {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}
        return BlobServiceClient(
            self._url, credential=key, retry_total=0, connection_timeout=2, read_timeout=10
        )


def container_name(account: str, container: str) -> str:
    """The container in Azurite: account and container, a hash for the latter where that is too long."""
    name = f"{_checked('account', account)}-{_checked('container', container)}"
    if len(name) <= 63 and "$" not in name:
        return name
    return f"{account}-{hashlib.sha256(container.encode()).hexdigest()[:32]}"


_NAMES = {"account": r"[a-z0-9]{3,24}", "container": r"\$?[a-z0-9](?:-?[a-z0-9])*"}


def _checked(kind: str, name: str) -> str:
    # They become names of folders, too: nothing but what Azure allows may pass.
    if not re.fullmatch(_NAMES[kind], name) or len(name) > 63:
        raise SiteStartError(f"{name!r} is no name of a storage {kind}")
    return name


def _wants_azure(settings: Mapping[str, str]) -> bool:
    return settings.get("REGISTRY_STORAGE") == "azure"


def _account_and_container(settings: Mapping[str, str]) -> tuple[str, str]:
    return (
        _checked("account", settings.get(f"{_PREFIX}ACCOUNTNAME", "")),
        _checked("container", settings.get(f"{_PREFIX}CONTAINER", "")),
    )


def _without_azure(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if not name.startswith(_PREFIX)}
