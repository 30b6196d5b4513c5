"""Queue triggers: polling, visibility, retries and poison queues (QueueListener.cs, QueueProcessor.cs)."""

import asyncio
import base64
import binascii
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from localazure.functions_host.backoff import Backoff
from localazure.functions_host.host_json import QueueOptions
from localazure.functions_host.waiting import stopped_within

_logger = logging.getLogger(__name__)

PROCESSING_SECONDS = 600.0
"""How long a message is hidden while a function works on it; renewed at half time."""
_POISON = "-poison"
_LONGEST_NAME = 63

Handle = Callable[[str, QueueMessage], Awaitable[bool]]
"""Runs the function with a message's decoded text; says whether it succeeded."""


class QueueListener:
    """Polls one queue for one function, with at most batch size + new batch threshold messages at a time."""

    def __init__(
        self,
        queue: QueueClient,
        poison: QueueClient | None,
        options: QueueOptions,
        handle: Handle,
        *,
        threads: ThreadPoolExecutor,
        processing_seconds: float = PROCESSING_SECONDS,
    ) -> None:
        self._queue, self._poison, self._options, self._handle = queue, poison, options, handle
        self._threads, self._processing_seconds = threads, processing_seconds
        self._backoff = Backoff(options.max_polling_interval)
        self._processing: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._unreachable = False

    async def run(self) -> None:
        """Poll until `stop`, then wait until every message that was received is dealt with."""
        found = False
        while not self._stopping.is_set():
            batch = await self._receive()
            if batch:
                found = True
                for message in batch:
                    self._start(message)
                await self._room_for_a_batch()
            else:
                await stopped_within(self._stopping, self._backoff.next_delay(found=found))
                found = False
        while self._processing:
            await asyncio.wait(self._processing)

    def stop(self) -> None:
        """Fetch no more messages. What was fetched is finished, or it would stay hidden for ten minutes."""
        self._stopping.set()

    async def _receive(self) -> list[QueueMessage]:
        try:
            batch = await self._call(self._receive_batch)
        except ResourceNotFoundError:
            await self._create(self._queue)
            return []
        except AzureError as error:
            self._say_unreachable(error)
            return []
        self._unreachable = False
        return batch

    def _receive_batch(self) -> list[QueueMessage]:
        """One request. Runs in a thread."""
        pages = self._queue.receive_messages(
            messages_per_page=self._options.batch_size,
            visibility_timeout=int(self._processing_seconds),
            retry_total=0,  # the next poll is the retry
            retry_connect=0,
        ).by_page()
        return list(next(pages, []))

    async def _create(self, queue: QueueClient) -> None:
        try:
            await self._call(queue.create_queue)
        except ResourceExistsError:
            pass
        except AzureError as error:
            self._say_unreachable(error)

    def _say_unreachable(self, error: AzureError) -> None:
        if not self._unreachable:
            _logger.warning(
                "queue %s cannot be read, trying again: %s", self._queue.queue_name, _first_line(error)
            )
        self._unreachable = True

    def _start(self, message: QueueMessage) -> None:
        task = asyncio.create_task(self._process(message))
        self._processing.add(task)
        task.add_done_callback(self._processing.discard)

    async def _room_for_a_batch(self) -> None:
        while len(self._processing) > self._options.new_batch_threshold:
            await asyncio.wait(self._processing, return_when=asyncio.FIRST_COMPLETED)

    async def _process(self, message: QueueMessage) -> None:
        try:
            if (message.dequeue_count or 0) > self._options.max_dequeue_count:
                if self._poison:
                    await self._move_to_poison(message, self._poison)
                return  # a poison queue's own message stays where it is and is not run again
            await self._complete(message, succeeded=await self._run_function(message))
        except AzureError as error:
            # The message comes back when its visibility time is over.
            _logger.warning("message %s in %s: %s", message.id, self._queue.queue_name, _first_line(error))

    async def _run_function(self, message: QueueMessage) -> bool:
        try:
            text = self._decoded(message)
        except ValueError as error:
            _logger.error("message %s in %s %s", message.id, self._queue.queue_name, error)  # noqa: TRY400 - ours, no traceback
            return False
        done = asyncio.Event()
        renewal = asyncio.create_task(self._keep_hidden(message, done))
        try:
            return await self._handle(text, message)
        finally:
            done.set()
            await renewal  # a renewal under way is not given up: its receipt is needed to delete the message

    def _decoded(self, message: QueueMessage) -> str:
        text: str = message.content or ""
        if not self._options.base64:
            return text
        try:
            return base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError(
                "is not base64 of UTF-8 text, which extensions.queues.messageEncoding in host.json asks for"
            ) from error

    async def _keep_hidden(self, message: QueueMessage, done: asyncio.Event) -> None:
        while not await stopped_within(done, self._processing_seconds / 2):
            try:
                await self._hide(message, self._processing_seconds)
            except AzureError as error:
                _logger.warning("message %s could not be kept hidden: %s", message.id, _first_line(error))

    async def _hide(self, message: QueueMessage, seconds: float) -> None:
        updated = await self._call(
            lambda: self._queue.update_message(message, visibility_timeout=int(seconds))
        )
        message.pop_receipt = updated.pop_receipt

    async def _complete(self, message: QueueMessage, *, succeeded: bool) -> None:
        if succeeded:
            await self._delete(message)
        elif self._poison is None:
            pass  # left hidden until its visibility time is over: prevents a fast endless loop
        elif (message.dequeue_count or 0) >= self._options.max_dequeue_count:
            await self._move_to_poison(message, self._poison)
        else:
            await self._unless_gone(self._hide(message, self._options.visibility_timeout))

    async def _move_to_poison(self, message: QueueMessage, poison: QueueClient) -> None:
        _logger.warning(
            "message %s has failed %d times: moved to %s",
            message.id,
            self._options.max_dequeue_count,
            poison.queue_name,
        )
        try:
            await self._call(lambda: poison.send_message(message.content))
        except ResourceNotFoundError:
            await self._create(poison)
            await self._call(lambda: poison.send_message(message.content))
        await self._delete(message)

    async def _delete(self, message: QueueMessage) -> None:
        await self._unless_gone(self._call(lambda: self._queue.delete_message(message)))

    async def _unless_gone(self, work: Awaitable[None]) -> None:
        """A message that somebody else took over, or deleted, is no longer ours."""
        try:
            await work
        except HttpResponseError as error:
            if error.status_code not in {400, 404, 409}:
                raise
            _logger.debug(
                "a message in %s was no longer ours: %s", self._queue.queue_name, _first_line(error)
            )

    async def _call[T](self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def poison_queue_name(queue_name: str) -> str | None:
    """The poison queue of a queue; a poison queue has none, nor has one whose name would get too long."""
    if queue_name.endswith(_POISON) or len(queue_name) + len(_POISON) > _LONGEST_NAME:
        return None
    return queue_name + _POISON


def _first_line(error: AzureError) -> Any:
    return str(error).partition("\n")[0]
