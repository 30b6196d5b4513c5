"""Looks at a batch of registries, keeps what was found, and tells whoever has to know.

What looks bad for the first time is only suspected: the same registries are looked at once more a little later. If
that message is lost, the next sweep is the second look.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from shared.domain.errors import DependencyError
from shared.domain.health.board import Sweep
from shared.domain.health.codes import HealthState
from shared.domain.health.mute import Mute
from shared.domain.health.verdict import Verdict
from shared.domain.health.watch import Look
from shared.domain.messages import CheckMessage
from shared.domain.notices.notice import Notice
from shared.domain.registries.registry import Registry
from shared.ports import Queue
from shared.services.health.apart import apart
from shared.services.health.boards import Boards, Seen
from shared.services.health.daily import DailyLooks
from shared.services.health.keeper import Keeper
from shared.services.health.observer import CONCURRENCY, Case, Observer
from shared.services.health.sweeps import Sweeps
from shared.services.state import Clock
from shared.telemetry.logs import bound
from shared.telemetry.threads import ContextThreadPool

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=10)
"""A batch of a sweep that began so long ago is dropped: a newer sweep has the same registries.

A second look is never too late: the first one may have been on demand, long after the last sweep.
"""

type Muted = Callable[[Registry], Mute | None]
type StoppedBy = Callable[[Sweep | None, str, bool], bool | None]
"""By what a sweep knows: see `IsStopped`."""
type Announce = Callable[[Notice], None]


class Checks:
    """`muted`: does nobody want to hear of a registry? `recheck_seconds`: from the first look to the second."""

    def __init__(
        self,
        observer: Observer,
        keeper: Keeper,
        boards: Boards,
        sweeps: Sweeps,
        daily: DailyLooks,
        queue: Queue[CheckMessage],
        announce: Announce,
        muted: Muted,
        now: Clock,
        recheck_seconds: float,
    ) -> None:
        self._observer, self._keeper, self._boards, self._sweeps = observer, keeper, boards, sweeps
        self._daily = daily
        self._queue, self._announce, self._muted = queue, announce, muted
        self._now, self._recheck = now, recheck_seconds

    def run(self, message: CheckMessage) -> None:
        """One batch of a sweep, or a second look."""
        sweep = self._sweeps.read(message.sweep)
        is_batch = message.batch is not None
        if sweep is None or (is_batch and self._now() - sweep.started_at > LATE):
            logger.warning("a batch of health sweep %s came too late, dropped", message.sweep)
            return
        seen = self._look(message.registries, sweep, _listed if is_batch else self._known)
        if message.batch is not None:
            self._sweeps.done(message.sweep, message.batch, [each.moved.verdict.state for each in seen])
            self._look_daily(seen, sweep.batches)

    def now(self, name: str) -> None:
        """Looks at one registry at once: its verdict is in its row then. There may be nothing to look at yet."""
        self._look([name], self._sweeps.newest(), self._known)

    def _known(self, sweep: Sweep | None, site: str, is_shut_out: bool) -> bool | None:
        """What the sweep says of a site may be old. Where the probe says otherwise, Azure is asked anew."""
        listed = _listed(sweep, site, is_shut_out)
        return listed if bool(listed) is is_shut_out else self._sweeps.is_stopped(site)

    def _look(self, names: Sequence[str], sweep: Sweep | None, is_stopped: StoppedBy) -> list[Seen]:
        """Raises `DependencyError` at the end: what could be kept is shown, and looked at again if need be."""
        cases, gone = self._observer.cases(names)
        looks = self._observer.look(cases, partial(is_stopped, sweep))
        with ContextThreadPool(CONCURRENCY) as pool:
            kept = list(pool.map(lambda pair: self._kept(*pair), looks))
        seen = [each for each in kept if isinstance(each, Seen)]
        self._boards.show(seen, gone)
        suspects = [each.registry.name for each in seen if each.moved.suspicion]
        if suspects and sweep:
            self._look_again(sweep.id_key, suspects)
        for failure in kept:
            if isinstance(failure, DependencyError):
                raise failure
        return seen

    def _kept(self, case: Case, look: Look) -> Seen | DependencyError | None:
        try:
            return apart(case.registry.name, partial(self._keep, case, look))
        except DependencyError as error:
            return error

    def _keep(self, case: Case, look: Look) -> Seen | None:
        registry, last = case.registry, case.known.last
        with bound(registry=registry.name):
            if last and last.to_tell:
                self._announce(last.to_tell)  # whoever found it out may have died before
            mute = self._muted(registry)
            kept = self._keeper.keep(registry, case.known, look, muted=mute is not None)
            if kept is None:
                return None
            moved, days = kept
            _log(moved.verdict, last)
            if moved.verdict.to_tell:
                self._announce(moved.verdict.to_tell)
        return Seen(registry, look, moved, days, mute, case.known.daily)

    def _look_daily(self, seen: Sequence[Seen], batches: int) -> None:
        """What costs more than a probe: what it finds, the next look takes up."""
        at_rest = [each for each in seen if each.look.state is not HealthState.MAINTENANCE]
        chosen = self._daily.choose(((each.registry, each.daily) for each in at_rest), batches)
        with ContextThreadPool(CONCURRENCY) as pool:
            looks = pool.map(lambda pair: apart(pair[0].name, partial(self._daily.look, *pair)), chosen)
            for (registry, _), look in zip(chosen, looks, strict=True):
                if look and not self._observer.is_in_motion(registry):  # what was seen may be that
                    self._keeper.keep_daily(registry.name, look)

    def _look_again(self, sweep: str, suspects: Sequence[str]) -> None:
        try:
            self._queue.send(CheckMessage(sweep=sweep, registries=list(suspects)), self._recheck)
        except DependencyError as error:
            logger.warning("the second look waits for the next sweep: %s", error)


def _listed(sweep: Sweep | None, site: str, _is_shut_out: bool) -> bool | None:
    """Before the first sweep nobody has asked Azure: then the probe alone has to tell."""
    if sweep is None:
        return False
    return None if sweep.stopped is None else site in sweep.stopped


def _log(verdict: Verdict, before: Verdict | None) -> None:
    if verdict.is_shown_bad or verdict.suspected_at:
        logger.warning("%s: %s %s", verdict.code.value, verdict.message, verdict.evidence)
    elif before and before.state is not verdict.state:
        logger.info("%s", verdict.state.value)
