"""A look that somebody asks for."""

import pytest

from shared.domain.errors import ApiError
from shared.domain.health.codes import Code, HealthState
from shared.domain.health.observation import Failure
from shared.services.health.history import HealthHistory
from shared.services.health.on_demand import FRESH, OnDemand
from tests.unit.services.rig import NAME, RECHECK_SECONDS, Rig


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.create()
    return rig


@pytest.fixture
def on_demand(rig: Rig) -> OnDemand:
    history = HealthHistory(rig.registries, rig.health_table, rig.mutes, "0 */5 * * * *", rig.clock)
    return OnDemand(rig.registries, history, rig.checks.now, rig.clock)


def test_it_answers_with_what_it_has_just_found(rig: Rig, on_demand: OnDemand) -> None:
    found = on_demand.check(NAME)
    assert found.verdict
    assert (found.state, found.verdict.checked_at) == (HealthState.HEALTHY, rig.clock.now)


def test_what_it_finds_bad_is_suspected_until_another_look_confirms_it(rig: Rig, on_demand: OnDemand) -> None:
    on_demand.check(NAME)
    rig.probe.failures[str(rig.registry().login_server)] = Failure.CONNECTION
    rig.clock.advance(60)
    first = on_demand.check(NAME)
    assert first.verdict
    assert (first.state, first.verdict.code) == (HealthState.HEALTHY, Code.CONNECTION_ERROR)
    assert first.verdict.suspected_at == rig.clock.now
    rig.clock.advance(RECHECK_SECONDS)
    assert on_demand.check(NAME).state is HealthState.DOWN


def test_what_was_found_within_the_last_seconds_is_the_answer(rig: Rig, on_demand: OnDemand) -> None:
    first = on_demand.check(NAME)
    for seconds, looks in ((FRESH.total_seconds() - 1, 1), (1, 2)):
        rig.clock.advance(seconds)
        found = on_demand.check(NAME)
        assert first.verdict
        assert found.verdict
        assert (found.verdict.checked_at == first.verdict.checked_at) == (looks == 1)
        rows = [key for key in rig.health_table.rows[NAME] if key.startswith("check:")]
        assert len(rows) == looks


def test_while_an_operation_is_at_work_nothing_is_probed(rig: Rig, on_demand: OnDemand) -> None:
    rig.put(sku="S1")
    looked = len(rig.probe.looked)
    assert on_demand.check(NAME).state is HealthState.MAINTENANCE
    assert len(rig.probe.looked) == looked


def test_what_is_deleted_or_was_never_there_is_refused(rig: Rig, on_demand: OnDemand) -> None:
    with pytest.raises(ApiError) as absent:
        on_demand.check("absent")
    rig.soft_deleted()
    with pytest.raises(ApiError) as deleted:
        on_demand.check(NAME)
    assert (absent.value.status, deleted.value.code) == (404, "RegistrySoftDeleted")
