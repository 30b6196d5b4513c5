"""Where the app's own storage is: a connection string or an identity, as every Functions app says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from azure.core.credentials import TokenCredential

from shared.settings import SettingsError

SETTING = "AzureWebJobsStorage"
TIMEOUTS: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 20}
"""Seconds. A request must not hang longer than its caller waits."""
HURRY: dict[str, Any] = {"connection_timeout": 1, "read_timeout": 1.2}
"""The same where its caller waits for three seconds, and there is more to do."""


@cache
def credential() -> TokenCredential:
    """The app's identity: managed identity on Azure, the developer's own login on a laptop."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - 50 ms that a connection string does not need

    return DefaultAzureCredential()


@dataclass(frozen=True)
class StorageConnection:
    """Either `connection_string`, or the service URLs that go with the app's identity."""

    connection_string: str | None = None
    queue_url: str = ""
    table_url: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Reads `AzureWebJobsStorage`, or `AzureWebJobsStorage__accountName`, or `...__queueServiceUri` and
        `...__tableServiceUri`. Raises `SettingsError` when none of them is set.
        """
        if text := environ.get(SETTING):
            return cls(connection_string=text)
        if account := environ.get(f"{SETTING}__accountName"):
            return cls(
                queue_url=f"https://{account}.queue.core.windows.net",
                table_url=f"https://{account}.table.core.windows.net",
            )
        queue_url, table_url = (
            environ.get(f"{SETTING}__{kind}ServiceUri", "") for kind in ("queue", "table")
        )
        if not queue_url or not table_url:
            raise SettingsError(f"{SETTING} is missing: a connection string, or {SETTING}__accountName.")
        return cls(queue_url=queue_url, table_url=table_url)
