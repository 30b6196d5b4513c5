"""What the overview says of the registries that its reader may see."""

from datetime import timedelta

import pytest

from shared.domain.health.board import BoardEntry, Trouble
from shared.domain.health.codes import Code, HealthState
from shared.pages.overview import MOST_PROBLEMS, Asked, Overview, freshness, overview
from tests.unit.pages.entries import DAY, HOUR, MINUTE, NOW, entry, sweep, times

DOWN = entry("search", HealthState.DOWN, Code.STORAGE_UNHEALTHY, tags={"team": "find"})
SLOW = entry("web", HealthState.DEGRADED, Code.SLOW, tags={"team": "shop", "env": "prod"})
GOOD = entry("auth", tags={"team": "shop"})
BUSY = entry("data", HealthState.MAINTENANCE, message="Scaling to S1, 2 of 3 steps.")
UNSEEN = entry("edge", HealthState.UNKNOWN, Code.RESTRICTED)
ALL = [GOOD, BUSY, UNSEEN, DOWN, SLOW]


def shown(
    entries: list[BoardEntry],
    asked: Asked | None = None,
    *,
    later: timedelta = timedelta(0),
    swept: timedelta = 2 * MINUTE,
) -> Overview:
    return overview(entries, sweep(swept), asked or Asked(), times(later=later))


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        (ALL, "1 of 5 registries is down"),
        ([DOWN, DOWN, GOOD], "2 of 3 registries are down"),
        ([SLOW, GOOD, BUSY], "1 of 3 registries is degraded"),
        ([UNSEEN, GOOD], "1 of 2 registries could not be looked at"),
        ([BUSY, GOOD], "1 of 2 registries is in maintenance"),
        ([GOOD, GOOD, GOOD], "All 3 registries are up"),
        ([GOOD, GOOD], "Both registries are up"),
        ([GOOD], "The only registry is up"),
        ([UNSEEN, UNSEEN], "None of 2 registries could be looked at"),
        ([], "No registry yet"),
    ],
)
def test_the_verdict_comes_first(entries: list[BoardEntry], text: str) -> None:
    assert shown(entries).verdict.text == text


def test_degraded_is_up_and_what_is_not_known_is_not() -> None:
    assert shown(ALL).counts == ("2 up", "1 down", "1 in maintenance", "1 unknown")


def test_problems_come_first_or_names_do() -> None:
    assert [row.name for row in shown(ALL).rows] == ["search", "web", "edge", "data", "auth"]
    by_name = shown(ALL, Asked(order="name"))
    assert [row.name for row in by_name.rows] == ["auth", "data", "edge", "search", "web"]
    assert [row.name for row in by_name.problems] == ["search", "web"]


def test_a_problem_says_what_since_when_and_where_to_read_more() -> None:
    [first, _] = shown(ALL).problems
    assert (first.name, first.code, first.since.text, first.lasts) == (
        "search",
        "STORAGE_UNHEALTHY",
        "05:00",
        "1 h",
    )
    assert (first.note, first.href) == ("The registry can't reach its blobs.", "/api/status/search")


def test_what_is_muted_is_in_the_list_until_when_and_not_at_the_top() -> None:
    muted = DOWN.change(muted_until=NOW + HOUR)
    found = shown([muted])
    assert found.problems == ()
    assert found.rows[0].muted
    assert found.rows[0].muted.text == "07:00"
    assert shown([muted], later=2 * HOUR).rows[0].muted is None, "the mute is over"


def test_many_problems_are_counted() -> None:
    found = shown([entry(f"r-{number}", HealthState.DOWN, Code.TIMEOUT) for number in range(9)])
    assert (len(found.problems), found.more_problems) == (MOST_PROBLEMS, 9 - MOST_PROBLEMS)


def test_maintenance_says_what_is_going_on() -> None:
    [row] = shown([BUSY]).rows
    assert (row.state, row.note) == (HealthState.MAINTENANCE, "Scaling to S1, 2 of 3 steps.")


def test_a_tag_leaves_the_others_out_of_everything() -> None:
    found = shown(ALL, Asked(tag="team:shop"))
    assert [row.name for row in found.rows] == ["web", "auth"]
    assert (found.verdict.text, found.of_all) == ("1 of 2 registries is degraded", 5)
    assert [row.name for row in shown(ALL, Asked(tag="env")).rows] == ["web"]
    assert shown(ALL, Asked(tag="team:none")).verdict.text == "No registry is tagged team:none"


def test_every_tag_can_be_chosen() -> None:
    assert shown(ALL, Asked(tag="env")).tags == (("env", ("prod",)), ("team", ("find", "shop")))


@pytest.mark.parametrize(
    ("age", "warning"),
    [
        (9 * MINUTE, None),
        (14 * MINUTE, "No sweep for 14 min: what follows may be out of date."),
        (DAY, "No sweep for 1 d: what follows may be out of date."),
    ],
)
def test_a_late_sweep_is_said(age: timedelta, warning: str | None) -> None:
    assert freshness(sweep(age), times()).warning == warning


def test_without_any_sweep_that_is_said() -> None:
    assert freshness(None, times()).warning == "No sweep yet: nobody has looked at anything."


def test_after_three_missed_sweeps_nothing_is_claimed_to_be_known() -> None:
    before, after = shown([GOOD, DOWN], later=12 * MINUTE), shown([GOOD, DOWN], later=13 * MINUTE)
    assert [row.state for row in before.rows] == [HealthState.DOWN, HealthState.HEALTHY]
    assert [row.state for row in after.rows] == [HealthState.UNKNOWN, HealthState.UNKNOWN]
    assert after.rows[0].note == "Not looked at since 05:58. It was Healthy then."
    assert after.problems == ()


def test_incidents_are_grouped_by_day_the_newest_first_and_go_on_until_now() -> None:
    over = Trouble(
        started_at=NOW - 2 * DAY,
        ended_at=NOW - 2 * DAY + 22 * MINUTE,
        state=HealthState.DOWN,
        code=Code.TIMEOUT,
    )
    night = Trouble(started_at=NOW - DAY, ended_at=NOW - 3 * HOUR, state=HealthState.DEGRADED, code=Code.SLOW)
    going_on = Trouble(started_at=NOW - 22 * MINUTE, state=HealthState.DOWN, code=Code.STORAGE_UNHEALTHY)
    found = shown([GOOD.change(incidents=[over]), DOWN.change(incidents=[going_on, night])])
    assert [(day.day, [line.name for line in day.incidents]) for day in found.incidents] == [
        ("Today", ["search"]),
        ("Yesterday", ["search"]),
        ("Tue 24 Nov", ["auth"]),
    ]
    lines = [line for day in found.incidents for line in day.incidents]
    dash = "\N{EN DASH}"
    assert [(line.lasted, line.is_over, line.spell) for line in lines] == [
        ("22 min", False, f"05:38 {dash} now"),
        ("21 h", True, f"06:00 {dash} 03:00"),
        ("22 min", True, f"06:00 {dash} 06:22"),
    ]


def test_old_incidents_must_be_asked_for() -> None:
    many = [
        Trouble(
            started_at=NOW - number * DAY,
            ended_at=NOW - number * DAY,
            state=HealthState.DOWN,
            code=Code.TIMEOUT,
        )
        for number in range(10)
    ]
    found = shown([GOOD.change(incidents=many)])
    assert len(found.incidents) == 8
    assert len(found.older_incidents) == 2
