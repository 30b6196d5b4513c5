"""Queue functions: the whole host with the sample app, and the listener alone on a real queue."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.queue import QueueClient, QueueMessage

from localazure.functions_host.host_json import QueueOptions
from localazure.functions_host.queues import Handle, QueueListener, poison_queue_name
from tests.localazure.functions_host.rig import HostProcess, queue, wait_for


def test_a_message_arrives_once_with_its_metadata_and_is_deleted(host: HostProcess, storage: str) -> None:
    text = json.dumps({"name": f"ünique {uuid.uuid4()}"})
    sent = queue(storage, "sample").send_message(text)
    wait_for(lambda: _seen(host, "message_done", text))
    [seen] = _seen(host, "take_message", text)
    assert (seen["id"], seen["dequeue_count"]) == (sent.id, 1)
    assert seen["pop_receipt"]
    inserted, expires, visible = (datetime.fromisoformat(moment) for moment in seen["times"])
    assert inserted == sent.inserted_on
    assert expires == sent.expires_on
    assert 590 < (visible - inserted).total_seconds() < 610, "hidden for ten minutes while it is processed"
    assert wait_for(lambda: not _ids(storage, "sample") & {sent.id})


def test_a_failing_message_is_tried_again_later_and_then_poisoned(host: HostProcess, storage: str) -> None:
    text = json.dumps({"fail": True, "name": str(uuid.uuid4())})
    queue(storage, "sample").send_message(text)
    poison = wait_for(lambda: _poisoned(storage, text))
    assert poison is not None
    tries = _seen(host, "take_message", text)
    assert [seen["dequeue_count"] for seen in tries] == [1, 2]
    assert tries[1]["at"] - tries[0]["at"] >= 0.9, "visibilityTimeout is one second"
    assert poison.dequeue_count == 0
    assert not _seen(host, "message_done", text)


def test_a_message_that_is_no_base64_is_poisoned_as_it_is(host: HostProcess, storage: str) -> None:
    text = f"not base64: {uuid.uuid4()}"
    QueueClient.from_connection_string(storage, "sample").send_message(text)
    wait_for(lambda: _poisoned(storage, text, encoded=False))
    assert host.logged("is not base64 of UTF-8 text")


def test_not_more_messages_are_processed_at_once_than_allowed(storage: str) -> None:
    running = peak = done = 0

    async def handle(text: str, _message: QueueMessage) -> bool:
        nonlocal running, peak, done
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.05 if int(text) % 3 == 0 else 0.4)
        running -= 1
        done += 1
        return True

    async def scenario() -> None:
        texts = [str(number) for number in range(12)]
        async with _listener(storage, handle, batch_size=3, new_batch_threshold=2, texts=texts):
            await _until(lambda: done == 12)

    asyncio.run(scenario())
    assert peak == 5, "a batch of three while two were left"


def test_a_long_running_message_stays_hidden_and_is_deleted_with_its_new_receipt(storage: str) -> None:
    calls = []

    async def handle(text: str, _message: QueueMessage) -> bool:
        calls.append(text)
        await asyncio.sleep(2.7)
        return True

    async def scenario() -> int:
        async with _listener(storage, handle, processing_seconds=2) as client:
            await asyncio.to_thread(client.send_message, "long")
            await _until(lambda: bool(calls))
        return len(client.peek_messages())

    assert asyncio.run(scenario()) == 0
    assert calls == ["long"]


def test_stopping_fetches_nothing_new_and_finishes_what_was_fetched(storage: str) -> None:
    done = []

    async def handle(text: str, _message: QueueMessage) -> bool:
        await asyncio.sleep(0.3)
        done.append(text)
        return True

    async def scenario() -> list[str]:
        async with _listener(storage, handle, batch_size=1, new_batch_threshold=0) as client:
            await asyncio.to_thread(client.send_message, "first")
            await asyncio.to_thread(client.send_message, "second")
            await asyncio.sleep(0.15)
        return [message.content for message in client.peek_messages()]

    assert asyncio.run(scenario()) == ["second"]
    assert done == ["first"]


def test_a_queue_that_is_deleted_is_created_again(storage: str) -> None:
    done = []

    async def handle(text: str, _message: QueueMessage) -> bool:
        done.append(text)
        return True

    async def scenario() -> None:
        async with _listener(storage, handle) as client:
            await asyncio.to_thread(client.delete_queue)
            await _until(lambda: _sends(client, "after"))
            await _until(lambda: done == ["after"])

    asyncio.run(scenario())


def test_a_failing_message_of_a_poison_queue_is_left_hidden(storage: str) -> None:
    calls = []

    async def handle(text: str, _message: QueueMessage) -> bool:
        calls.append(text)
        return False

    async def scenario() -> None:
        async with _listener(storage, handle, poison=False) as client:
            await asyncio.to_thread(client.send_message, "poisonous")
            await asyncio.sleep(0.6)
            properties = await asyncio.to_thread(client.get_queue_properties)
            assert properties.approximate_message_count == 1

    asyncio.run(scenario())
    assert calls == ["poisonous"]


def test_a_message_of_a_poison_queue_that_failed_too_often_is_not_run_again(storage: str) -> None:
    calls = []

    async def handle(_text: str, message: QueueMessage) -> bool:
        calls.append(message.dequeue_count)
        return False

    async def scenario() -> None:
        async with _listener(storage, handle, poison=False, processing_seconds=1) as client:
            await asyncio.to_thread(client.send_message, "poisonous")
            await _until(lambda: _dequeue_count(client) > 5, 20)

    asyncio.run(scenario())
    assert calls == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "poison"),
    [
        ("orders", "orders-poison"),
        ("orders-poison", None),
        ("q" * 56, "q" * 56 + "-poison"),
        ("q" * 57, None),
    ],
)
def test_the_poison_queue_of_a_queue(name: str, poison: str | None) -> None:
    assert poison_queue_name(name) == poison


@contextlib.asynccontextmanager
async def _listener(
    storage: str,
    handle: Handle,
    *,
    batch_size: int = 16,
    new_batch_threshold: int = 8,
    processing_seconds: float = 600,
    poison: bool = True,
    texts: Sequence[str] = (),
) -> AsyncGenerator[QueueClient]:
    """A listener on a queue of its own, which takes plain texts; stopped and waited for at the end."""
    name = f"q-{uuid.uuid4()}"
    client = QueueClient.from_connection_string(storage, name)
    poison_client = QueueClient.from_connection_string(storage, f"{name}-poison") if poison else None
    await asyncio.to_thread(client.create_queue)
    for text in texts:
        await asyncio.to_thread(client.send_message, text)
    options = QueueOptions(0.1, 0, batch_size, new_batch_threshold, 5, base64=False)
    with ThreadPoolExecutor(4) as threads:
        listener = QueueListener(
            client, poison_client, options, handle, threads=threads, processing_seconds=processing_seconds
        )
        running = asyncio.create_task(listener.run())
        try:
            yield client
        finally:
            listener.stop()
            await running


async def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.02)


def _sends(client: QueueClient, text: str) -> bool:
    try:
        client.send_message(text)
    except HttpResponseError:
        return False
    return True


def _dequeue_count(client: QueueClient) -> int:
    """Of the one message in the queue; 0 while it is hidden."""
    return max((message.dequeue_count or 0 for message in client.peek_messages()), default=0)


def _seen(host: HostProcess, function: str, text: str) -> list[dict[str, Any]]:
    return [event for event in host.events(function) if event["text"] == text]


def _ids(storage: str, name: str) -> set[str]:
    return {message.id for message in queue(storage, name).peek_messages(32)}


def _poisoned(storage: str, text: str, *, encoded: bool = True) -> QueueMessage | None:
    sent = queue(storage, "any")._message_encode_policy(text) if encoded else text
    try:
        messages = QueueClient.from_connection_string(storage, "sample-poison").peek_messages(32)
    except HttpResponseError:  # not created yet
        return None
    return next((message for message in messages if message.content == sent), None)
