"""The `Probe` port over HTTPS: looks at a registry as a client does.

Redirects are never followed, a body is never read to its end unless it is short, and the probe's password goes only to
what answered like a private registry.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from shared.domain.health.observation import Observation
from shared.registry_probe.look import Look
from shared.registry_probe.tls import trust
from shared.telemetry.traces import telemetry

RESOLVERS_PER_PLACE = 4
"""A resolver that hangs can't be cancelled, and may hang for some deadlines: meanwhile others need threads."""


class HttpProbe:
    """`timeout`: seconds for one registry, whatever it does; `concurrency`: how many at a time."""

    def __init__(self, timeout: float, concurrency: int) -> None:
        self._timeout, self._concurrency = timeout, concurrency

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
        places = asyncio.Semaphore(self._concurrency)

        async def look(server: str, password: str) -> Observation:
            one = Look(server, password, trust(), resolvers, login_only=login_only)
            async with places:
                with telemetry.span("probe") as span:
                    span.set("berthage.server", server)
                    return await one.run(self._timeout)

        return await asyncio.gather(*(look(*target) for target in targets))
