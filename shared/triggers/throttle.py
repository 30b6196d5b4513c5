"""Throttling: how much one caller may ask for in a minute, counted before anything is done.

The count stands in the memory of this process: the true ceiling is the limit times the processes that run.
docs/security.md says what a count of all of them would take.
"""

import functools
import math
import time
from threading import Lock
from typing import TYPE_CHECKING

from shared.bootstrap import services
from shared.domain.errors import ApiError

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter

# ruff: noqa: PLC0415 - a process that only reads, or that has no limit, does not pay for the library

MAX_CALLERS = 1000
"""Counted by one limit at the same time; whoever has been silent for longest is forgotten first."""


class Throttle:
    """One limit. `what` it counts, and the `setting` that says how many in any 60 seconds."""

    def __init__(self, what: str, setting: str) -> None:
        self._what, self._setting = what, setting
        self._lock = Lock()
        self._window = functools.lru_cache(MAX_CALLERS)(_window)

    def admit(self, actor: str, per_minute: int) -> None:
        """Counts a request of `actor`; 0 = no limit. Raises `ApiError` 429: what is refused is not counted."""
        if per_minute == 0:
            return
        with self._lock:
            wait = self._wait(actor, per_minute)
        if wait:
            raise self._refusal(actor, per_minute, wait)

    def _wait(self, actor: str, per_minute: int) -> int:
        """0 if it was counted, otherwise whole seconds until one more fits in."""
        from limits import RateLimitItemPerMinute

        limit, window = RateLimitItemPerMinute(per_minute), self._window(actor)
        if window.hit(limit):
            return 0
        return math.floor(window.get_window_stats(limit).reset_time - time.time()) + 1

    def _refusal(self, actor: str, per_minute: int, wait: int) -> ApiError:
        return ApiError(
            429,
            "TooManyRequests",
            f"Caller {actor} has sent {per_minute} {self._what} in the last 60 seconds, as many as "
            f"{self._setting} allows. Nothing was done.",
            f"Send the same request again in {wait} seconds. An operator can raise {self._setting}.",
            target=self._setting,
            headers={"Retry-After": str(wait)},
        )


def _window(actor: str) -> "MovingWindowRateLimiter":
    """The requests of one caller in the last minute."""
    from limits import strategies
    from limits.storage import MemoryStorage

    _ = actor
    return strategies.MovingWindowRateLimiter(MemoryStorage())


_writes = Throttle("writes", "WRITES_PER_MINUTE")
_secrets = Throttle("requests that set or show a secret", "SECRETS_PER_MINUTE")


def admit(actor: str, *, writes: bool, shows_secret: bool) -> None:
    """Counts a request, whatever comes of it; one that shows a secret counts twice. Raises `ApiError` 429."""
    if writes:
        _writes.admit(actor, services().settings.writes_per_minute)
    if shows_secret:
        _secrets.admit(actor, services().settings.secrets_per_minute)
