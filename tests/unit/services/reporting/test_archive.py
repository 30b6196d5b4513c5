"""Reports are kept as they are, however long they are, and for as long as they should be."""

from datetime import datetime, timedelta
from random import Random

import pytest

from shared.domain.errors import ConflictError
from shared.domain.report.building import build
from shared.domain.report.markdown import markdown
from shared.domain.report.model import RegistryLine, Report
from shared.domain.report.periods import PeriodName
from shared.domain.report.summary import summary_of
from shared.services.reporting import archive
from shared.services.reporting.archive import KEPT, REPORTS, report_id
from shared.services.reporting.gathering import Look
from tests.unit.services.reporting.week import NOW, week
from tests.unit.services.reporting.world import World


@pytest.fixture
def world() -> World:
    return week()


def report(world: World, end: datetime = NOW, period: PeriodName = PeriodName.WEEK) -> Report:
    return build(world.gathering.facts(period, end, Look()), report_id(end))


def test_a_report_is_kept_as_it_is(world: World) -> None:
    made = report(world)
    assert world.archive.add(made) == made
    assert world.archive.get("2026-03-02T0600Z") == made
    assert world.reports.kept("2026-03-02T0600Z").verdict == "1 of 4 registries needs you"


@pytest.mark.parametrize(
    "name", ["2026-03-02T0601Z", "2026-02-31T0600Z", "", "head:0", "\ud800", "2026-03-02T0600Z "]
)
def test_what_is_no_report(world: World, name: str) -> None:
    world.archive.add(report(world))
    assert world.archive.get(name) is None


def test_the_same_report_twice_is_one(world: World) -> None:
    first = world.archive.add(report(world))
    world.clock.advance(60)
    again = world.archive.add(report(world))
    assert again == first
    assert len(list(world.archive.heads("", 10))) == 1


def test_what_the_storage_refuses_is_not_said_to_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conflict alone does not say that somebody has written it."""

    def refuse(*_: object) -> None:
        raise ConflictError("TableBeingDeleted")

    monkeypatch.setattr(world.health, "transact", refuse)
    with pytest.raises(ConflictError):
        world.archive.add(report(world))


def test_the_newest_comes_first_and_a_page_goes_on_behind_the_last(world: World) -> None:
    for days in (2, 0, 1):
        world.archive.add(report(world, NOW - timedelta(days=days)))
    ids = [head.id for head in world.archive.heads("", 10)]
    assert ids == ["2026-03-02T0600Z", "2026-03-01T0600Z", "2026-02-28T0600Z"]
    [first] = world.archive.heads("", 1)
    assert [head.id for head in world.archive.heads(first.id, 10)] == ids[1:]
    assert list(world.archive.heads("2026-02-31T0600Z", 10)) == []


def many(number: int, lines: list[RegistryLine]) -> list[RegistryLine]:
    """They differ, as registries do: equal ones would pack into nothing."""
    chance = Random(7)
    return [
        line.model_copy(update={"registry": f"r{copy}", "uptimes": [chance.random() for _ in range(31)]})
        for copy in range(number)
        for line in lines
    ]


def test_a_thousand_registries_fit_into_a_row(world: World) -> None:
    made = report(world)
    large = made.model_copy(update={"registries": many(250, made.registries)})
    assert world.archive.add(large) == large
    assert world.archive.get(large.id or "") == large
    sizes = [len(str(value)) for row in world.health.rows[REPORTS].values() for value in row.values.values()]
    assert max(sizes) <= 32_768
    assert sum(sizes) < 450_000


def test_what_does_not_fit_is_left_out_and_the_report_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_COLUMNS", 1)
    made = report(world)
    huge = made.model_copy(update={"registries": many(50, made.registries)})
    kept = world.archive.add(huge)
    assert kept.registries == []
    assert kept.notes == ["The single registries are left out: a kept report has no room for so many."]
    assert kept.problems == huge.problems
    assert "2 healthy" in markdown(summary_of(kept)), "what is told is not about nothing"
    assert world.archive.get(huge.id or "") == kept


LISTS = ("problems", "todo", "incidents", "failed_operations", "drift")


@pytest.mark.parametrize("name", LISTS)
def test_even_of_a_year_of_trouble_there_is_room_for_a_part(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nothing that is in a report may keep it from being kept, and so from being sent."""
    monkeypatch.setattr(archive, "MOST_COLUMNS", 1)
    made, chance = report(world), Random(7)
    [one, *_] = getattr(made, name)
    many = [one.model_copy(update={"registry": str(chance.random())}) for _ in range(3000)]
    kept = world.archive.add(made.model_copy(update={name: many}))
    assert getattr(kept, name) == many[:100]
    assert len(kept.notes) == 2
    assert archive._fits(kept)
    assert world.archive.get(kept.id or "") == kept


def test_old_reports_go(world: World) -> None:
    old = [NOW - KEPT - timedelta(days=days) for days in (1, 2, 3)]
    young = [NOW - KEPT + timedelta(days=1), NOW]
    for end in [*old, *young]:
        world.archive.add(report(world, end, PeriodName.DAY))
    world.archive.forget_old()
    assert [head.id for head in world.archive.heads("", 10)] == [report_id(end) for end in reversed(young)]
    assert len(world.health.rows[REPORTS]) == 4
    world.archive.forget_old()
