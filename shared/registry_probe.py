"""The `Probe` port over HTTPS: looks at a registry as a client does. The only module that imports httpx.

Redirects are never followed, and the probe's password goes only to what answered like a private registry.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx

from shared.domain.health.observation import Failure, Observation
from shared.domain.htpasswd import PROBE_USER
from shared.telemetry.traces import telemetry

VERSION_HEADER = "Docker-Distribution-Api-Version"
VERSION = "registry/2.0"
"""What every registry says of itself, with 401 too (Distribution HTTP API V2)."""


@cache
def _trust() -> ssl.SSLContext:
    """The system's certificates, or what `SSL_CERT_FILE` names."""
    return ssl.create_default_context()


class HttpProbe:
    """`timeout`: seconds for one registry, whatever it does; `concurrency`: how many at a time."""

    def __init__(self, timeout: float, concurrency: int) -> None:
        self._timeout, self._concurrency = timeout, concurrency

    def look(self, targets: Sequence[tuple[str, str]]) -> list[Observation]:
        """See `ports.Probe`."""
        return asyncio.run(self._look_at_all(targets))

    async def _look_at_all(self, targets: Sequence[tuple[str, str]]) -> list[Observation]:
        places = asyncio.Semaphore(self._concurrency)
        # TCP and TLS get `connect` each. Both end before the deadline: httpcore closes a connection whose own time is
        # over, but not one whose handshake is cancelled from outside.
        times = httpx.Timeout(self._timeout, connect=0.45 * self._timeout)
        async with httpx.AsyncClient(verify=_trust(), timeout=times, trust_env=False) as client:
            return await asyncio.gather(*(self._look(client, places, *target) for target in targets))

    async def _look(
        self, client: httpx.AsyncClient, places: asyncio.Semaphore, server: str, password: str
    ) -> Observation:
        async with places:
            with telemetry.span("probe") as span:
                span.set("berthage.server", server)
                return await self._observed(client, server, password)

    async def _observed(self, client: httpx.AsyncClient, server: str, password: str) -> Observation:
        try:
            async with asyncio.timeout(self._timeout):
                return await _observe(client, f"https://{server}/v2/", password)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, OverflowError) as error:
            return Observation(failure=_kind(error))


async def _observe(client: httpx.AsyncClient, url: str, password: str) -> Observation:
    async with client.stream("GET", url) as stranger:  # a stream: a body of any size is never read
        is_registry = _is_registry(stranger)
        expires = _certificate_expires(stranger)
    if stranger.status_code != 401 or not is_registry:
        return Observation(
            stranger=stranger.status_code, is_registry=is_registry, certificate_expires=expires
        )
    began = time.perf_counter()
    async with client.stream("GET", url, auth=(PROBE_USER, password)) as member:
        latency = int((time.perf_counter() - began) * 1000)
    return Observation(
        stranger=stranger.status_code,
        member=member.status_code,
        is_registry=is_registry,
        latency_ms=latency,
        certificate_expires=expires,
    )


def _is_registry(response: httpx.Response) -> bool:
    """A registry whose storage fails its health check leaves the header out and says why in JSON.

    An App Service front end that has no container to ask answers 503 with HTML. Source: Distribution, health.Handler.
    """
    sick = response.status_code == 503 and response.headers.get("Content-Type", "").startswith(
        "application/json"
    )
    return bool(sick or response.headers.get(VERSION_HEADER) == VERSION)


def _certificate_expires(response: httpx.Response) -> datetime | None:
    stream: Any = response.extensions.get("network_stream")
    secure: ssl.SSLObject | None = stream.get_extra_info("ssl_object") if stream else None
    certificate = secure.getpeercert() if secure else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def _kind(error: BaseException) -> Failure:
    causes = list(_chain(error))
    if any(isinstance(cause, TimeoutError | httpx.TimeoutException) for cause in causes):
        return Failure.TIMEOUT
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Failure.TLS
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Failure.DNS
    return Failure.CONNECTION


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
