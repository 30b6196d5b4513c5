"""A request that waits until its fault is removed: time for a test to kill who asked, or whoever else."""

import asyncio
import contextlib
from collections.abc import Iterator

from starlette.types import Message, Send

from localazure.emulator.faults.models import Placed
from localazure.emulator.faults.received import Received

MOST_SECONDS = 600.0
_FAREWELL_LOOKS = 10
_FAREWELL_SECONDS = 0.005


async def released(placed: Placed, received: Received) -> bool:
    """Wait until the fault is removed, 600 seconds at most. False if the client has gone by then."""
    gone = asyncio.create_task(received.end())
    removed = asyncio.create_task(placed.released.wait())
    try:
        with _counted(placed):
            await asyncio.wait({gone, removed}, timeout=MOST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            await _farewell(gone)
        return not gone.done()
    finally:
        gone.cancel()
        removed.cancel()


async def _farewell(gone: asyncio.Task[None]) -> None:
    # Who kills a client and then removes the fault means "never carried out": the end of the client's connection
    # is older than the removal, but it may take some rounds of the event loop to get here.
    for _ in range(_FAREWELL_LOOKS):
        if gone.done():
            break
        await asyncio.sleep(_FAREWELL_SECONDS)


@contextlib.contextmanager
def _counted(placed: Placed) -> Iterator[None]:
    placed.holding += 1
    try:
        yield
    finally:
        placed.holding -= 1


class KeptAnswer:
    """An answer that is there but not sent yet."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def keep(self, message: Message) -> None:
        """An ASGI `send` for the application."""
        self._messages.append(message)

    async def send_to(self, send: Send) -> None:
        """Send it."""
        for message in self._messages:
            await send(message)
