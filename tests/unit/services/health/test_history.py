"""Reading how a registry fares and fared: from the rows that checks leave behind, and from no others."""

from datetime import datetime, timedelta

import pytest

from shared.domain.errors import ApiError, PermanentError
from shared.domain.health.codes import Code, HealthState
from shared.domain.health.history import GAP
from shared.domain.health.mute import MuteSpec
from shared.domain.health.observation import Failure
from shared.domain.health.windows import Window
from shared.domain.records import Row
from shared.domain.resources.resource import Type
from shared.services.health.history import HealthHistory, Past
from tests.unit.services.health.rows import check, day, incident, keep
from tests.unit.services.rig import ME, NAME, Rig

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UP, DOWN = HealthState.HEALTHY, HealthState.DOWN


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.create()
    rig.clock.now = datetime.fromisoformat("2026-03-08T12:00:01Z")
    return rig


@pytest.fixture
def history(rig: Rig) -> HealthHistory:
    return HealthHistory(rig.registries, rig.health_table, rig.mutes, "0 */5 * * * *", rig.clock)


def past(history: HealthHistory, window: Window) -> Past:
    found = history.of(NAME, window).past
    assert found
    return found


def test_before_the_first_check_it_is_unknown_and_the_next_sweep_is_named(
    history: HealthHistory,
) -> None:
    found = history.of(NAME)
    assert (found.state, found.verdict, found.past) == (HealthState.UNKNOWN, None, None)
    assert found.next_check == datetime.fromisoformat("2026-03-08T12:05:00Z")
    assert found.uptimes == dict.fromkeys(Window)


def test_after_a_check_it_is_what_was_found(rig: Rig, history: HealthHistory) -> None:
    rig.sweep()
    assert history.of(NAME).state is HealthState.HEALTHY
    rig.clock.advance(300)
    rig.probe.failures[str(rig.registry().login_server)] = Failure.TIMEOUT
    rig.confirmed_sweep()
    found = history.of(NAME, Window.DAY)
    assert found.verdict
    assert (found.state, found.verdict.code) == (HealthState.DOWN, Code.TIMEOUT)
    assert found.past
    assert [each.state for each in found.past.checks or ()] == [DOWN, DOWN, UP]
    assert [each.code for each in found.past.incidents] == [Code.TIMEOUT]


def test_what_nobody_has_looked_at_for_long_is_unknown_since_then(rig: Rig, history: HealthHistory) -> None:
    rig.sweep()
    looked_at = rig.clock.now
    for passed, state in ((GAP.total_seconds() - 1, HealthState.HEALTHY), (1, HealthState.UNKNOWN)):
        rig.clock.advance(passed)
        assert history.of(NAME).state is state
    found = history.of(NAME).verdict
    assert found
    assert (found.since, found.checked_at, found.code) == (looked_at, looked_at, Code.HEALTHY)
    shown = rig.registries.get(NAME).verdict
    assert shown
    assert shown.state is HealthState.UNKNOWN


def test_while_an_operation_is_at_work_it_is_in_maintenance(rig: Rig, history: HealthHistory) -> None:
    rig.sweep()
    rig.put(sku="S1")
    found = history.of(NAME)
    assert found.state is HealthState.MAINTENANCE
    assert found.operation
    assert found.operation.kind == "UpdateRegistry"
    assert found.verdict, "what was found last is still told"
    rig.drain()
    assert history.of(NAME).operation is None


def test_a_users_change_is_no_maintenance(rig: Rig, history: HealthHistory) -> None:
    rig.put_user("ci")
    assert history.of(NAME).state is not HealthState.MAINTENANCE


def test_what_is_deleted_is_not_looked_at(rig: Rig, history: HealthHistory) -> None:
    rig.sweep()
    rig.soft_deleted()
    found = history.of(NAME)
    assert (found.state, found.verdict, found.next_check) == (HealthState.UNKNOWN, None, None)


def test_what_never_came_up_is_not_in_maintenance_for_ever() -> None:
    rig = Rig(looks=1)
    rig.azure.refusals[Type.SITE] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put()
    rig.step()
    rig.sweep()
    history = HealthHistory(rig.registries, rig.health_table, rig.mutes, "0 */5 * * * *", rig.clock)
    assert history.of(NAME).state is HealthState.MAINTENANCE
    rig.drain()
    found = history.of(NAME)
    assert (found.state, found.verdict, found.next_check) == (HealthState.UNKNOWN, None, None)


