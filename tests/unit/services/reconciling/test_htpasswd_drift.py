"""A file that somebody changed behind our back is audited, once, and then put right; nothing else is touched."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.audit import AUDIT_KEYS, AuditEntry
from shared.domain.errors import DependencyError
from shared.domain.operations import Kind, Status
from shared.domain.records import Upsert
from shared.domain.users.htpasswd import FILE_NAME, probe_password, render
from shared.services.state import State
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import KEY, NAME, STALE_SECONDS, Rig, up
from tests.unit.services.wire import Killed

OTHER = "$2b$05$" + "b" * 53
MALLORY = f"mallory:{OTHER}\n".encode()


@pytest.fixture
def rig() -> Rig:
    """A registry that is up and has two users."""
    return with_users()


def with_users() -> Rig:
    rig = up("alice", "bob")
    rig.wire.calls.clear()
    return rig


def tamper(rig: Rig, change: Callable[[bytes], bytes] = lambda content: content + MALLORY) -> None:
    files = rig.share().files
    files[FILE_NAME] = change(files[FILE_NAME])


def audits(rig: Rig, name: str = NAME) -> list[AuditEntry]:
    """What `reconcile` has audited."""
    rows = [row for key, row in rig.state_table.rows[name].items() if key.startswith(AUDIT_KEYS)]
    entries = [AuditEntry.from_row(row) for row in rows]
    return [entry for entry in entries if entry.action == Kind.REPAIR_HTPASSWD]


def reads(rig: Rig) -> int:
    return sum(call.name == "share.read" for call in rig.wire.calls)


def lets_mallory_in(rig: Rig) -> bool:
    return b"mallory" in rig.share().files[FILE_NAME]


def test_an_unknown_user_is_audited_and_goes(rig: Rig) -> None:
    tamper(rig)
    revision = rig.registry().users_revision
    rig.reconcile.run()
    [entry] = audits(rig)
    assert entry.actor == "system:reconcile"
    assert entry.target == NAME
    assert entry.details == {"file": ["edited"], "added": ["mallory"]}
    rig.drain()
    operation = rig.operation(entry.operation_id or "")
    assert (operation.kind, operation.status) == (Kind.REPAIR_HTPASSWD, Status.SUCCEEDED)
    assert operation.result == {"proof": "probe"}
    assert rig.registry().users_revision == revision + 1, (
        "no probe could tell the repaired file from the other"
    )
    rig.check_up()


@pytest.mark.parametrize(
    ("change", "details"),
    [
        (lambda _: b"", {"file": ["edited"], "removed": ["_probe", "alice", "bob"]}),
        (lambda content: content.partition(b"\n")[2], {"file": ["edited"]}),
        (
            lambda content: content.replace(b"alice", b"eve"),
            {"file": ["edited"], "added": ["eve"], "removed": ["alice"]},
        ),
        (lambda content: content.replace(HASH.encode(), OTHER.encode(), 1), {"file": ["edited"], "changed": ["alice"]}),
        (lambda content: content + b"a line without a colon\n", {"file": ["edited"], "unreadableLines": ["1"]}),
        (lambda _: render(KEY, "another", 9, []), {"file": ["of another registry"], "removed": ["alice", "bob"]}),
    ],
)  # fmt: skip
def test_whatever_was_done_to_the_file_is_told_and_undone(
    rig: Rig, change: Callable[[bytes], bytes], details: object
) -> None:
    tamper(rig, change)
    rig.reconcile.run()
    rig.drain()
    assert [entry.details for entry in audits(rig)] == [details]
    rig.check_up()


def test_a_deleted_file_comes_back(rig: Rig) -> None:
    del rig.share().files[FILE_NAME]
    rig.reconcile.run()
    rig.drain()
    assert [entry.details for entry in audits(rig)] == [
        {"file": ["missing"], "removed": ["_probe", "alice", "bob"]}
    ]
    rig.check_up()


def test_an_older_file_that_somebody_restored_is_replaced(rig: Rig) -> None:
    older = rig.share().files[FILE_NAME]
    rig.delete_user("alice")
    rig.drain()
    tamper(rig, lambda _: older)
    rig.reconcile.run()
    rig.drain()
    assert [entry.details for entry in audits(rig)] == [{"file": ["older"], "added": ["alice"]}]
    rig.check_up()


def test_hashes_are_neither_audited_nor_logged(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    tamper(rig)
    rig.reconcile.run()
    [row] = [entry.to_row() for entry in audits(rig)]
    assert "mallory" in str(row)
    assert "mallory" in caplog.text
    assert "$2b$" not in str(row) + caplog.text
    assert f"htpasswd_repaired=1:{NAME}" in caplog.text


# once, whatever happens


def test_the_same_drift_is_audited_once_however_often_it_is_seen(rig: Rig) -> None:
    tamper(rig)
    for _ in range(5):
        rig.reconcile.run()
    rig.drain()
    rig.reconcile.run()
    assert len(audits(rig)) == 1
    rig.check_up()


def test_two_runs_at_the_same_time_audit_it_once(rig: Rig) -> None:
    tamper(rig)
    rig.wire.meanwhile("state.transact", rig.reconcile.run)
    rig.reconcile.run()
    rig.drain()
    assert len(audits(rig)) == 1
    rig.check_up()


def test_a_transaction_whose_answer_was_lost_is_not_repeated(rig: Rig) -> None:
    tamper(rig)
    rig.wire.lose_answer("state.transact", DependencyError("Table Storage", "no answer"))
    rig.reconcile.run()
    rig.drain()
    assert len(audits(rig)) == 1
    rig.check_up()


def test_a_death_at_any_step_neither_loses_nor_doubles_the_audit() -> None:
    step = 0
    while True:
        rig = with_users()
        tamper(rig)
        rig.wire.kill(step)
        try:
            rig.reconcile.run()
            rig.drain()
            break
        except Killed:
            assert audits(rig) or lets_mallory_in(rig), "repaired before it was audited"
        rig.mend()
        assert [entry.details for entry in audits(rig)] == [{"file": ["edited"], "added": ["mallory"]}], step
        rig.check_up()
        step += 1
    assert step > 25


def test_somebody_who_does_it_again_is_audited_again(rig: Rig) -> None:
    for _ in range(3):
        tamper(rig)
        rig.reconcile.run()
        rig.drain()
    assert len(audits(rig)) == 3
    rig.check_up()


# what is no drift


def test_a_file_as_published_costs_one_read_and_after_the_first_run_no_users(rig: Rig) -> None:
    rig.reconcile.run()
    rig.wire.calls.clear()
    rig.reconcile.run()
    assert reads(rig) == 1
    assert not [call for call in rig.wire.calls if call.name == "state.query" and "user:" in call.args]
    assert not [call for call in rig.wire.calls if call.name == "state.transact"]
    tamper(rig)
    rig.reconcile.run()
    assert len(audits(rig)) == 1


def test_every_moment_of_an_ordinary_publication_is_no_drift() -> None:
    """A run between any two calls of a user's change, and a change between any two calls of a run."""
    step = 0
    while True:
        rig = with_users()
        rig.put_user("carol", password_hash=HASH)
        rig.wire.kill(step)
        try:
            rig.drain()
            break
        except Killed:
            rig.wire.revive()
        rig.reconcile.run()
        assert audits(rig) == [], step
        rig.mend()
        assert audits(rig) == [], step
        rig.check_up()
        step += 1
    assert step > 10


