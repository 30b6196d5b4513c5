"""The port `Queue`: on the fake, and on Queue Storage as Azurite has it."""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.azure.connection import StorageConnection
from shared.azure.queues import StorageQueue
from shared.domain.errors import DependencyError
from shared.domain.messages import Message
from shared.ports import Queue
from tests.contract.processes import Azurite
from tests.contract.unreachable import nobody_listens
from tests.fakes import FakeQueue

FIRST, SECOND = Message(operation_id="demo.01J", turn=0), Message(operation_id="demo.01K", turn=7)
_numbers = count(1)


@dataclass
class Rig:
    """A queue, and its other end."""

    queue: Queue[Message]
    visible: Callable[[], list[Message]]
    wait: Callable[[float], object]
    """Lets so many seconds pass."""


@pytest.fixture(params=["fake", "azurite"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A queue that nobody has written to: in Azurite there is none of that name."""
    if request.param == "fake":
        yield fake_rig()
        return
    name = f"contract-{next(_numbers)}"
    stored = StorageQueue(request.getfixturevalue("storage"), name)
    connection: Azurite = request.getfixturevalue("azurite")
    with stored._client, QueueClient.from_connection_string(connection.connection_string, name) as other_end:
        yield Rig(stored, lambda: [decode(text) for text in peek(other_end)], time.sleep)


def fake_rig() -> Rig:
    queue, passed = FakeQueue(), [0.0]
    return Rig(
        queue,
        lambda: [message for message, delay in queue.sent if delay <= sum(passed)],
        passed.append,
    )


def peek(queue: QueueClient) -> list[str]:
    """The texts of all visible messages as they are stored."""
    try:
        return [message.content for message in queue.peek_messages(32)]
    except ResourceNotFoundError:
        return []


def decode(text: str) -> Message:
    return Message.decode(base64.b64decode(text, validate=True))


def ids(messages: list[Message]) -> set[str]:
    return {message.operation_id for message in messages}


def test_the_first_message_creates_the_queue(rig: Rig) -> None:
    assert rig.visible() == []
    rig.queue.send(FIRST)
    assert rig.visible() == [FIRST]


def test_messages_are_kept_apart(rig: Rig) -> None:
    rig.queue.send(FIRST)
    rig.queue.send(SECOND)
    rig.queue.send(FIRST)
    assert sorted(message.turn for message in rig.visible()) == [0, 0, 7]


@pytest.mark.parametrize("delay", [1, 0.2])
def test_a_delayed_message_is_not_seen_before_its_time(rig: Rig, delay: float) -> None:
    rig.queue.send(FIRST, delay)
    rig.queue.send(SECOND)
    assert ids(rig.visible()) == {SECOND.operation_id}
    rig.wait(1.2)
    assert ids(rig.visible()) == {FIRST.operation_id, SECOND.operation_id}


def test_a_message_may_be_delayed_for_hours(rig: Rig) -> None:
    rig.queue.send(FIRST, 6 * 3600)
    assert rig.visible() == []


def test_a_message_is_stored_as_the_functions_host_reads_it(
    azurite: Azurite, storage: StorageConnection
) -> None:
    queue = StorageQueue(storage, "contract-layout")
    with queue._client:
        queue.send(FIRST)
    with QueueClient.from_connection_string(azurite.connection_string, "contract-layout") as other_end:
        [text] = peek(other_end)
    assert base64.b64decode(text, validate=True) == b'{"version":1,"operationId":"demo.01J","turn":0}'


def test_a_queue_that_was_deleted_is_created_again(azurite: Azurite, storage: StorageConnection) -> None:
    queue = StorageQueue(storage, "contract-deleted")
    with (
        queue._client,
        QueueClient.from_connection_string(azurite.connection_string, "contract-deleted") as other_end,
    ):
        queue.send(FIRST)
        other_end.delete_queue()
        queue.send(SECOND)
        assert [decode(text) for text in peek(other_end)] == [SECOND]


@pytest.fixture(params=["fake", "nobody listens"])
def dead_queue(request: pytest.FixtureRequest) -> Iterator[Queue[Message]]:
    """A queue whose service does not answer."""
    if request.param == "fake":
        fake = FakeQueue()
        fake.down = True
        yield fake
        return
    stored = StorageQueue(nobody_listens(), "registry-operations")
    with stored._client:
        yield stored


def test_a_service_that_does_not_answer_is_named(dead_queue: Queue[Message]) -> None:
    began = time.monotonic()
    with pytest.raises(DependencyError, match="Queue Storage") as caught:
        dead_queue.send(FIRST)
    assert caught.value.retry_after > 0
    assert time.monotonic() - began < 6  # a request waits for this
