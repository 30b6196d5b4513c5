"""From a binding's `connection` to a queue client.

https://learn.microsoft.com/azure/azure-functions/functions-reference#connections: a setting with a connection
string, or a group of settings for a managed identity. Names are tried with `AzureWebJobs` in front first, as
in the real host.
"""

import os
from collections.abc import Mapping
from typing import Any

from azure.storage.queue import QueueClient

_DEVELOPMENT = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    # Not a secret: the same in every emulator.
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)
# Short: a host that stops must not hang on a dead service.
_CLIENT_OPTIONS: dict[str, Any] = {
    "connection_timeout": 5,
    "read_timeout": 30,
    "retry_total": 2,
    "initial_backoff": 1,
    "increment_base": 2,
    "random_jitter_range": 1,
}


def queue_client(connection: str, queue_name: str, environ: Mapping[str, str] = os.environ) -> QueueClient:
    """A client that reads and writes raw message texts. Raises ValueError if no setting says where to."""
    for name in (f"AzureWebJobs{connection}", connection):
        if environ.get(name):
            return _by_connection_string(name, environ[name], queue_name)
        url = _service_uri(name, environ)
        if url:
            return QueueClient(url, queue_name, credential=_identity(name, environ), **_CLIENT_OPTIONS)
    raise ValueError(f"the app setting '{connection}' with the storage account is missing")


def _by_connection_string(name: str, text: str, queue_name: str) -> QueueClient:
    wanted = _DEVELOPMENT if text.strip().rstrip(";").lower() == "usedevelopmentstorage=true" else text
    try:
        return QueueClient.from_connection_string(wanted, queue_name, **_CLIENT_OPTIONS)
    except ValueError as error:
        raise ValueError(f"the app setting '{name}' is not a storage connection string") from error


def _service_uri(name: str, environ: Mapping[str, str]) -> str | None:
    if f"{name}__queueServiceUri" in environ:
        return environ[f"{name}__queueServiceUri"]
    account = environ.get(f"{name}__accountName")
    return f"https://{account}.queue.core.windows.net" if account else None


def _identity(name: str, environ: Mapping[str, str]) -> Any:
    from azure.identity import (  # noqa: PLC0415 - 50 ms that an app with a connection string need not pay
        DefaultAzureCredential,
        ManagedIdentityCredential,
    )

    if environ.get(f"{name}__credential", "").lower() == "managedidentity":
        return ManagedIdentityCredential(client_id=environ.get(f"{name}__clientId"))
    return DefaultAzureCredential()