@pytest.mark.parametrize("call", ["state.get", "state.query", "share.read"])
def test_a_publication_in_the_middle_of_a_run_is_no_drift(rig: Rig, call: str) -> None:
    def publish() -> None:
        rig.delete_user("alice")
        rig.put_user("carol", password_hash=HASH)
        rig.drain()

    rig.wire.meanwhile(call, publish)
    rig.reconcile.run()
    assert audits(rig) == []
    rig.check_up()


def test_a_change_that_comes_just_after_the_look_at_the_operations_is_no_drift(rig: Rig) -> None:
    rig.wire.meanwhile("state.get", lambda: rig.delete_user("alice"))
    rig.reconcile.run()
    assert audits(rig) == []
    rig.drain()
    rig.check_up()


def test_a_change_that_comes_while_the_drift_is_recorded_does_not_lose_the_audit(rig: Rig) -> None:
    tamper(rig)

    def change() -> None:
        rig.put_user("carol", password_hash=HASH)
        rig.drain()

    rig.wire.meanwhile("state.transact", change)
    rig.reconcile.run()
    rig.drain()
    assert [entry.details for entry in audits(rig)] == [{"file": ["edited"], "added": ["mallory"]}]
    rig.check_up()


def test_while_a_writer_holds_the_lock_nothing_is_judged(rig: Rig) -> None:
    projection = State(rig.state_table).projection(NAME)
    assert projection
    locked = projection.change(locked_by="w", locked_until=rig.clock.now + timedelta(seconds=10))
    rig.state_table.transact(NAME, [Upsert(locked.to_row())])
    tamper(rig)
    rig.reconcile.run()
    assert audits(rig) == []
    rig.clock.advance(11)
    rig.reconcile.run()
    assert len(audits(rig)) == 1


def test_a_lock_of_a_writer_that_died_long_ago_is_harmless(rig: Rig) -> None:
    projection = State(rig.state_table).projection(NAME)
    assert projection
    locked = projection.change(locked_by="dead", locked_until=rig.clock.now - timedelta(days=1))
    rig.state_table.transact(NAME, [Upsert(locked.to_row())])
    rig.reconcile.run()
    assert audits(rig) == []
    rig.put_user("carol", password_hash=HASH)
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("begin", [lambda rig: rig.put(sku="S1"), lambda rig: rig.purge()])
def test_while_a_lifecycle_operation_is_at_work_nothing_is_judged(
    rig: Rig, begin: Callable[[Rig], object]
) -> None:
    begin(rig)
    tamper(rig)
    rig.reconcile.run()
    assert reads(rig) == 0
    assert audits(rig) == []


def test_a_registry_without_a_file_is_left_alone() -> None:
    rig = Rig(looks=2)
    rig.put()
    rig.step()
    rig.wire.calls.clear()
    rig.reconcile.run()
    assert reads(rig) == 0


# one registry and the others


def test_a_share_that_does_not_answer_stops_no_other_registry(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    rig.create("another")
    rig.share("another").down = True
    tamper(rig)
    rig.reconcile.run()
    assert len(audits(rig)) == 1
    assert "failed=1:another" in caplog.text
    rig.share("another").down = False
    rig.drain()
    rig.check_up()


def test_a_change_that_was_given_up_before_it_was_published_is_published(rig: Rig) -> None:
    answer = rig.delete_user("alice")
    assert answer
    rig.host.waiting.clear()
    ended = rig.operation(answer.id).ended(Status.FAILED, rig.clock.now)
    rig.state_table.transact(NAME, [Upsert(ended.to_row())])
    rig.clock.advance(STALE_SECONDS + 1)
    rig.reconcile.run()
    rig.drain()
    assert [entry.details for entry in audits(rig)] == [{"file": ["behind the users"]}]
    assert rig.names_in_file() == ["bob"]
    registry = rig.registry()
    password = probe_password(KEY, registry.uid, registry.users_revision)
    [seen] = rig.probe.look([(registry.login_server or "", password)])
    assert seen.member == 200
