"""The alarm that a user's change, a revocation above all, does not become effective."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.health.codes import Code
from shared.domain.health.verdict import Alarm, alarm
from shared.domain.operations import Kind, Operation
from shared.domain.registries.registry import Registry
from shared.services.health.rows import HealthRows
from shared.services.reconciling.reconcile import Seen
from shared.services.reconciling.report import Report
from shared.services.state import Clock

logger = logging.getLogger(__name__)

MOST_NAMED = 5
"""Operations that one alarm names."""


class HtpasswdAlarm:
    """`stale_seconds`: how long a change may take until the registry proves it."""

    def __init__(self, health: HealthRows, now: Clock, stale_seconds: float) -> None:
        self._health, self._now, self._stale = health, now, timedelta(seconds=stale_seconds)

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        registry, projection = seen.registry, seen.projection
        if registry is None or seen.known is None:
            return
        served = projection and projection.published_revision >= 0 and not registry.is_soft_deleted
        changes = [each for each in seen.unfinished if served and not each.kind.is_lifecycle]
        wanted = self._judge(registry, changes, report)
        present = seen.known.alarm
        if wanted and (present is None or present.message != wanted.message):
            self._health.keep(seen.name, wanted)
        elif present and not wanted:
            self._health.drop(seen.name, present)
            report.note("alarms_over", seen.name)
            logger.info("%s is over: registry %s", present.code, seen.name)

    def _judge(self, registry: Registry, changes: Sequence[Operation], report: Report) -> Alarm | None:
        """Logged in each run as long as it lasts. Without a file that serves users nobody can log in."""
        now = self._now()
        late = [change for change in changes if now - change.created_at > self._stale]
        repairs = [change for change in changes if change.kind is Kind.REPAIR_HTPASSWD]
        if not late and not repairs:
            return None
        code = Code.HTPASSWD_STALE if late else Code.HTPASSWD_DRIFT
        about = _named(late or repairs)
        report.note(code.lower(), registry.name)
        logger.error("%s: registry %s: %s", code, registry.name, about)
        return alarm(registry.uid, code, about, now)


def _named(changes: Sequence[Operation]) -> str:
    ordered = sorted(changes, key=lambda change: change.created_at)
    named = [_one(change) for change in ordered[:MOST_NAMED]]
    more = len(ordered) - len(named)
    return "; ".join([*named, *([f"and {more} more"] if more else [])])


def _one(change: Operation) -> str:
    obstacle = f": {change.obstacle.code}" if change.obstacle else ""
    return f"{change.kind} {change.user or ''}".strip() + f" (operation {change.id}{obstacle})"
