"""What no probe sees: the file's alarm, what the daily look found, users whose time is over soon."""

from collections.abc import Iterator

from shared.domain.health.codes import Finding
from shared.domain.health.daily import findings_of
from shared.services.health.daily import expiring
from shared.services.health.observer import Case
from shared.services.state import Clock, State


class Advice:
    """`days`: from when on before its end a user is worth a word."""

    def __init__(self, state: State, days: int, now: Clock) -> None:
        self._state, self._days, self._now = state, days, now

    def __call__(self, case: Case) -> Iterator[Finding]:
        """Raises `DependencyError` when the table service does not answer."""
        if case.known.alarm:
            yield case.known.alarm.finding
        yield from findings_of(case.known.daily)
        if found := expiring(self._state, case.registry, self._days, self._now):
            yield found
