"""The `Share` port on Azure Files over REST, with the app's identity: no account key is needed.

The identity has the role Storage File Data Privileged Contributor; the calls say `x-ms-file-request-intent: backup`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.fileshare import LinearRetry, ShareClient, ShareFileClient

from shared.azure.connection import TIMEOUTS, credential
from shared.azure.failures import retry_after, summary
from shared.domain.errors import TemporaryError
from shared.domain.users.htpasswd import MOST_BYTES
from shared.ports import Share

MOST_CLIENTS = 256
"""Shares whose clients are kept. A new one opens a connection and reads every certificate that the machine trusts."""


class StorageShares:
    """Opens shares with the app's identity."""

    def open(self, file_endpoint: str, share: str) -> Share:
        """See `ports.Shares`."""
        return StorageShare(_client(file_endpoint, share))


@lru_cache(MOST_CLIENTS)
def _client(file_endpoint: str, share: str) -> ShareClient:
    return ShareClient(
        file_endpoint,
        share,
        credential=credential(),
        token_intent="backup",
        max_single_get_size=MOST_BYTES,
        max_chunk_get_size=MOST_BYTES,
        retry_policy=LinearRetry(backoff=1, retry_total=1, random_jitter_range=1),
        **TIMEOUTS,
    )


class StorageShare:
    """The root folder of one share."""

    def __init__(self, client: ShareClient) -> None:
        self._client = client

    def create(self, name: str) -> None:
        """See `ports.Share`."""
        _call(lambda: self._file(name).create_file(0))

    def names(self) -> list[str]:
        """See `ports.Share`."""
        items: list[Any] = _call(lambda: list(self._client.list_directories_and_files()))
        return [item.name for item in items if not item.is_directory]

    def write(self, name: str, content: bytes) -> bool:
        """See `ports.Share`. Two calls on an existing file; creating it with its content would revive a deleted one."""
        file = self._file(name)

        def fill() -> bool:
            file.resize_file(len(content))
            file.upload_range(content, 0, len(content))
            return True

        return bool(_call(fill, missing=False))

    def rename(self, source: str, target: str) -> bool:
        """See `ports.Share`."""

        def replace() -> bool:
            self._file(source).rename_file(target, overwrite=True)
            return True

        return bool(_call(replace, missing=False))

    def delete(self, name: str) -> None:
        """See `ports.Share`."""
        _call(lambda: self._file(name).delete_file(), missing=None)

    def read(self, name: str) -> bytes | None:
        """See `ports.Share`."""

        def download() -> bytes:
            stream = self._file(name).download_file()
            content: bytes = stream.readall() if stream.size <= MOST_BYTES else next(stream.chunks())
            return content

        found: bytes | None = _call(download, missing=None)
        return found

    def _file(self, name: str) -> ShareFileClient:
        return self._client.get_file_client(name)


_RAISE = object()


def _call(action: Callable[[], Any], missing: object = _RAISE) -> Any:
    """What `action` returns, or `missing` where the service says 404."""
    try:
        return action()
    except ResourceNotFoundError as error:
        if missing is not _RAISE and getattr(error, "error_code", "") != "ShareNotFound":
            return missing
        raise _temporary(error) from None
    except AzureError as error:
        raise _temporary(error) from None


def _temporary(error: AzureError) -> TemporaryError:
    """Every failure here passes or is mended from outside: 429, 5xx, a sharing violation, a role not yet assigned."""
    return TemporaryError("FilesUnavailable", f"Azure Files answered: {summary(error)}", retry_after(error))
