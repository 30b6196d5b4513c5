"""The layer that misbehaves: it lies between the log of requests and the routes.

What it does is told to the layers outside by a message of its own, `localazure.fault`, which goes where answers go: the
log notes it and the server, which alone can, drops the connection if the message says so.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localazure.emulator.arm.models.failures import OperationFailure, failing
from localazure.emulator.faults import answers
from localazure.emulator.faults.asked import Asked
from localazure.emulator.faults.hold import KeptAnswer, released
from localazure.emulator.faults.models import Faults, Placed
from localazure.emulator.faults.received import Received
from localazure.emulator.server import FAULT_MESSAGE


class Misbehave:
    """ASGI middleware in front of everything but the control endpoint."""

    def __init__(self, app: ASGIApp, faults: Faults, ignored: str | None = None) -> None:
        """Paths that start with `ignored` are never hit."""
        self._app = app
        self._faults = faults
        self._ignored = ignored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or do to it what its fault says."""
        if scope["type"] != "http" or (self._ignored and scope["path"].startswith(self._ignored)):
            await self._app(scope, receive, send)
            return
        received = Received(receive)
        body = await received.body() if self._faults.ask_for_bodies else b""
        placed = self._faults.hit(Asked.of(scope, body))
        if placed is None:
            await self._app(scope, received.receive, send)
        else:
            await send(_told(placed))
            await self._hit(placed, scope, received, send)

    async def _hit(self, placed: Placed, scope: Scope, received: Received, send: Send) -> None:
        fault = placed.fault
        if fault.drop:
            await self._dropped(fault.drop, scope, received)
            await send(_told(placed, fault.drop))
        elif fault.hold:
            await self._held(placed, scope, received, send)
        elif fault.answer:
            await received.body()
            await answers.response(fault.answer, scope["path"])(scope, received.receive, send)
        elif fault.operation:
            await self._failing(fault.operation, scope, received, send)
        else:
            await asyncio.sleep(fault.delay or 0)
            await self._app(scope, received.receive, send)

    async def _dropped(self, drop: str, scope: Scope, received: Received) -> None:
        # The body is taken in: the log shows it, and the client is done with sending when it learns what happened.
        await received.body()
        if drop == "after":
            await self._app(scope, received.receive, _nowhere)

    async def _held(self, placed: Placed, scope: Scope, received: Received, send: Send) -> None:
        await received.body()
        answer = KeptAnswer()
        if placed.fault.hold == "after":
            await self._app(scope, received.receive, answer.keep)
        if not await released(placed, received):
            await send(_told(placed, placed.fault.hold))
        elif placed.fault.hold == "after":
            await answer.send_to(send)
        else:
            await self._app(scope, received.receive, send)

    async def _failing(self, failure: OperationFailure, scope: Scope, received: Received, send: Send) -> None:
        token = failing.set(failure)
        try:
            await self._app(scope, received.receive, send)
        finally:
            failing.reset(token)


def _told(placed: Placed, drop: str | None = None) -> Message:
    return {"type": FAULT_MESSAGE, "fault": placed.id, "drop": drop}


async def _nowhere(_: Message) -> None:
    """Where a lost answer goes."""
