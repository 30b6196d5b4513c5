"""A look that somebody asks for, as a sweep's: it counts, is kept, and is told like any other."""

from collections.abc import Callable
from datetime import timedelta

from shared.services.health.history import HealthHistory, RegistryHealth
from shared.services.registries.catalog import Registries
from shared.services.requests import check_not_deleted
from shared.services.state import Clock

FRESH = timedelta(seconds=5)
"""What was found so lately is the answer: each look is kept, and costs the registry a login."""


class OnDemand:
    """`look`: looks at one registry at once, and keeps what it finds."""

    def __init__(
        self, registries: Registries, history: HealthHistory, look: Callable[[str], None], now: Clock
    ) -> None:
        self._registries, self._history, self._look, self._now = registries, history, look, now

    def check(self, name: str) -> RegistryHealth:
        """Takes as long as a probe may. Raises `ApiError` 404, and 409 for a deleted registry."""
        found = self._registries.get(name)
        check_not_deleted(found.registry)
        last = found.known.last if found.known else None
        if last is None or self._now() - last.checked_at >= FRESH:
            self._look(name)
        return self._history.of(name)
