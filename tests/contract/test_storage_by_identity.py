"""The app's own storage without a connection string: tokens of the app's identity, as on Azure."""

from collections.abc import Iterator

import pytest
from azure.storage.queue import QueueClient, TextBase64DecodePolicy

from localazure.azurite import ACCOUNT, ACCOUNT_KEY
from localazure.ports import Ports
from shared.azure.connection import StorageConnection
from shared.azure.queues import StorageQueue
from shared.azure.tables import StorageTable
from shared.domain.errors import ConflictError, DependencyError
from shared.domain.messages import Message
from shared.domain.records import Insert, Row
from tests.contract.conftest import forget_environment
from tests.contract.processes import Emulator

HOST = "127.0.0.1"
"""At `localhost` the Table SDK would see an emulator of Cosmos DB, and ask for a token of that."""
MESSAGE = Message(operation_id="demo.01J", turn=0)


@pytest.fixture
def ports(secure_azurite: Ports) -> Ports:
    return secure_azurite


@pytest.fixture
def connection(ports: Ports) -> StorageConnection:
    """As the settings of an app say it that has an identity."""
    return StorageConnection.from_env(
        {
            "AzureWebJobsStorage__credential": "managedidentity",
            "AzureWebJobsStorage__queueServiceUri": f"https://{HOST}:{ports.queue}/{ACCOUNT}",
            "AzureWebJobsStorage__tableServiceUri": f"https://{HOST}:{ports.table}/{ACCOUNT}",
        }
    )


def test_a_table_is_made_written_and_read(connection: StorageConnection) -> None:
    table = StorageTable(connection, "byidentity")
    with table._client:
        assert table.get("demo", "registry") is None
        table.transact("demo", [Insert(Row("registry", {"n": 1}))])
        with pytest.raises(ConflictError):
            table.transact("demo", [Insert(Row("registry", {"n": 2}))])
        assert [row.values for row in table.query("demo", "a", "z")] == [{"n": 1}]


def test_a_queue_is_made_and_written(connection: StorageConnection, ports: Ports) -> None:
    queue = StorageQueue(connection, "by-identity")
    with queue._client:
        queue.send(MESSAGE)
    reader = QueueClient(
        f"https://{HOST}:{ports.queue}/{ACCOUNT}",
        "by-identity",
        credential={"account_name": ACCOUNT, "account_key": ACCOUNT_KEY},
        message_decode_policy=TextBase64DecodePolicy(),
    )
    with reader:
        assert [message.content for message in reader.peek_messages()] == [MESSAGE.encode()]


@pytest.fixture
def refused_identity(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An app whose identity is not there, or not yet."""
    _ = emulator
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    forget_environment()
    yield
    forget_environment()


@pytest.mark.usefixtures("refused_identity")
def test_without_a_token_the_service_is_named_and_no_secret_is(connection: StorageConnection) -> None:
    table, queue = StorageTable(connection, "byidentity"), StorageQueue(connection, "by-identity")
    with table._client, queue._client:
        with pytest.raises(DependencyError, match="Table Storage") as of_table:
            table.get("demo", "registry")
        with pytest.raises(DependencyError, match="Queue Storage") as of_queue:
            queue.send(MESSAGE)
    assert "wrong" not in f"{of_table.value} {of_queue.value}"
