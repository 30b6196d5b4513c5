"""The layer that misbehaves: it lies between the log of requests and the routes.

What it does is told to the layers outside by a message of its own, `localazure.fault`, which goes where answers go: the
log notes it and the server, which alone can, drops the connection if the message says so.
"""

import asyncio
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localazure.emulator.arm.models.failures import OperationFailure, failing
from localazure.emulator.faults import answers
from localazure.emulator.faults.models import Fault, Faults, InjectedAnswer
from localazure.emulator.server import FAULT_MESSAGE


class Misbehave:
    """ASGI middleware in front of everything but the control endpoint."""

    def __init__(self, app: ASGIApp, faults: Faults, ignored: str) -> None:
        """Paths that start with `ignored` are never hit."""
        self._app = app
        self._faults = faults
        self._ignored = ignored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or do to it what its fault says."""
        found = None if self._is_exempt(scope) else self._faults.hit(*_asked(scope))
        if found is None:
            await self._app(scope, receive, send)
            return
        fault_id, fault = found
        await send({"type": FAULT_MESSAGE, "fault": fault_id, "drop": None})
        if fault.drop:
            await (_read(receive) if fault.drop == "before" else self._app(scope, receive, _nowhere))
            await send({"type": FAULT_MESSAGE, "fault": fault_id, "drop": fault.drop})
        else:
            await self._answered(fault, scope, receive, send)

    async def _answered(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.answer:
            await _answer(fault.answer, scope, receive, send)
        elif fault.operation:
            await self._failing(fault.operation, scope, receive, send)
        else:
            await asyncio.sleep(fault.delay or 0)
            await self._app(scope, receive, send)

    async def _failing(self, failure: OperationFailure, scope: Scope, receive: Receive, send: Send) -> None:
        token = failing.set(failure)
        try:
            await self._app(scope, receive, send)
        finally:
            failing.reset(token)

    def _is_exempt(self, scope: Scope) -> bool:
        return scope["type"] != "http" or str(scope["path"]).startswith(self._ignored)


async def _answer(answer: InjectedAnswer, scope: Scope, receive: Receive, send: Send) -> None:
    await _read(receive)
    await answers.response(answer, scope["path"])(scope, receive, send)


async def _read(receive: Receive) -> None:
    """Take the body in: the log shows it, and the client is done with sending when it learns what happened."""
    while (await receive()).get("more_body"):
        pass


async def _nowhere(_: Message) -> None:
    """Where a lost answer goes."""


def _asked(scope: Scope) -> tuple[str, str, dict[str, str]]:
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return scope["method"], scope["path"], {name.lower(): value for name, value in query}
