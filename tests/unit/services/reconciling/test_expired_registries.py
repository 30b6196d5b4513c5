"""What was deleted long enough ago is purged by itself, once, and by nobody's mistake."""

from datetime import timedelta

from shared.domain.audit import AuditEntry
from shared.domain.errors import PermanentError
from shared.domain.operations import Kind, Status
from tests.unit.services.rig import ME, NAME, POLICY, Rig

KEPT = timedelta(days=POLICY.soft_delete_days).total_seconds()
NO = PermanentError("ScopeLocked", "a lock", "remove the lock")


def expired() -> Rig:
    rig = Rig()
    rig.soft_deleted()
    rig.clock.advance(KEPT)
    return rig


def purges(rig: Rig) -> int:
    return sum(operation.kind is Kind.PURGE_REGISTRY for operation in rig.all_operations())


def test_until_its_day_nothing_is_purged() -> None:
    rig = Rig()
    rig.soft_deleted()
    rig.clock.advance(KEPT - 60)
    rig.reconcile.run()
    assert purges(rig) == 0
    rig.check_soft_deleted()


def test_from_its_day_on_it_is_purged_with_an_entry_in_the_audit() -> None:
    rig = expired()
    rig.reconcile.run()
    rig.drain()
    rig.check_gone()
    rows = rig.state_table.rows[NAME].items()
    entries = [AuditEntry.from_row(row) for key, row in rows if key.startswith("audit:")]
    [purge] = [entry for entry in entries if entry.action == Kind.PURGE_REGISTRY]
    assert (purge.actor, purge.target) == ("system:reconcile", NAME)
    assert purge.details
    assert set(purge.details) == {"deletedOn", "purgeOn"}


def test_two_runs_start_one_purge() -> None:
    rig = expired()
    rig.wire.meanwhile("lifecycle.send", rig.reconcile.run)
    rig.reconcile.run()
    rig.reconcile.run()
    assert purges(rig) == 1


def test_a_restore_that_comes_first_wins() -> None:
    rig = expired()
    rig.wire.meanwhile("state.transact", rig.restore)
    rig.reconcile.run()
    rig.drain()
    assert purges(rig) == 0
    rig.check_up()


def test_a_restore_that_has_begun_in_time_is_not_purged() -> None:
    rig = Rig()
    rig.soft_deleted()
    rig.clock.advance(KEPT - 1)
    rig.restore()
    rig.clock.advance(2)
    rig.reconcile.run()
    assert purges(rig) == 0
    rig.drain()
    rig.check_up()


def test_a_purge_that_is_refused_is_tried_again_after_an_hour() -> None:
    rig = expired()
    rig.azure.errors["delete"] = [NO]
    rig.reconcile.run()
    rig.drain()
    assert rig.last(Kind.PURGE_REGISTRY).status is Status.FAILED
    for _ in range(3):
        rig.clock.advance(60)
        rig.reconcile.run()
    assert purges(rig) == 1
    rig.clock.advance(3600)
    rig.reconcile.run()
    rig.drain()
    rig.check_gone()


def test_whoever_cancels_a_purge_has_an_hour_to_restore() -> None:
    rig = expired()
    rig.reconcile.run()
    rig.cancel.request(rig.last(Kind.PURGE_REGISTRY).id, ME)
    rig.drain()
    rig.reconcile.run()
    rig.check_soft_deleted()
    rig.restore()
    rig.drain()
    rig.check_up()


def test_a_restore_that_failed_is_never_purged() -> None:
    rig = Rig()
    rig.soft_deleted()
    rig.azure.errors["put"] = [NO]
    rig.restore()
    rig.drain()
    rig.clock.advance(2 * KEPT)
    rig.reconcile.run()
    assert purges(rig) == 0
