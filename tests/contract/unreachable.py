"""Where nobody listens."""

from localazure.ports import Ports
from shared.azure.connection import StorageConnection


def nobody_listens() -> StorageConnection:
    """An account whose services do not answer."""
    url = f"http://127.0.0.1:{Ports.free({}).queue}/devstoreaccount1"
    return StorageConnection(
        connection_string=f"AccountName=devstoreaccount1;AccountKey=a2V5;TableEndpoint={url};QueueEndpoint={url};"
    )
