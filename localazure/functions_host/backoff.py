"""How long a poller waits while its queue is empty."""

import random

FIRST_DELAY = 0.1
"""Seconds (QueuePollingIntervals.Minimum)."""
_RANDOMIZATION = 0.2


class Backoff:
    """From 100 ms to `longest` seconds, growing at random: RandomizedExponentialBackoffStrategy.cs."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._delay = 0.0
        self._exponent = 0

    def next_delay(self, *, found: bool) -> float:
        """Seconds to wait now; `found` says whether there was a message since the last wait."""
        if found:
            self._delay, self._exponent = min(FIRST_DELAY, self._longest), 1
        elif self._delay < self._longest:
            self._delay = min(self._grown(), self._longest)
            self._exponent += 1
        return self._delay

    def _grown(self) -> float:
        if self._exponent == 0:
            return FIRST_DELAY
        factor = random.uniform(1 - _RANDOMIZATION, 1 + _RANDOMIZATION)  # noqa: S311 - spreads load, guards nothing
        return float(FIRST_DELAY + factor * 2 ** (self._exponent - 1) * FIRST_DELAY)
