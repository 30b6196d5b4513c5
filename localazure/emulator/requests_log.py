"""Remembers the requests that came in, so that a test can say what was sent and what was not.

Bounded in number and in size: the oldest go first. Credentials are never kept; the bodies of Resource Manager are
(with the account keys in them), those of Azure Files, queues, tables and of the identity endpoint are not.
"""

import json
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localazure.emulator.server import FAULT_MESSAGE

REDACTED = "REDACTED"

_MAX_REQUESTS = 10_000
_MAX_BYTES = 16 * 1024 * 1024
_MAX_BODY = 256 * 1024
_SECRET_HEADERS = ("authorization", "x-identity-header", "cookie", "x-functions-key")
_SECRET_QUERY = ("sig", "code")


@dataclass
class RecordedRequest:
    """One request and its answer. Bodies are as they were on the wire; empty = none, or not kept."""

    sequence: int
    time: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    status: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: bytes = b""
    milliseconds: float = 0.0
    fault: str = ""
    """The id of the fault that it got."""
    dropped: str = ""
    """The connection ended "before" or "after" the request was carried out: `status` is 0. The fault reset it, or the
    client went away while its request was held. "upstream": Azurite, which was asked in turn, did not answer."""

    @property
    def size(self) -> int:
        """Bytes of both bodies."""
        return len(self.body) + len(self.response_body)

    def shown(self) -> dict[str, Any]:
        """As `/_emulator/requests` shows it: JSON where a body is JSON, else text, null for none."""
        bodies = {"body": _parsed(self.body), "response_body": _parsed(self.response_body)}
        return {**asdict(self), **bodies}


class RequestsLog:
    """The last requests, oldest first."""

    def __init__(self, max_requests: int = _MAX_REQUESTS, max_bytes: int = _MAX_BYTES) -> None:
        self._lock = threading.Lock()
        self._entries: deque[RecordedRequest] = deque()
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self._bytes = 0
        self._sequence = 0
        self.dropped = 0
        """How many are no longer there because there were too many."""

    def next_sequence(self) -> int:
        """A number for a request that has just come in."""
        with self._lock:
            self._sequence += 1
            return self._sequence

    def add(self, entry: RecordedRequest) -> None:
        """Remember a request; forgets the oldest ones if there are too many."""
        with self._lock:
            self._entries.append(entry)
            self._bytes += entry.size
            while len(self._entries) > self._max_requests or self._bytes > self._max_bytes:
                self._bytes -= self._entries.popleft().size
                self.dropped += 1

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """What came in after that sequence number, in the order of arrival."""
        with self._lock:
            found = [entry for entry in self._entries if entry.sequence > after]
        return [entry.shown() for entry in sorted(found, key=lambda entry: entry.sequence)]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self._bytes = self.dropped = 0


class RecordRequests:
    """ASGI middleware in front of everything but the control endpoint."""

    def __init__(
        self, app: ASGIApp, log: RequestsLog, ignored: str | None = None, keep_bodies_of: str | None = None
    ) -> None:
        """Paths that start with `ignored` are not recorded; bodies are kept where they start with the other."""
        self._app = app
        self._log = log
        self._ignored = ignored
        self._keep_bodies_of = keep_bodies_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and look at both directions as they go by."""
        if scope["type"] != "http" or (self._ignored and scope["path"].startswith(self._ignored)):
            await self._app(scope, receive, send)
            return
        keep = self._keep_bodies_of is not None and scope["path"].lower().startswith(self._keep_bodies_of)
        recording = _Recording(_entry(scope, self._log.next_sequence()), keep, receive, send)
        try:
            await self._app(scope, recording.receive, recording.send)
        finally:
            self._log.add(recording.finish())


class _Recording:
    """One request while it runs."""

    def __init__(self, entry: RecordedRequest, keep: bool, receive: Receive, send: Send) -> None:
        self._entry = entry
        self._keep = keep
        self._receive = receive
        self._send = send
        self._started = time.monotonic()
        self._sent = bytearray()
        self._answered = bytearray()

    async def receive(self) -> Message:
        message = await self._receive()
        self._copy(message, self._sent)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._entry.status = message["status"]
            self._entry.response_headers = _headers(message.get("headers", []))
        elif message["type"] == FAULT_MESSAGE:
            self._entry.fault = message["fault"] or self._entry.fault
            self._entry.dropped = message["drop"] or ""
        self._copy(message, self._answered)
        await self._send(message)

    def finish(self) -> RecordedRequest:
        self._entry.milliseconds = round((time.monotonic() - self._started) * 1000, 1)
        self._entry.body, self._entry.response_body = bytes(self._sent), bytes(self._answered)
        return self._entry

    def _copy(self, message: Message, into: bytearray) -> None:
        if self._keep and len(into) < _MAX_BODY:
            into += message.get("body", b"")[: _MAX_BODY - len(into)]


def _entry(scope: Scope, sequence: int) -> RecordedRequest:
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return RecordedRequest(
        sequence=sequence,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        method=scope["method"],
        path=scope["path"],
        query={name: REDACTED if name.lower() in _SECRET_QUERY else value for name, value in query},
        headers=_headers(scope["headers"]),
    )


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    names = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)
    return {name: REDACTED if _is_secret(name) else value for name, value in names}


def _is_secret(header: str) -> bool:
    # "authorization" is also the end of x-ms-copy-source-authorization and its like.
    return header in _SECRET_HEADERS or header.endswith("authorization")


def _parsed(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", errors="replace")
