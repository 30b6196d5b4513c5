"""The `Probe` port over HTTPS: looks at a registry as a client does.

Redirects are never followed, a body is never read to its end unless it is short, and the probe's password goes only to
what answered like a private registry.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from shared.domain.health.observation import Observation
from shared.registry_probe.look import Look
from shared.registry_probe.tls import trust
from shared.telemetry.traces import telemetry

logger = logging.getLogger(__name__)

RESOLVERS_PER_PLACE = 4
"""A resolver that hangs can't be cancelled, and may hang for some deadlines: meanwhile others need threads."""


class HttpProbe:
    """`timeout`: seconds for one registry, whatever it does; `concurrency`: how many at a time.

    So many of all calls together: a process that works on several batches, each in a thread of its own, has one probe.
    """

    def __init__(self, timeout: float, concurrency: int) -> None:
        self._timeout, self._concurrency = timeout, concurrency
        self._places = threading.BoundedSemaphore(concurrency)

    def look(self, targets: Sequence[tuple[str, str]], *, login_only: bool = False) -> list[Observation]:
        """See `ports.Probe`."""
        resolvers = ThreadPoolExecutor(RESOLVERS_PER_PLACE * self._concurrency, "probe-dns")
        try:
            return asyncio.run(self._look_at_all(targets, resolvers, login_only))
        finally:
            resolvers.shutdown(wait=False, cancel_futures=True)

    async def _look_at_all(
        self, targets: Sequence[tuple[str, str]], resolvers: Executor, login_only: bool
    ) -> list[Observation]:
        looks: list[asyncio.Task[Observation]] = []
        for server, password in targets:
            one = Look(server, password, trust(), resolvers, login_only=login_only)
            if not self._places.acquire(blocking=False):
                await asyncio.to_thread(self._places.acquire)  # those who have one need this event loop
            task = asyncio.create_task(self._look(one, server))
            task.add_done_callback(lambda _: self._places.release())
            looks.append(task)
        return await asyncio.gather(*looks)

    async def _look(self, one: Look, server: str) -> Observation:
        """What nobody foresaw at one registry is no reason to see nothing of the others."""
        with telemetry.span("probe") as span:
            span.set("berthage.server", server)
            try:
                return await one.run(self._timeout)
            except Exception:
                logger.exception("the look at %s failed", server)
                return Observation()
