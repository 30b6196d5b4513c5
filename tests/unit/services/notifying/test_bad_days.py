"""Whatever happens on a bad day, everything is told, and the last word about a registry is true."""

import heapq
import random
from itertools import count
from typing import Any

import pytest

from shared.domain.errors import TemporaryError
from shared.domain.health.codes import HealthState, Severity
from shared.domain.messages import NoticeMessage
from shared.domain.notices.notice import DeliveryStatus, NoticeKind
from shared.domain.notices.telling import Telling
from tests.unit.services.notifying.rig import HOOK, OPS, World

TEAM = {"name": "team", "kind": "teams"}
CHATS = ("ops", "team")
FAILURES = {
    "busy": TemporaryError("SinkUnavailable", "it answered 503", 0),
    "throttled": TemporaryError("SinkThrottled", "it answered 429", 300),
    "well": None,
}
VISIBLE_AGAIN, RETRIED = 600, 30
"""Seconds after which the host delivers the message of a process that died, and of one that failed."""


class Killed(BaseException):
    """The process died."""


class BadDay:
    """Registries go up and down, sinks come and go, processes die, messages come late, twice and in any order."""

    def __init__(self, seed: int) -> None:
        self.chance, self.world = random.Random(seed), World(OPS, HOOK, TEAM)
        self.told, self.deaths_behind = list[tuple[str, Telling]](), 0
        self.is_down = {f"registry-{number:02}": False for number in range(self.chance.choice([3, 55]))}
        self.failing: dict[str, TemporaryError | None] = {}
        self._waiting: list[tuple[float, int, NoticeMessage, str]] = []
        self._ids = count()
        self.world.messenger.send = self._send  # type: ignore[method-assign] # a messenger with bad days

    def _send(self, sink: str, telling: Telling) -> None:
        if failure := self.failing.get(sink):
            raise failure
        luck = self.chance.random()
        if luck < 0.02:
            raise Killed
        if luck < 0.03:
            raise ZeroDivisionError
        self.told.append((sink, telling))
        if luck < 0.05:
            self.deaths_behind += 1
            raise Killed

    def live(self, minutes: int) -> None:
        """Trouble for so long, and then none until all has been told."""
        for _ in range(minutes):
            self._change()
            self._minute()
        self.failing.clear()
        for _ in range(60 * 26):
            if not any(kept.pending for kept in self.world.kept()):
                return
            self._minute()

    def _change(self) -> None:
        is_wide = self.chance.random() < 0.1
        for name, was_down in self.is_down.items():
            if self.chance.random() < (0.5 if is_wide else 0.01):
                self.is_down[name] = not was_down
                self.world.announce(subject=name, **(UP if was_down else DOWN))
        for sink in (*CHATS, "hook"):
            if self.chance.random() < 0.1:
                self.failing[sink] = FAILURES[self.chance.choice([*FAILURES])]

    def _minute(self) -> None:
        for _ in range(6):
            self.world.clock.advance(10)
            self._deliver()
        self.world.reconcile()

    def _deliver(self) -> None:
        for message, delay in self.world.queue.sent:
            copies = 2 if self.chance.random() < 0.03 else 1
            for copy in range(copies):
                self._put(message, delay + 50 * copy * self.chance.random(), f"m-{next(self._ids)}")
        self.world.queue.sent.clear()
        while self._waiting and self._waiting[0][0] <= self.world.clock.now.timestamp():
            *_, message, message_id = heapq.heappop(self._waiting)
            try:
                self.world.deliveries.run(message, message_id)
            except Killed:
                self._put(message, VISIBLE_AGAIN, message_id)
            except ZeroDivisionError:
                self._put(message, RETRIED, message_id)

    def _put(self, message: NoticeMessage, delay: float, message_id: str) -> None:
        due = self.world.clock.now.timestamp() + delay
        heapq.heappush(self._waiting, (due, self.chance.randrange(10**6), message, message_id))


DOWN: dict[str, Any] = {}
UP = {"kind": NoticeKind.RECOVERY, "state": HealthState.HEALTHY, "severity": Severity.OK}


def last_words(day: BadDay, sink: str) -> dict[str, bool]:
    """Whether each registry is down, as somebody believes who has read all messages."""
    found = {}
    for told_to, telling in day.told:
        for line in (telling.summary.headline, *(item.title for item in telling.summary.needs_you)):
            name, _, verdict = line.partition(" is ")
            if told_to == sink and name in day.is_down:
                found[name] = verdict.startswith("down")
    return found


@pytest.mark.parametrize("seed", [0, 5, 7])
def test_everything_is_told_and_the_last_word_is_true(seed: int) -> None:
    random.seed(seed)  # of the pauses
    day = BadDay(seed)
    day.live(minutes=25)
    kept = day.world.kept()
    assert {each.status for notice in kept for each in notice.deliveries.values()} <= {
        DeliveryStatus.DELIVERED
    }
    events = [telling.id for sink, telling in day.told if sink == "hook"]
    assert {*events} == {notice.key.replace(".", "_") for notice in kept}
    assert len(events) <= len(kept) + day.deaths_behind, "nothing is told twice but for a death"
    for chat in CHATS:
        told = last_words(day, chat)
        assert told == {name: day.is_down[name] for name in {notice.subject for notice in kept}}, chat
