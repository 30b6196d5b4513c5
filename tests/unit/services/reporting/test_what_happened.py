"""What the services themselves write is what a report counts: users, repairs, failures, and what a sweep saw."""

import pytest

from shared.domain.health.codes import HealthState
from shared.domain.report.facts import Links
from shared.domain.report.model import Report
from shared.domain.report.periods import PeriodName
from shared.domain.users.htpasswd import FILE_NAME
from shared.services.reporting.archive import Archive
from shared.services.reporting.gathering import Display, Gathering, Look
from shared.services.reporting.reports import Reports
from tests.unit.services.rig import NAME, Rig

HASH = f"$2b$05${'a' * 53}"


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.create()
    return made


def report(rig: Rig) -> Report:
    gathering = Gathering(
        rig.state,
        rig.health_table,
        rig.capacity,
        rig.trail,
        rig.clock,
        display=Display("UTC", Links("https://api.example", "sub", "group")),
        expiry_days=7,
    )
    return Reports(gathering, Archive(rig.health_table, rig.clock), rig.clock).of_now(PeriodName.DAY, Look())


def test_users(rig: Rig) -> None:
    rig.put_user("alice")
    rig.put_user("alice", description="the same one")
    rig.put_user("bob", expires_after="PT2H")
    rig.rotate("alice", overlap="PT1H")
    rig.drain()
    rig.delete_user("alice")
    rig.import_users({"carol": HASH, "dave": HASH})
    rig.drain()
    rig.clock.advance(3 * 3600)
    rig.mend()
    rig.clock.advance(1)
    found = report(rig).users
    assert (found.added, found.removed, found.expired) == (5, 1, 1)


def test_a_file_that_somebody_changed(rig: Rig) -> None:
    rig.put_user("alice")
    rig.drain()
    rig.clock.advance(60)
    content = rig.share().files[FILE_NAME]
    rig.share().files[FILE_NAME] = content + f"x9:{HASH}\n".encode()
    rig.mend()
    rig.clock.advance(1)
    [drift] = report(rig).drift
    assert (drift.registry, drift.what["added"]) == (NAME, ["x9"])


def test_what_sweeps_saw(rig: Rig) -> None:
    for _ in range(3):
        rig.confirmed_sweep()
        rig.clock.advance(300)
    made = report(rig)
    assert made.states == {HealthState.HEALTHY: 1}
    assert made.uptime == 1
    assert made.latency.p50 is not None
    assert made.verdict == "None of 1 registry needs you"
    assert made.notes == []