def test_a_mute_is_told(rig: Rig, history: HealthHistory) -> None:
    rig.mutes.mute(NAME, MuteSpec.model_validate({"for": "PT1H", "reason": "r"}), ME)
    found = history.of(NAME).mute
    assert found
    assert found.reason == "r"


def test_a_name_that_is_none_is_refused_with_the_nearest(history: HealthHistory) -> None:
    with pytest.raises(ApiError) as refused:
        history.of("demmo")
    assert refused.value.status == 404
    assert "demo" in refused.value.fix


def test_of_a_day_each_check_is_shown_the_newest_first(rig: Rig, history: HealthHistory) -> None:
    rows = [check(rig, ago) for ago in (MINUTE, HOUR, DAY, DAY + MINUTE, 2 * DAY)]
    keep(rig, *rows)
    found = past(history, Window.DAY)
    assert [each.at for each in found.checks or ()] == [row.at for row in rows[:3]]
    assert found.days is None


def test_of_more_than_a_day_its_days_are_shown_the_newest_first(rig: Rig, history: HealthHistory) -> None:
    keep(rig, check(rig, HOUR), *(day(rig, ago, size_bytes=ago) for ago in (0, 1, 6, 7, 89, 90)))
    found = past(history, Window.WEEK)
    assert [each.size_bytes for each in found.days or ()] == [0, 1, 6]
    assert found.checks is None
    assert [each.size_bytes for each in past(history, Window.QUARTER).days or ()] == [0, 1, 6, 7, 89]


def test_incidents_are_those_that_reach_into_the_time(rig: Rig, history: HealthHistory) -> None:
    rows = [
        incident(rig, HOUR, None),
        incident(rig, 3 * HOUR, HOUR),
        incident(rig, DAY + HOUR, 2 * HOUR),
        incident(rig, 3 * DAY, HOUR),
        incident(rig, 9 * DAY, HOUR),
    ]
    keep(rig, *rows)
    began = [row.started_at for row in rows]
    assert [each.started_at for each in past(history, Window.DAY).incidents] == began[:3]
    assert [each.started_at for each in past(history, Window.WEEK).incidents] == began[:4]


def test_one_that_was_over_before_is_not_among_them(rig: Rig, history: HealthHistory) -> None:
    keep(rig, incident(rig, DAY + 2 * HOUR, HOUR))
    assert list(past(history, Window.DAY).incidents) == []


def test_the_uptime_of_a_day_counts_from_check_to_check(rig: Rig, history: HealthHistory) -> None:
    """Up since before the day began, then down, then up until the last look counted no longer."""
    keep(
        rig,
        check(rig, DAY + 2 * MINUTE),
        check(rig, DAY - 5 * MINUTE, "Down", "TIMEOUT"),
        check(rig, DAY - 10 * MINUTE),
    )
    counted_up = 5 * MINUTE + GAP
    assert history.of(NAME).uptimes[Window.DAY] == pytest.approx(counted_up / (counted_up + 5 * MINUTE))


def test_the_uptime_of_more_is_that_of_its_days(rig: Rig, history: HealthHistory) -> None:
    keep(
        rig,
        day(rig, 0, seconds={UP: 300, HealthState.MAINTENANCE: 5000}),
        day(rig, 6, seconds={UP: 500, DOWN: 200, HealthState.UNKNOWN: 7000}),
        day(rig, 7, seconds={DOWN: 1000}),
        day(rig, 30, seconds={DOWN: 1000}),
    )
    found = history.of(NAME).uptimes
    assert found[Window.WEEK] == pytest.approx(0.8)
    assert found[Window.MONTH] == pytest.approx(800 / 2000)
    assert found[Window.QUARTER] == pytest.approx(800 / 3000)
    assert found[Window.DAY] is None


def test_rows_of_an_earlier_incarnation_are_none(rig: Rig, history: HealthHistory) -> None:
    keep(
        rig,
        check(rig, MINUTE, uid="before"),
        day(rig, 0, uid="before", seconds={UP: 60}),
        incident(rig, HOUR, None, uid="before"),
    )
    found = history.of(NAME, Window.DAY)
    assert found.past
    assert (found.past.checks, found.past.incidents) == ([], [])
    assert set(found.uptimes.values()) == {None}


def test_it_reads_no_more_than_it_needs(rig: Rig, history: HealthHistory) -> None:
    """What is older than the first row before the time is not even looked into."""
    keep(rig, *(check(rig, hours * HOUR) for hours in range(26)))
    rig.health_table.rows[NAME]["check:~"] = Row("check:~", {"older": "than all, and no check"})
    assert len(past(history, Window.DAY).checks or ()) == 25
