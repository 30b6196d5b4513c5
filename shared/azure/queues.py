"""The `Queue` port on Azure Queue Storage. Messages are base64, as the Functions host expects them by default."""

import math
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import LinearRetry, QueueClient, TextBase64EncodePolicy

from shared.azure.connection import TIMEOUTS, StorageConnection, credential
from shared.azure.failures import dependency_error
from shared.domain.messages import AnyMessage

SERVICE = "Queue Storage"


class StorageQueue:
    """One queue; it is created by the first message that misses it."""

    def __init__(self, connection: StorageConnection, name: str) -> None:
        options: dict[str, Any] = {
            "message_encode_policy": TextBase64EncodePolicy(),
            "retry_policy": LinearRetry(backoff=1, retry_total=2, random_jitter_range=1),
            **TIMEOUTS,
        }
        if connection.connection_string:
            self._client = QueueClient.from_connection_string(connection.connection_string, name, **options)
        else:
            self._client = QueueClient(connection.queue_url, name, credential=credential(), **options)

    def send(self, message: AnyMessage, delay: float = 0) -> None:
        """See `ports.Queue`. Delays are whole seconds there: rounded up."""
        try:
            self._send(message, math.ceil(delay))
        except AzureError as error:
            raise dependency_error(SERVICE, error) from None

    def _send(self, message: AnyMessage, delay: int) -> None:
        try:
            self._client.send_message(message.encode(), visibility_timeout=delay)
        except ResourceNotFoundError:
            self._create()
            self._client.send_message(message.encode(), visibility_timeout=delay)

    def _create(self) -> None:
        try:
            self._client.create_queue()
        except ResourceExistsError:
            return  # somebody else was faster
