"""A report comes once when it is due: late after a pause, never twice, and only to those who want it."""

from datetime import datetime, timedelta

import pytest

from shared.domain.errors import DependencyError
from shared.domain.health.codes import Code, Severity
from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.report.periods import PeriodName
from shared.services.reporting.archive import REPORTS
from shared.services.reporting.scheduled import Plan, ScheduledReports, When
from tests.unit.services.reporting.world import World, utc

EVERY = timedelta(minutes=5)


class Desk:
    """The timer, and whoever is told."""

    def __init__(self, world: World, when: When = "always", schedule: str = "0 7 * * *") -> None:
        self.world, self.told = world, list[Notice]()
        self.broken = False
        plan = Plan(schedule, "Europe/Berlin", PeriodName.DAY, when)
        self.reports = ScheduledReports(
            world.gathering, world.archive, world.health, self._announce, plan, world.clock
        )

    def _announce(self, notice: Notice) -> None:
        if self.broken:
            raise DependencyError("Table Storage", "down")
        if notice.key not in {each.key for each in self.told}:  # as the outbox does
            self.told.append(notice)

    def until(self, end: datetime) -> list[str]:
        """Runs the timer until then; says which reports were told of."""
        before = len(self.told)
        while self.world.clock.now <= end:
            self.reports.run()
            self.world.clock.advance(EVERY.total_seconds())
        return [notice.subject for notice in self.told[before:]]


@pytest.fixture
def world() -> World:
    made = World(utc(3, 27, 12))
    made.add("search")
    made.look("search", Code.TIMEOUT, utc(3, 1))
    return made


def test_a_report_comes_every_day_at_seven_across_the_change_of_the_clocks(world: World) -> None:
    desk = Desk(world)
    assert desk.until(utc(3, 30, 12)) == ["2026-03-28T0600Z", "2026-03-29T0500Z", "2026-03-30T0500Z"]


def test_what_is_told_is_what_is_kept(world: World) -> None:
    desk = Desk(world)
    desk.until(utc(3, 28, 12))
    [notice] = desk.told
    assert (notice.kind, notice.severity, notice.at) == (NoticeKind.REPORT, Severity.CRITICAL, utc(3, 28, 6))
    assert notice.message == "1 of 1 registry needs you"
    summary = world.reports.summary(notice.subject)
    assert summary
    assert summary.headline == notice.message
    assert summary.links[0].url == "https://berthage.example/api/reports/health/2026-03-28T0600Z?format=html"
    assert world.reports.summary("2026-03-27T0600Z") is None


def test_the_first_run_of_all_has_missed_nothing(world: World) -> None:
    desk = Desk(world)
    assert desk.until(utc(3, 27, 23)) == []


def test_a_report_that_was_missed_comes_late_and_once(world: World) -> None:
    desk = Desk(world)
    desk.until(utc(3, 27, 23))
    world.clock.now = utc(3, 30, 9)  # for two days nothing ran
    assert desk.until(utc(3, 30, 12)) == ["2026-03-30T0500Z"]
    kept = world.reports.kept("2026-03-30T0500Z")
    assert kept.generated_at == utc(3, 30, 9)
    assert kept.period.end == utc(3, 30, 5)


def test_a_report_that_comes_late_has_a_day_to_arrive_all_the_same(world: World) -> None:
    """A notice is given up a day after its time: that is when the report was made, not when it was due."""
    desk = Desk(world, schedule="0 7 * * MON")
    desk.until(utc(3, 27, 23))
    world.clock.now = utc(4, 1, 9)  # since Friday nothing ran: on Wednesday comes Monday's
    assert desk.until(utc(4, 1, 9)) == ["2026-03-30T0500Z"]
    [notice] = desk.told
    assert notice.at == utc(4, 1, 9)


def test_two_hosts_at_once_send_one(world: World) -> None:
    one, other = Desk(world), Desk(world)
    other.told = one.told
    one.reports.run()
    world.clock.now = utc(3, 28, 6)
    marks = dict(world.health.rows[REPORTS])
    assert one.reports.run() == "2026-03-28T0600Z"
    for key, row in marks.items():  # the other one had looked before this one was done
        world.health.rows[REPORTS][key] = row
    assert other.reports.run() == "2026-03-28T0600Z"
    assert len(one.told) == 1


def test_who_dies_between_keeping_and_telling_tells_after_all(world: World) -> None:
    desk = Desk(world)
    desk.reports.run()
    world.clock.now = utc(3, 28, 6)
    desk.broken = True
    with pytest.raises(DependencyError):
        desk.reports.run()
    kept = world.reports.kept("2026-03-28T0600Z")
    desk.broken = False
    world.clock.advance(300)
    assert desk.until(utc(3, 28, 12)) == ["2026-03-28T0600Z"]
    assert world.reports.kept("2026-03-28T0600Z") == kept


def test_only_of_problems(world: World) -> None:
    desk = Desk(world, "problems")
    world.look("search", Code.HEALTHY, utc(3, 1))
    world.clock.now = utc(3, 28, 5.5)
    desk.reports.run()
    world.clock.now = utc(3, 28, 5.99)
    world.swept(world.now)
    world.look("search", Code.HEALTHY, utc(3, 1))
    world.clock.now = utc(3, 28, 6)
    assert desk.until(utc(3, 28, 12)) == []
    assert world.reports.kept("2026-03-28T0600Z").verdict == "None of 1 registry needs you"
    world.look("search", Code.TIMEOUT, utc(3, 1))
    assert desk.until(utc(3, 29, 12)) == ["2026-03-29T0500Z"]
