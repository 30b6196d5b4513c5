"""The last verdict of a registry, as its row keeps it."""

from datetime import datetime

from shared.domain.health.codes import MEANINGS, Code, Severity
from shared.domain.health.observation import Observation
from shared.domain.records import Record


class Verdict(Record):
    """The last verdict of one registry, as `GET` of the registry shows it."""

    uid: str
    code: Code
    severity: Severity
    message: str
    fix: str = ""
    latency_ms: int
    checked_at: datetime

    @property
    def key(self) -> str:
        return VERDICT_KEY


VERDICT_KEY = "last"
ALARM_KEY = f"{VERDICT_KEY}-alarm"


class Alarm(Verdict):
    """What `reconcile` found out about the htpasswd file. It stands beside the last verdict until it is over."""

    @property
    def key(self) -> str:
        return ALARM_KEY


def alarm(uid: str, code: Code, about: str, now: datetime) -> Alarm:
    """The code with its meaning; `about` names operations and users."""
    meaning = MEANINGS[code]
    text = f"{meaning.message} {about}"
    return Alarm(
        uid=uid,
        code=code,
        severity=meaning.severity,
        message=text,
        fix=meaning.fix,
        latency_ms=0,
        checked_at=now,
    )


def gravest(last: Verdict | None, alarmed: Alarm | None) -> Verdict | None:
    """An alarm says why a registry is not as it should be; only a registry without any lock is worse."""
    if last and last.code is Code.AUTH_NOT_REQUIRED:
        return last
    return alarmed or last


def verdict(uid: str, code: Code, seen: Observation, now: datetime) -> Verdict:
    """The code with its meaning."""
    return Verdict(
        uid=uid,
        code=code,
        **vars(MEANINGS[code]),
        latency_ms=seen.latency_ms,
        checked_at=now,
    )
