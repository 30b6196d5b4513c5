"""A look that somebody asks for."""

import pytest

from shared.domain.errors import ApiError
from shared.domain.health.codes import Code, HealthState
from shared.domain.health.observation import Failure
from shared.domain.resources.resource import Ref, Type
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


def asked(rig: Rig) -> list[str]:
    """What Resource Manager was asked."""
    return [call.name for call in rig.wire.calls if call.name.startswith("azure.")]


def test_a_site_that_was_stopped_or_started_since_the_last_sweep_is_known_to_be(
    rig: Rig, on_demand: OnDemand
) -> None:
    rig.sweep()
    server, site = str(rig.registry().login_server), rig.registry().names.site
    rig.azure.stop_site(site)
    rig.probe.stopped.add(server)
    rig.clock.advance(60)
    found = on_demand.check(NAME).verdict
    assert found
    assert found.code is Code.SITE_STOPPED
    rig.clock.advance(RECHECK_SECONDS)
    rig.second_look()
    rig.sweep()
    assert [notice.code for notice in rig.told] == [Code.SITE_STOPPED]
    rig.azure.resources[Ref(Type.SITE, site)]["properties"]["state"] = "Running"
    rig.probe.stopped.clear()
    rig.probe.failures[server] = Failure.TIMEOUT
    rig.clock.advance(60)
    found = on_demand.check(NAME).verdict
    assert found
    assert found.code is Code.TIMEOUT


def test_resource_manager_is_asked_only_where_it_and_the_probe_said_otherwise(
    rig: Rig, on_demand: OnDemand
) -> None:
    rig.sweep()
    rig.wire.calls.clear()
    for failure in (None, Failure.TIMEOUT):
        rig.probe.failures = {str(rig.registry().login_server): failure} if failure else {}
        rig.clock.advance(60)
        on_demand.check(NAME)
    assert asked(rig) == []
    rig.probe.failures.clear()
    rig.probe.stopped.add(str(rig.registry().login_server))
    rig.clock.advance(60)
    on_demand.check(NAME)
    assert asked(rig) == ["azure.get"]


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
