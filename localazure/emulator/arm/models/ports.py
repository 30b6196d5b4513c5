"""What Resource Manager needs from the parts that do the real work: sites that run, and shares with files in them.

The real ones are `localazure.sites.Sites` and `localazure.emulator.files.models.FileStore`.
"""

from pathlib import Path
from typing import Protocol

from localazure.sites.config import SiteConfig


class Sites(Protocol):
    """Runs sites by name. See `localazure.sites.Sites` for the meaning of each call."""

    def reserve(self, name: str) -> str:
        """The site's host name, `localhost:PORT`; always the same for the same name."""

    def apply(self, name: str, config: SiteConfig) -> None:
        """Start it, or restart it if `config` differs from what runs. Returns at once."""

    def restart(self, name: str) -> None:
        """End its process and start it again with what it runs with. Returns at once."""

    def stop(self, name: str) -> None:
        """End its process, gracefully if it lets us."""

    def remove(self, name: str) -> None:
        """Stop it and forget what it was."""

    def poll(self, name: str) -> str:
        """`Stopped`, `Starting`, `Running` or `Crashed`."""

    def stop_all(self) -> None:
        """End all processes."""

    def forget_account(self, account: str) -> None:
        """The storage account is gone, and so are the images in it."""

    def blobs(self, account: str, container: str) -> dict[str, int]:
        """The names of what registries have stored there, with their bytes."""

    def forget_container(self, account: str, container: str) -> None:
        """The blob container is gone, and so are the images in it."""


class FileShares(Protocol):
    """The shares of all storage accounts."""

    def create_share(self, account: str, share: str, quota_gib: int) -> bool:
        """False if it was there."""

    def has_share(self, account: str, share: str) -> bool:
        """Is there such a share?"""

    def delete_share(self, account: str, share: str) -> bool:
        """False if it was not there."""

    def delete_account(self, account: str) -> None:
        """Delete all shares of an account."""

    def list_shares(self, account: str) -> list[str]:
        """The names of an account's shares."""

    def share_path(self, account: str, share: str) -> Path:
        """The folder that a site mounts."""
