"""Health, as callers see it."""

from shared.domain.health.codes import HealthState
from shared.domain.health.mute import Mute
from shared.domain.health.verdict import Verdict
from shared.triggers.answer_models.health import HealthView, MutedRegistry


def health_view(found: Verdict | None, *, at_work: bool) -> HealthView | None:
    """The last verdict; `None` before the first. `at_work`: an operation of ours is."""
    if found is None:
        return None
    return HealthView(
        state=HealthState.MAINTENANCE if at_work else found.state,
        since=None if at_work else found.since,
        code=found.code,
        severity=found.severity,
        message=found.message,
        fix=found.fix or None,
        latency_milliseconds=found.latency_ms or None,
        checked_at=found.checked_at,
    )


def muted_registry(name: str, mute: Mute) -> MutedRegistry:
    """A registry that has just been muted."""
    return MutedRegistry(
        registry=name, until=mute.until, reason=mute.reason, by=mute.by, muted_at=mute.at, operation=None
    )
