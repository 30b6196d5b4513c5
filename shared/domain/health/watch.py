"""What a look at a registry changes: its state, its incident, and whether somebody has to be told.

A good look counts at once. A bad one is only a suspicion until another one, `RECHECK` later, finds something bad too; a
registry that lets anybody in is the exception, and is told whatever was told before. People hear of a state once. They
hear nothing of our own operations, nothing while they have muted it, and of one that changes again and again they hear
that, and then how it ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.health.codes import Code, Finding, HealthState, state_of
from shared.domain.health.history import Check, Incident
from shared.domain.health.observation import ProbeCheck
from shared.domain.health.verdict import Verdict
from shared.domain.notices.notice import NoticeKind

FLAPS, FLAP_WINDOW = 4, timedelta(hours=1)
"""So many changes within that time are too many to tell each."""
QUIET = timedelta(minutes=30)
"""So long it has to keep still until it is told how it ended."""
BAD = {HealthState.DEGRADED, HealthState.DOWN}
TOLD = {HealthState.HEALTHY, HealthState.DEGRADED, HealthState.DOWN}
"""States that people hear of: maintenance is ours, and what nobody knows is no news of the registry."""


@dataclass(frozen=True)
class Look:
    """One look. `findings`: at least one, the gravest first."""

    at: datetime
    findings: Sequence[Finding]
    latency_ms: int | None = None
    """How long the login took; `None` if there was none."""
    checks: Sequence[ProbeCheck] = ()
    """What the probe did."""
    certificate_expires: datetime | None = None

    @property
    def gravest(self) -> Finding:
        """What it comes to."""
        return self.findings[0]

    @property
    def state(self) -> HealthState:
        """The state that it would mean, if it were confirmed. Where nobody could look, nothing else counts."""
        codes = {each.code for each in self.findings}
        return state_of(Code.NOT_CHECKED if Code.NOT_CHECKED in codes else self.gravest.code)


@dataclass(frozen=True)
class Moved:
    """What comes of a look."""

    verdict: Verdict
    held: HealthState
    """The state that the registry was in from `held_since` to this look."""
    held_since: datetime
    """The look before; or the one that first suspected what is settled now. This look, while it is not settled."""
    suspicion: bool
    """Look again soon."""
    checks: Sequence[Check]
    """To be kept: this look, and the one that first suspected what is confirmed now."""
    incident: Incident | None = None
    """As it is now, if it has changed."""
    tell: NoticeKind | None = None
    over: Incident | None = None
    """The incident that has ended."""


def first_verdict(uid: str, look: Look) -> Verdict:
    """Before the first look."""
    return Verdict(uid=uid, checked_at=look.at, since=look.at, **look.gravest.model_dump())


def advance(
    before: Verdict, look: Look, *, recheck: timedelta, muted: bool, incident: Incident | None = None
) -> Moved:
    """`incident`: the one that `before` says is not over; `None` if its row is lost, too."""
    state, confirmed = _state(before, look, recheck)
    suspicion = state is not look.state and look.state is not HealthState.HEALTHY
    began = (before.suspected_at or look.at) if confirmed else look.at
    after = before.change(
        **look.gravest.model_dump(),
        findings=list(look.findings),
        latency_ms=look.latency_ms or 0,
        checks=list(look.checks),
        certificate_expires=look.certificate_expires or before.certificate_expires,
        checked_at=look.at,
        state=state,
        since=began if state is not before.state else before.since,
        suspected_at=(before.suspected_at or look.at) if suspicion else None,
        to_tell=None,
    )
    after = _with_changes(before, after)
    changed, over = _incident(after, incident)
    present = None if over else changed or incident
    after = after.change(incident_at=present.started_at if present else None)
    tell = None if muted else _tell(after, look.at)
    return Moved(
        _told(after, tell),
        held=state if confirmed else before.state,
        held_since=look.at if suspicion and before.suspected_at else before.suspected_at or before.checked_at,
        suspicion=suspicion,
        checks=_checks(before, after, look, confirmed=confirmed),
        incident=changed,
        tell=tell,
        over=over,
    )


def _state(before: Verdict, look: Look, recheck: timedelta) -> tuple[HealthState, bool]:
    """The state from now on, and whether it was suspected before."""
    target = look.state
    if target in {HealthState.HEALTHY, HealthState.MAINTENANCE, before.state}:
        return target, False
    if look.gravest.code is Code.AUTH_NOT_REQUIRED:
        return target, before.suspected_at is not None
    if before.suspected_at and look.at - before.suspected_at >= recheck:
        return target, True
    return before.state, False


def _with_changes(before: Verdict, after: Verdict) -> Verdict:
    """Remembers changes between states that people hear of; the way through a maintenance is none."""
    recent = [when for when in before.changes if after.checked_at - when < FLAP_WINDOW]
    if after.state is not before.state and {after.state, before.state} <= TOLD:
        recent.append(after.checked_at)
    return after.change(changes=recent)


def _incident(after: Verdict, present: Incident | None) -> tuple[Incident | None, Incident | None]:
    """What of it is to be written, and the one that is over."""
    if present is None:
        return (_opened(after) if after.state in BAD else None), None
    if after.state is HealthState.HEALTHY:
        ended = present.change(ended_at=after.checked_at)
        return ended, ended
    if after.state is HealthState.DOWN and (
        present.state is not HealthState.DOWN or (_is_open(after) and present.code is not after.code)
    ):
        worse = _opened(after).model_dump(exclude={"etag", "started_at"})
        return present.change(**worse), None
    return None, None


def _opened(after: Verdict) -> Incident:
    return Incident(
        uid=after.uid,
        started_at=after.since or after.checked_at,
        state=after.state,
        code=after.code,
        message=after.message,
        fix=after.fix,
        evidence=after.evidence,
    )


def _is_open(after: Verdict) -> bool:
    """Nothing is worse, so it is news of a registry that is known to be down, too."""
    return after.code is Code.AUTH_NOT_REQUIRED


def _tell(after: Verdict, now: datetime) -> NoticeKind | None:
    if _is_open(after) and not after.told_open:
        return NoticeKind.PROBLEM
    if after.state not in TOLD or after.state is after.told:
        return None
    is_restless = bool(after.changes) and now - after.changes[-1] < QUIET
    if is_restless and after.told is HealthState.UNKNOWN:
        return None
    if is_restless and len(after.changes) >= FLAPS:
        return NoticeKind.FLAPPING
    return NoticeKind.RECOVERY if after.state is HealthState.HEALTHY else NoticeKind.PROBLEM


def _told(after: Verdict, tell: NoticeKind | None) -> Verdict:
    if tell is None:
        return after
    told = HealthState.UNKNOWN if tell is NoticeKind.FLAPPING else after.state
    return after.change(told=told, told_open=_is_open(after))


def _checks(before: Verdict, after: Verdict, look: Look, *, confirmed: bool) -> list[Check]:
    """The look that first suspected it counts as what it turned out to be, and those until then do not count."""
    if before.suspected_at and after.suspected_at:
        return []
    now = Check(uid=after.uid, at=look.at, state=after.state, code=after.code, latency_ms=look.latency_ms)
    first = before.suspected_at
    if not confirmed or first is None or first == look.at:
        return [now]
    return [now, now.change(at=first, code=before.code, latency_ms=before.latency_ms or None)]
