"""What runs functions for one trigger, and what keeps it running."""

import asyncio
import logging
from typing import Protocol

from localazure.functions_host.waiting import stopped_within

_logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
"""Between the failure of a listener and its next start."""


class Listener(Protocol):
    """Runs functions for one trigger."""

    async def run(self) -> None:
        """Work until `stop`, then finish what was begun. May be called again after it has raised."""
        ...

    def stop(self) -> None:
        """Begin nothing new."""
        ...


async def keep_running(listener: Listener, stopping: asyncio.Event) -> None:
    """A listener that fails (a full disk) is started again: a function that silently runs no more is worse."""
    while True:
        try:
            await listener.run()
        except Exception:
            _logger.exception("a listener failed, starting it again in %g s", PAUSE_SECONDS)
        else:
            return
        if await stopped_within(stopping, PAUSE_SECONDS):
            return
