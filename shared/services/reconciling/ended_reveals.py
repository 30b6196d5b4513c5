"""One-time links that nobody has opened: a new user goes with its link, and rows go a day after their link has ended.

The registry's row keeps the earliest time at which anything may be due. Each user goes in the version in which it was
seen to wait, so that a click or a new offer in the same moment wins, and the next run looks again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from shared.domain.audit import FORGET_UNSEEN_USER
from shared.domain.records import Change, Delete
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.htpasswd import Projection
from shared.domain.users.reveal import KEPT, Reveal
from shared.domain.users.user import User, UserState
from shared.services.audit.entries import entry_about
from shared.services.reconciling.reconcile import ACTOR, Seen
from shared.services.reconciling.report import Report
from shared.services.requests import Caller
from shared.services.state import Clock, State, retry_on_conflict

logger = logging.getLogger(__name__)

BATCH = 40
"""Links in one transaction: each may remove its own row and its user's, and a hundred rows are the most."""


@dataclass(frozen=True)
class _Work:
    """A link that has ended. `waiting`: the user who has no password but by it. `is_old`: its row can go, too."""

    reveal: Reveal
    waiting: User | None
    is_old: bool

    def is_ready(self, projection: Projection | None) -> bool:
        """Not before the file is out that an earlier user of that name has been deleted from: see decision 2."""
        published = projection.published_revision if projection else -1
        return self.waiting is None or self.waiting.revision <= published or published < 0


class EndedReveals:
    """A registry without links costs nothing."""

    def __init__(self, state: State, now: Clock) -> None:
        self._state, self._now = state, now

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        if seen.registry is None or not _is_due(seen.registry, self._now()):
            return
        for username in self._clear(seen.name, seen.projection):
            logger.info("user %s is gone: nobody has opened the one-time link", username)
            report.note("unseen_users_forgotten", f"{seen.name}/{username}")

    @retry_on_conflict
    def _clear(self, name: str, projection: Projection | None) -> Sequence[str]:
        """The names of the users who have gone."""
        registry, now = self._state.registry(name), self._now()
        if registry is None or not _is_due(registry, now):
            return []
        reveals = list(self._state.reveals(name))
        looked = [self._look(name, reveal, now) for reveal in reveals if reveal.ends <= now]
        work = [each for each in looked if each.waiting or each.is_old]
        done = [each for each in work if each.is_ready(projection)][:BATCH]
        going = [each.waiting for each in done if each.waiting]
        old = [each.reveal for each in done if each.is_old]
        times = [_due(each, now) for each in reveals if each not in old]
        changed = registry.change(
            user_count=registry.user_count - len(going),
            reveals_due=now if len(done) < len(work) else min(times, default=None),
        )
        rows: list[Change] = [Delete(each.key, each.etag) for each in (*going, *old)]
        self._state.commit(name, changed.save(), *rows, *_audited(name, going, now))
        return [user.username for user in going]

    def _look(self, name: str, reveal: Reveal, now: datetime) -> _Work:
        user = None if reveal.used_at else self._state.user(name, reveal.username)
        waits = user and not user.password_hash and user.reveal == reveal.digest
        is_there = user if user and waits and user.state is not UserState.DELETING else None
        return _Work(reveal, is_there, reveal.ends + KEPT <= now)


def _is_due(registry: Registry, now: datetime) -> bool:
    is_going = registry.provisioning_state is ProvisioningState.DELETING
    return registry.reveals_due is not None and registry.reveals_due <= now and not is_going


def _audited(name: str, going: Sequence[User], now: datetime) -> list[Change]:
    if not going:
        return []
    caller = Caller(actor=ACTOR, request_id=str(ULID()))
    details = {"removed": [user.username for user in going]}
    return [entry_about(caller, FORGET_UNSEEN_USER, name, now, details).save()]


def _due(reveal: Reveal, now: datetime) -> datetime:
    """When it has to be looked at next."""
    return reveal.ends if now < reveal.ends else reveal.ends + KEPT
