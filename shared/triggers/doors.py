"""The way in for requests that are signed as a whole, by a chat platform that reads no error of ours.

Who is not let in hears nothing but the status: no word that would help with the next try. The log has the reason.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

from shared.domain.errors import ApiError
from shared.triggers.answers import Answer
from shared.triggers.client_address import client_address
from shared.triggers.throttle import admit

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """Instead of what other requests pass: `read` checks the signature before it looks at anything else."""

    read: Callable[[func.HttpRequest], Any]
    """The request as the model that the endpoint asks for. Raises `TurnedAwayError`."""
    refuse: Callable[[ApiError], Answer]
    """What is said when anything else goes wrong with a request that was let in."""
    media_type: str
    """Of the body."""


@dataclass
class TurnedAwayError(Exception):
    """Nobody says why to whoever sent it."""

    status: int = 401
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self) -> Answer:
        """Empty."""
        return Answer(self.status, None, self.headers)


def turned_away(req: func.HttpRequest, platform: str, reason: str) -> TurnedAwayError:
    """What to raise. `reason` is a word of ours, for the log: nothing of the request is.

    Only what is turned away counts against its address, and only then: behind a proxy the platform has the same one.
    """
    address = client_address(req.headers.get("X-Forwarded-For", "")) or "an unknown address"
    try:
        admit(f"{platform} at {address}", writes=True, shows_secret=False)
    except ApiError as error:
        return TurnedAwayError(error.status, dict(error.headers))
    logger.warning("a request was turned away: platform=%s reason=%s from=%s", platform, reason, address)
    return TurnedAwayError()
