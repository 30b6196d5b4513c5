"""The last verdict of a registry, and what `reconcile` found out about its htpasswd file, as their rows keep them."""

from datetime import datetime
from typing import Self

from pydantic import Field

from shared.domain.health.codes import MEANINGS, Code, Finding, HealthState, Severity
from shared.domain.health.history import GAP
from shared.domain.health.observation import ProbeCheck
from shared.domain.notices.notice import Notice
from shared.domain.records import Nested, Record

VERDICT_KEY = "last"
ALARM_KEY = f"{VERDICT_KEY}-alarm"


class _Found(Record):
    uid: str
    code: Code
    severity: Severity
    message: str
    fix: str = ""
    latency_ms: int = 0
    checked_at: datetime


class Verdict(_Found):
    """What the last look found, as `GET` of the registry shows it, and the state that is confirmed.

    `code` is the gravest finding of that one look. A bad one becomes a `state` only when a second look is bad too.
    """

    evidence: str = ""
    findings: Nested[list[Finding]] = Field(default_factory=list)
    """All of them, the gravest first."""
    checks: Nested[list[ProbeCheck]] = Field(default_factory=list)
    """What the probe did; nothing of a maintenance."""
    certificate_expires: datetime | None = None
    """Of the last certificate that was trusted."""
    state: HealthState = HealthState.UNKNOWN
    since: datetime | None = None
    """When the state began: of a bad one, when it was first suspected."""
    suspected_at: datetime | None = None
    """When the first of the looks was that found something bad which is not confirmed yet."""
    incident_at: datetime | None = None
    """When the incident began that is not over."""
    told: HealthState = HealthState.HEALTHY
    """The state that people were told last; `Unknown`: only that it changes again and again."""
    told_open: bool = False
    """Was that a registry which lets anybody in?"""
    to_tell: Nested[Notice | None] = None
    """What came of this look for people to hear: whoever looks next makes sure that it has gone out."""
    changes: Nested[list[datetime]] = Field(default_factory=list)
    """When its state changed lately."""
    aged_at: datetime | None = None
    """When old rows were last removed."""

    @property
    def key(self) -> str:
        return VERDICT_KEY

    def known_at(self, now: datetime) -> Self:
        """What may be claimed of it now: when nobody has looked for long, it is unknown since the last look."""
        if now - self.checked_at < GAP:
            return self
        return self.change(state=HealthState.UNKNOWN, since=self.checked_at)

    @property
    def is_shown_bad(self) -> bool:
        """Is its state a bad one? Then the code is why."""
        return self.state in {HealthState.DEGRADED, HealthState.DOWN}


class Alarm(_Found):
    """What `reconcile` found out about the htpasswd file. It stands beside the last verdict until it is over."""

    @property
    def key(self) -> str:
        return ALARM_KEY

    @property
    def finding(self) -> Finding:
        """The same as a look would have found it."""
        return Finding(code=self.code, severity=self.severity, message=self.message, fix=self.fix)


def alarm(uid: str, code: Code, about: str, now: datetime) -> Alarm:
    """The code with its meaning; `about` names operations and users."""
    meaning = MEANINGS[code]
    text = f"{meaning.message} {about}"
    return Alarm(uid=uid, code=code, severity=meaning.severity, message=text, fix=meaning.fix, checked_at=now)


def gravest(last: Verdict | None, alarmed: Alarm | None) -> Verdict | None:
    """An alarm says why a registry is not as it should be; only a registry without any lock is worse."""
    if alarmed is None or (last and last.code is Code.AUTH_NOT_REQUIRED):
        return last
    found = alarmed.model_dump(exclude={"etag", "latency_ms", "checked_at"})
    if last is None:
        return Verdict(**found, checked_at=alarmed.checked_at)
    return last.change(**found, evidence="")
