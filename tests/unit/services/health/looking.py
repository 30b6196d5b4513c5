"""A registry that is looked at again and again, and what the looks leave behind."""

from datetime import UTC, datetime, timedelta

from shared.domain.health.board import BOARD, SWEEPS, BoardEntry, Sweep
from shared.domain.health.history import Day, day_key
from shared.domain.health.observation import Failure
from shared.domain.health.verdict import Verdict
from tests.unit.services.rig import NAME, Rig

START = datetime(2026, 1, 1, tzinfo=UTC)
"""Where the clock of a rig begins."""


def up() -> Rig:
    """A registry that is up, and was seen so."""
    rig = Rig()
    rig.create()
    rig.sweep()
    rig.wire.calls.clear()
    return rig


def fail(rig: Rig, failure: Failure | None = Failure.CONNECTION, name: str = NAME) -> None:
    server = rig.registry(name).login_server or ""
    rig.probe.failures.pop(server, None)
    if failure:
        rig.probe.failures[server] = failure


def verdict(rig: Rig, name: str = NAME) -> Verdict:
    found = rig.registries.get(name).verdict
    assert found
    return found


def entry(rig: Rig, name: str = NAME) -> BoardEntry:
    row = rig.health_table.get(BOARD, name)
    assert row
    return BoardEntry.from_row(row)


def day(rig: Rig, later: int = 0) -> Day:
    row = rig.health_table.get(NAME, day_key(START.date() + timedelta(days=later)))
    assert row
    return Day.from_row(row)


def newest(rig: Rig) -> Sweep:
    return Sweep.from_row(next(iter(rig.health_table.query(SWEEPS, "0", "~"))))


def second_look(rig: Rig) -> None:
    """The message that waits for it, at its time."""
    [(message, delay)] = [sent for sent in rig.checks_queue.sent if sent[1]]
    rig.checks_queue.sent.clear()
    rig.clock.advance(delay)
    rig.checks.run(message)
