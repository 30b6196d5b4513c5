"""The state is brought to the version of the release once; another time, or half of it twice, does no harm."""

import pytest

from shared.domain.audit import AUDIT_KEYS
from shared.domain.errors import DependencyError
from shared.domain.records import Upsert
from shared.domain.schema import NEWEST, SchemaTooNewError, SchemaVersion
from shared.services.reconciling.report import Report
from shared.services.reconciling.upgrade import Upgrade
from shared.services.schema import LOOK_EVERY, PARTITION
from tests.unit.services.rig import NAME, Rig

NAMES = ("alpha", "bravo", "charlie")


@pytest.fixture
def rig() -> Rig:
    """As the first release left it: three registries with a history, no copy of it and no version."""
    rig = Rig()
    for name in NAMES:
        rig.create(name)
    rig.audit_table.rows.clear()
    rig.state_table.rows.pop(PARTITION)
    return rig


def version(rig: Rig) -> int:
    return rig.schema.read().version


def copied(rig: Rig) -> int:
    """Entries that stand in the trail, each by time and by registry."""
    return sum(len(rows) for day, rows in rig.audit_table.rows.items() if not day.startswith("!")) // 2


def history(rig: Rig) -> int:
    return sum(key.startswith(AUDIT_KEYS) for name in NAMES for key in rig.state_table.rows[name])


def test_the_first_run_upgrades_and_the_next_has_nothing_to_do(rig: Rig) -> None:
    fresh = restarted(rig)
    assert version(fresh) == 1
    fresh.reconcile.run()
    assert (version(fresh), copied(fresh)) == (NEWEST, history(fresh))
    row = fresh.state_table.rows[PARTITION]["version"]
    fresh.reconcile.run()
    assert fresh.state_table.rows[PARTITION]["version"].etag == row.etag


def restarted(rig: Rig) -> Rig:
    """Another process, over the same tables."""
    fresh = Rig()
    fresh.clock.now = rig.clock.now
    fresh.state_table.rows.pop(PARTITION)
    fresh.state_table.rows.update(rig.state_table.rows)
    fresh.index_table.rows.update(rig.index_table.rows)
    fresh.azure.resources.update(rig.azure.resources)
    fresh.shares = rig.shares
    return fresh


def test_what_was_interrupted_goes_on_where_it_was(rig: Rig) -> None:
    done = list[str]()

    def step(name: str) -> bool:
        if name == "bravo" and done == ["alpha"]:
            raise DependencyError("Table Storage", "down")
        done.append(name)
        return True

    upgrade = Upgrade(rig.state, rig.schema, {2: step})
    with pytest.raises(DependencyError):
        upgrade.run(Report())
    assert version(rig) == 1
    done.append("again")
    upgrade.run(Report())
    assert (done, version(rig)) == (["alpha", "again", "bravo", "charlie"], NEWEST)


def test_a_step_that_needs_more_time_gets_it_in_the_next_run(rig: Rig) -> None:
    answers = iter([True, False, True, True])
    upgrade = Upgrade(rig.state, rig.schema, {2: lambda _: next(answers)})
    upgrade.run(Report())
    assert version(rig) == 1
    upgrade.run(Report())
    assert version(rig) == NEWEST


def test_two_runs_at_once_do_it_twice_and_no_more_than_that(rig: Rig) -> None:
    other = Upgrade(rig.state, rig.schema, {2: lambda _: True})

    def step(name: str) -> bool:
        if name == "bravo":
            other.run(Report())
        return True

    Upgrade(rig.state, rig.schema, {2: step}).run(Report())
    assert version(rig) == NEWEST


def newer(rig: Rig) -> None:
    rig.state_table.transact(PARTITION, [Upsert(SchemaVersion(version=NEWEST + 1).to_row())])
    rig.clock.advance(LOOK_EVERY.total_seconds())


def test_below_a_newer_release_nothing_is_written(rig: Rig) -> None:
    newer(rig)
    with pytest.raises(SchemaTooNewError) as refused:
        rig.put("delta")
    assert (refused.value.status, refused.value.code) == (503, "SchemaTooNew")
    with pytest.raises(SchemaTooNewError):
        rig.reconcile.run()
    assert NAME not in rig.state_table.rows


def test_below_a_newer_release_everything_can_be_read(rig: Rig) -> None:
    newer(rig)
    assert rig.registries.get("alpha").registry.name == "alpha"
