"""A look that somebody asks for, as a sweep's: it counts, is kept, and is told like any other."""

from collections.abc import Callable

from shared.services.health.history import HealthHistory, RegistryHealth
from shared.services.registries import Registries
from shared.services.requests import check_not_deleted


class OnDemand:
    """`look`: looks at one registry at once, and keeps what it finds."""

    def __init__(self, registries: Registries, history: HealthHistory, look: Callable[[str], None]) -> None:
        self._registries, self._history, self._look = registries, history, look

    def check(self, name: str) -> RegistryHealth:
        """Takes as long as a probe may. Raises `ApiError` 404, and 409 for a deleted registry."""
        check_not_deleted(self._registries.require(name))
        self._look(name)
        return self._history.of(name)
