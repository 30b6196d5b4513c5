"""The classes of faults, and which of them each step gets.

Reads get no kill, no lost answer and no conflict: a process that dies at a read is one that dies before the write that
follows or after the one before; a lost answer of a read is a dropped connection; and no service answers a read with a
conflict. An error or a dropped connection comes as often as the SDK tries again, or nobody would notice it.
"""

from dataclasses import dataclass
from typing import Any

from shared.services.registries.visits import MAX_SENDS
from tests.chaos.steps import Kind, Step

Json = dict[str, Any]

KILL_BEFORE, KILL_AFTER = "kill-before", "kill-after"
KILLS = (KILL_BEFORE, KILL_AFTER)
DELAY = "delay"
DELAY_SECONDS = 4.5
"""Longer than OPERATION_STALE_SECONDS: others take over, and then the late one wakes up."""

_TRIES = {"arm": 1, "files": 2, "tables": 3, "queues": 3}
"""How often a service's client sends a request before it gives up (shared/azure)."""


@dataclass(frozen=True)
class FaultClass:
    """One way in which a step goes wrong. `effect` is the part of a fault that says what happens."""

    name: str
    effect: Json
    exhausts: bool = False
    """It hits every try of the client."""
    count: int = 1

    def fault(self, step: Step, mentions: str) -> Json:
        """The whole fault, for one registry."""
        count = _TRIES[step.kind.service] if self.exhausts else self.count
        return {
            **step.kind.fault(),
            "mentions": mentions,
            "skip": step.skip,
            "count": count,
            **self.effect,
        }


def _answer(status: int) -> FaultClass:
    headers = {"Retry-After": "1"} if status == 429 else {}
    return FaultClass(str(status), {"answer": {"status": status, "headers": headers}}, exhausts=True)


def _failed(shown: str) -> FaultClass:
    return FaultClass(f"failed-{shown}", {"operation": {"shown": shown}})


_OF_READS = (
    _answer(429),
    _answer(500),
    _answer(503),
    FaultClass(DELAY, {"delay": DELAY_SECONDS}),
    FaultClass("drop", {"drop": "before"}, exhausts=True),
)
_OF_WRITES = (
    *_OF_READS,
    _answer(409),
    FaultClass("lost", {"drop": "after"}),
    FaultClass(KILL_BEFORE, {"hold": "before"}),
    FaultClass(KILL_AFTER, {"hold": "after"}),
)
REFUSED = FaultClass("refused", {"answer": {"status": 403, "code": "AuthorizationFailed"}})
"""A refusal that no repetition mends: the operation fails, a first create takes back what it made."""
_OF_OPERATIONS = (
    _failed("arm"),
    _failed("appservice"),
    _failed("resource"),
    FaultClass("failed-for-good", {"operation": {"shown": "arm"}}, count=MAX_SENDS + 1),
)


def classes_of(kind: Kind) -> tuple[FaultClass, ...]:
    """What may happen to calls of that kind."""
    if kind.is_read:
        return _OF_READS
    arm = (REFUSED,) if kind.service == "arm" else ()
    return (*_OF_WRITES, *arm, *(_OF_OPERATIONS if kind.starts_operation else ()))
