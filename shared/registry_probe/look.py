"""One look at one registry: every check that can be made, whatever became of those before it."""

import asyncio
import base64
import ssl
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import h11

from shared.domain.health.observation import CheckName, Observation
from shared.domain.users.htpasswd import PROBE_USER
from shared.registry_probe.door import Door
from shared.registry_probe.notes import CheckFailedError, Notes

VERSION_HEADER = b"docker-distribution-api-version"
VERSION = b"registry/2.0"
"""What every registry says of itself, with 401 too (Distribution HTTP API V2)."""
ABSENT_TAGS = "/v2/berthage-probe/tags/list"
"""Lists a folder of the storage that is not there: 404.

A look at one blob would cost as little, but says 404 of a container that is missing, too: Distribution 3, azure driver.
"""
LOGIN_CHECKS = (CheckName.DNS, CheckName.TCP, CheckName.TLS, CheckName.CHALLENGE, CheckName.LOGIN)


class Look:
    """Use once."""

    def __init__(
        self, server: str, password: str, trust: ssl.SSLContext, resolvers: Executor, *, login_only: bool
    ) -> None:
        basic = base64.b64encode(f"{PROBE_USER}:{password}".encode()).decode()
        self._credentials = {"Authorization": f"Basic {basic}"}
        self._server, self._login_only = server, login_only
        self._door, self._notes = Door(server, trust, resolvers), Notes()
        self._seen: dict[str, Any] = {}

    async def run(self, seconds: float) -> Observation:
        """What is seen in so many seconds."""
        with suppress(TimeoutError, CheckFailedError):  # it is noted
            try:
                async with asyncio.timeout(seconds):
                    await self._make_checks()
            finally:
                self._door.close()
        checks = self._notes.all_of(LOGIN_CHECKS if self._login_only else tuple(CheckName))
        now = datetime.now(UTC)
        return Observation(at=now, failure=self._notes.failure, checks=checks, **self._seen)

    async def _make_checks(self) -> None:
        await self._reach()
        checks = [self._challenge, self._login]
        for check in checks if self._login_only else [*checks, self._root, self._storage]:
            with suppress(CheckFailedError):
                await check()

    async def _reach(self) -> None:
        with self._notes.check(CheckName.DNS) as note:
            note.evidence = self._server
            note.evidence = ", ".join(await self._door.resolve())
        with self._notes.check(CheckName.TCP) as note:
            note.evidence = f"connected to {await self._door.connect()}"
        with self._notes.check(CheckName.TLS) as note:
            stream = await self._door.shake_hands()
            self._seen["certificate_expires"] = stream.expires
            note.evidence = stream.describe(datetime.now(UTC))

    async def _challenge(self) -> None:
        with self._notes.check(CheckName.CHALLENGE) as note:
            note.evidence = "GET /v2/"
            answer, _ = await self._door.get("/v2/")
            status, known = answer.status_code, _is_registry(answer)
            self._seen |= {"stranger": status, "is_registry": known}
            note.is_ok = status == 401 and known and _challenges(answer)
            note.evidence = f"GET /v2/ answered {status}{_but(answer)}"

    async def _login(self) -> None:
        """The password goes to nobody but a private registry."""
        if not self._notes.has_passed(CheckName.CHALLENGE):
            self._notes.skip(CheckName.LOGIN, "the challenge failed")
            return
        with self._notes.check(CheckName.LOGIN) as note:
            note.evidence = f"GET /v2/ as {PROBE_USER}"
            answer, took = await self._door.get("/v2/", self._credentials)
            self._seen |= {"member": answer.status_code, "latency_ms": took}
            note.is_ok = answer.status_code == 200
            note.evidence += f" answered {answer.status_code} in {took} ms"

    async def _root(self) -> None:
        with self._notes.check(CheckName.ROOT) as note:
            note.evidence = "GET /"
            answer, _ = await self._door.get("/")
            self._seen["root"] = answer.status_code
            note.is_ok = answer.status_code == 200
            note.evidence += f" answered {answer.status_code}"

    async def _storage(self) -> None:
        if not self._notes.has_passed(CheckName.LOGIN):
            self._notes.skip(CheckName.STORAGE, "the login failed")
            return
        with self._notes.check(CheckName.STORAGE) as note:
            note.evidence = f"GET {ABSENT_TAGS}"
            answer, _ = await self._door.get(ABSENT_TAGS, self._credentials)
            self._seen["storage"] = answer.status_code
            note.is_ok = answer.status_code in {200, 404}
            note.evidence += f" answered {answer.status_code}"


def _is_registry(answer: h11.Response) -> bool:
    """A registry whose storage fails its health check leaves the header out and says why in JSON.

    An App Service front end that has no container to ask answers 503 with HTML. Source: Distribution, health.Handler.
    """
    headers = dict(answer.headers)
    sick = answer.status_code == 503 and headers.get(b"content-type", b"").startswith(b"application/json")
    return sick or headers.get(VERSION_HEADER) == VERSION


def _challenges(answer: h11.Response) -> bool:
    return any(
        name == b"www-authenticate" and value.lower().startswith(b"basic ") for name, value in answer.headers
    )


def _but(answer: h11.Response) -> str:
    """What an answer lacks."""
    lacks = [] if _is_registry(answer) else ["the header of a registry"]
    lacks += [] if answer.status_code != 401 or _challenges(answer) else ["a Basic challenge"]
    return f" without {' and '.join(lacks)}" if lacks else ""
