"""An import of users: all of it or nothing, published once, whatever dies and whoever else changes users meanwhile."""

from functools import partial

import pytest

from shared.domain import htpasswd, user_import
from shared.domain.errors import DependencyError, OperationInProgressError, PermanentError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.records import Delete
from shared.domain.resources import Type
from shared.services import imports
from shared.services.requests import Caller
from tests.unit.domain.examples import HASH
from tests.unit.domain.examples import OTHER_HASH as OTHER
from tests.unit.services.rig import ME, NAME, STALE_SECONDS, Rig, refusal, up
from tests.unit.services.wire import Call

FILE = {f"u{number}": OTHER for number in range(7)}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that seven lines are three chunks and five transactions."""
    monkeypatch.setattr(user_import, "CHUNK_LINES", 3)
    monkeypatch.setattr(user_import, "MOST_CHANGES", 2)


@pytest.fixture
def rig() -> Rig:
    """A registry that is up, with one user of the file and two others."""
    rig = up("alice", "u3", "zoe")
    rig.wire.calls.clear()
    return rig


def hashes(rig: Rig) -> dict[str, str]:
    """Who is in the live file, and with which hash."""
    lines = rig.share().files[htpasswd.FILE_NAME].decode().splitlines()[2:]
    return dict(line.split(":", 1) for line in lines)


def renames(rig: Rig) -> int:
    return sum(call.name == "share.rename" for call in rig.wire.calls)


def counts(operation: Operation) -> dict[str, object]:
    return {name: value for name, value in (operation.result or {}).items() if name != "proof" and value}


def check_no_trace(rig: Rig) -> None:
    """Nothing of an import is left but what it brought."""
    assert rig.registry().importing is None
    assert not [key for key in rig.state_table.rows[NAME] if key.startswith("import:")]
    assert not list(rig.state.deleting_users(NAME))


# what it does


def test_an_import_adds_and_changes_users_with_one_rewrite(rig: Rig) -> None:
    answer = rig.import_users(FILE)
    assert (answer.lines, answer.mode, answer.warning) == (7, "merge", None)
    rig.drain()
    assert hashes(rig) == {"alice": HASH, "zoe": HASH, **FILE}
    assert renames(rig) == 1
    ended = rig.operation(answer.operation.id)
    assert ended.status is Status.SUCCEEDED
    assert ended.result == {
        "proof": "probe",
        "added": 6,
        "changed": 1,
        "removed": 0,
        "unchanged": 0,
        "skipped": 0,
    }
    assert [(step.name, step.status) for step in ended.steps] == [
        ("users", "Succeeded"),
        ("htpasswd", "Succeeded"),
    ]
    rig.check_up()
    check_no_trace(rig)


def test_replace_also_removes_who_is_not_in_the_file(rig: Rig) -> None:
    operation = rig.import_users(FILE, "replace").operation
    rig.drain()
    assert hashes(rig) == FILE
    assert counts(rig.operation(operation.id)) == {"added": 6, "changed": 1, "removed": 2}
    rig.check_up()
    check_no_trace(rig)


def test_a_removed_user_is_shown_as_such_until_the_registry_has_proven_it(rig: Rig) -> None:
    rig.probe.stale.add(rig.login_server)
    operation = rig.import_users(FILE, "replace").operation
    rig.drain(60)
    assert [user.username for user in rig.state.deleting_users(NAME)] == ["alice", "zoe"]
    pending = rig.delete_user("alice")
    assert pending
    assert pending.id == operation.id
    rig.probe.stale.clear()
    rig.drain()
    rig.check_up()
    check_no_trace(rig)


def test_the_same_file_again_changes_no_user(rig: Rig) -> None:
    rig.import_users(FILE)
    rig.drain()
    before = [row for key, row in rig.state_table.rows[NAME].items() if key.startswith("user:")]
    operation = rig.import_users(FILE).operation
    rig.drain()
    assert counts(rig.operation(operation.id)) == {"unchanged": 7}
    assert [row for key, row in rig.state_table.rows[NAME].items() if key.startswith("user:")] == before
    rig.check_up()


def test_slow_hashes_are_taken_with_a_warning_and_no_hash_is_computed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bcrypt.hashpw", lambda *_: pytest.fail("a hash was computed"))
    answer = rig.import_users({"slow": "$2y$12$" + "c" * 53, **FILE})
    assert answer.warning
    assert "1 of 8 hashes" in answer.warning


def test_the_audit_has_one_entry_with_the_number_of_lines(rig: Rig) -> None:
    rig.import_users(FILE, "replace")
    [entry] = [
        row
        for key, row in rig.state_table.rows[NAME].items()
        if key.startswith("audit:") and row.values["action"] == "ImportUsers"
    ]
    assert entry.values["actor"] == "me"
    assert entry.values["details"] == '{"mode":["replace"],"lines":["7"]}'


# all or nothing


def test_a_bad_line_changes_nothing(rig: Rig) -> None:
    before = dict(rig.state_table.rows[NAME])
    error = refusal(lambda: rig.import_users({**FILE, "bad": "plain text"}))
    assert (error.status, error.target) == (400, "line 8")
    assert rig.state_table.rows[NAME] == before
    assert not rig.host.waiting


def test_half_an_import_is_never_in_the_file(rig: Rig) -> None:
    """Other changes wait for it: a look at the file after every write to it finds all of the import or none."""
    rig.import_users(FILE, "replace")
    rig.put_user("bob", password_hash=HASH)
    seen: list[set[str]] = []

    def look() -> None:
        seen.append(set(rig.names_in_file()))
        rig.wire.meanwhile("share.rename", look)

    rig.wire.meanwhile("share.rename", look)
    rig.drain()
    seen.append(set(rig.names_in_file()))
    assert seen == [{"alice", "u3", "zoe"}, {"bob", *FILE}]


def test_a_publication_that_began_before_the_import_does_not_publish_half_of_it(rig: Rig) -> None:
    """It has read the revision; before it reads the users, the import is accepted and has begun."""
    rig.put_user("bob", password_hash=HASH)

    def begin_to_import() -> None:
        operation = rig.import_users(FILE).operation
        [chunk, *_] = rig.state.chunks(NAME, operation.id_key)
        rig.user_operations._special[Kind.IMPORT_USERS]._advance(operation, chunk.key)  # type: ignore[attr-defined]

    at = [call.name for call in calls_of_a_turn()].index("state.query")
    rig.wire.interrupt(at, begin_to_import)
    rig.step()
    assert "u0" not in rig.names_in_file()
    rig.drain()
    rig.check_up()
    assert hashes(rig) == {"alice": HASH, "bob": HASH, "zoe": HASH, **FILE}


def calls_of_a_turn() -> list[Call]:
    """The calls of the next turn, played on a copy of the world."""
    twin = Rig()
    twin.create()
    for name in ("alice", "u3", "zoe"):
        twin.put_user(name, password_hash=HASH)
    twin.drain()
    twin.put_user("bob", password_hash=HASH)
    twin.wire.calls.clear()
    twin.step()
    return list(twin.wire.calls)


# whatever dies


def begun(mode: str = "replace") -> tuple[Rig, Operation]:
    rig = up("alice", "u3", "zoe")
    operation = rig.import_users(FILE, mode).operation
    rig.wire.calls.clear()
    return rig, operation


def calls_of(rig: Rig) -> int:
    rig.drain()
    return len(rig.wire.calls)


@pytest.mark.parametrize(
    ("mode", "comes_back"),
    [("merge", True), ("replace", False)],
    ids=["merge, its message comes back", "replace, its message is lost"],
)
def test_an_import_survives_a_process_that_dies_at_any_call(mode: str, comes_back: bool) -> None:
    for at in range(calls_of(begun(mode)[0])):
        rig, operation = begun(mode)
        [delivery] = rig.host.waiting
        with rig.dying(at):
            rig.drain()
        if comes_back:
            rig.clock.advance(30)
            rig.deliver(delivery)
        rig.mend()
        rig.check_up()
        check_no_trace(rig)
        others = {} if mode == "replace" else {"alice": HASH, "zoe": HASH}
        assert hashes(rig) == {**others, **FILE}, at
        ended = rig.operation(operation.id)
        removed = {} if others else {"removed": 2}
        assert counts(ended) == {"added": 6, "changed": 1, **removed}, at


def test_a_request_that_dies_at_any_call_is_accepted_whole_or_not_at_all() -> None:
    def start() -> Rig:
        rig, operation = begun()
        rig.drain()
        assert rig.operation(operation.id).final
        rig.wire.calls.clear()
        return rig

    rig = start()
    rig.import_users({"new": HASH})
    for at in range(len(rig.wire.calls)):
        rig = start()
        with rig.dying(at):
            rig.import_users({"new": HASH})
        accepted = any(not operation.final for operation in rig.all_operations())
        rig.mend()
        rig.check_up()
        assert ("new" in rig.names_in_file()) == accepted, at
        check_no_trace(rig)


@pytest.mark.parametrize("kind", ["refuse", "lose_answer"])
def test_an_import_survives_the_failure_of_any_call(kind: str) -> None:
    rig, _ = begun()
    rig.drain()
    for at, name in enumerate([call.name for call in rig.wire.calls]):
        if not name.startswith("state."):
            continue
        rig, operation = begun()
        fail = partial(getattr(rig.wire, kind), name, DependencyError("Table Storage", "busy"))
        rig.wire.interrupt(at, fail)
        rig.drain(redeliver=True)
        rig.wire.forgive(name)  # where it was the last call of its kind
        rig.mend()
        rig.check_up()
        check_no_trace(rig)
        assert hashes(rig) == FILE
        assert rig.operation(operation.id).status is Status.SUCCEEDED


def test_messages_that_come_twice_do_no_harm(rig: Rig) -> None:
    operation = rig.import_users(FILE, "replace").operation
    while rig.host.waiting:
        [delivery] = rig.host.waiting
        rig.step()
        rig.deliver(delivery)
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    assert counts(rig.operation(operation.id)) == {"added": 6, "changed": 1, "removed": 2}
    assert renames(rig) == 1
    rig.check_up()


def test_a_writer_that_sleeps_through_the_end_does_not_bring_a_removed_user_back(rig: Rig) -> None:
    """It wakes up before its transaction: the import is done by somebody else, and the user is gone since."""
    rig.import_users(FILE)
    [delivery] = rig.host.waiting
    woken: list[str] = []

    def everything_happens() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.drain()
        rig.delete_user("u0")
        rig.drain()
        assert "u0" not in rig.names_in_file()
        woken.append("up")

    first_write = next(
        at for at, name in enumerate(names_of_first_turn()) if name == "state.transact" and at > 2
    )
    rig.wire.interrupt(first_write, everything_happens)
    rig.host.waiting.clear()
    rig.deliver(delivery)
    rig.mend()
    assert woken
    assert "u0" not in rig.names_in_file()
    rig.check_up()
    check_no_trace(rig)


def names_of_first_turn() -> list[str]:
    rig, _ = begun("merge")
    rig.step()
    return [call.name for call in rig.wire.calls]


# what else happens meanwhile


def test_who_is_removed_after_the_import_was_accepted_stays_out(rig: Rig) -> None:
    operation = rig.import_users(FILE).operation
    assert rig.delete_user("u3")
    rig.drain()
    assert hashes(rig) == {"alice": HASH, "zoe": HASH, **{name: OTHER for name in FILE if name != "u3"}}
    assert counts(rig.operation(operation.id)) == {"added": 6, "skipped": 1}
    rig.check_up()
    check_no_trace(rig)


def test_who_is_about_to_be_imported_can_be_removed(rig: Rig) -> None:
    """A 204 would be a lie: the user would get in a moment later."""
    operation = rig.import_users(FILE).operation
    removal = rig.delete_user("u5")
    assert removal
    assert rig.delete_user("nobody") is None
    rig.drain()
    assert "u5" not in rig.names_in_file()
    assert rig.operation(removal.id).status is Status.SUCCEEDED
    assert counts(rig.operation(operation.id)) == {"added": 5, "changed": 1, "skipped": 1}
    rig.check_up()
    check_no_trace(rig)


def _remove_u5(rig: Rig, removals: list[Operation | None]) -> None:
    removals.append(rig.delete_user("u5"))


def test_a_removal_at_any_moment_of_the_import_is_never_undone() -> None:
    for at in range(calls_of(begun("merge")[0])):
        rig, _ = begun("merge")
        removals: list[Operation | None] = []
        rig.wire.interrupt(at, partial(_remove_u5, rig, removals))
        rig.drain()
        rig.mend()
        assert removals[0], at
        assert "u5" not in rig.names_in_file(), at
        rig.check_up()
        check_no_trace(rig)


def test_a_user_who_is_changed_meanwhile_keeps_the_change(rig: Rig) -> None:
    rig.import_users(FILE, "replace")
    rig.put_user("u3", password_hash="$2b$05$" + "n" * 53)
    rig.put_user("u5", password_hash="$2b$05$" + "n" * 53)
    rig.put_user("bob", password_hash=HASH)
    rig.drain()
    found = hashes(rig)
    assert {found["u3"], found["u5"]} == {"$2b$05$" + "n" * 53}
    assert found.keys() == {"bob", *FILE}
    rig.check_up()


def test_a_user_who_was_removed_just_before_comes_back(rig: Rig) -> None:
    rig.delete_user("u3")
    rig.import_users(FILE)
    rig.drain()
    assert hashes(rig)["u3"] == OTHER
    rig.check_up()
    check_no_trace(rig)


def test_other_changes_of_users_wait_and_then_need_no_rewrite_of_their_own(rig: Rig) -> None:
    rig.import_users(FILE)
    waiting = [rig.put_user(f"x{number}", password_hash=HASH).operation for number in range(5)]
    rig.drain()
    assert renames(rig) <= 2
    assert all(each and rig.operation(each.id).status is Status.SUCCEEDED for each in waiting)
    rig.check_up()


def test_before_the_create_is_done_the_users_wait_for_its_own_upload() -> None:
    rig = Rig(looks=3)
    rig.put()
    operation = rig.import_users(FILE).operation
    rig.drain()
    rig.check_up()
    assert set(rig.names_in_file()) == set(FILE)
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    assert renames(rig) == 1
    check_no_trace(rig)


def test_a_removal_before_the_create_is_done_is_not_undone_either() -> None:
    rig = Rig(looks=3)
    rig.put()
    rig.put_user("u3", password_hash=HASH)
    rig.import_users(FILE)
    assert rig.delete_user("u3")
    assert rig.delete_user("u5")
    rig.drain()
    rig.check_up()
    assert set(rig.names_in_file()) == FILE.keys() - {"u3", "u5"}
    check_no_trace(rig)


def test_after_a_create_that_failed_the_users_are_recorded_and_the_retry_brings_them() -> None:
    rig = Rig()
    rig.azure.refusals[Type.SITE] = [PermanentError("AzureSaysNo", "no", "Ask again.")]
    rig.put()
    rig.drain()
    assert rig.registry().provisioning_state == "Failed"
    operation = rig.import_users(FILE, "replace").operation
    rig.drain()
    ended = rig.operation(operation.id)
    assert (ended.status, ended.error and ended.error.code) == (Status.FAILED, "RegistryNotProvisioned")
    check_no_trace(rig)
    assert rig.registry().user_count == len(FILE)
    rig.put()
    again = rig.retry.start(operation.id, ME)
    rig.drain()
    assert rig.operation(again.id).status is Status.SUCCEEDED
    rig.check_up()
    assert hashes(rig) == FILE


def test_a_registry_that_is_purged_meanwhile_leaves_nothing_behind() -> None:
    for at in range(calls_of(begun("merge")[0])):
        rig, operation = begun("merge")
        rig.wire.interrupt(at, rig.purge)
        rig.drain(redeliver=True)
        rig.mend()
        rig.check_gone()
        assert rig.operation(operation.id).final


def test_a_registry_that_is_deleted_meanwhile_keeps_the_imported_users_for_its_restore() -> None:
    for at in range(calls_of(begun("merge")[0])):
        rig, operation = begun("merge")
        rig.wire.interrupt(at, rig.delete)
        rig.drain(redeliver=True)
        rig.mend()
        rig.check_soft_deleted()
        assert rig.operation(operation.id).status is Status.SUCCEEDED
        check_no_trace(rig)


def test_a_soft_deleted_registry_takes_no_import(rig: Rig) -> None:
    rig.soft_deleted()
    error = refusal(lambda: rig.import_users(FILE))
    assert (error.status, error.code) == (409, "RegistrySoftDeleted")
    assert "restore" in error.fix
    check_no_trace(rig)


def test_a_registry_that_is_being_deleted_takes_no_import(rig: Rig) -> None:
    deletion = rig.purge()
    assert deletion
    error = refusal(lambda: rig.import_users(FILE))
    assert isinstance(error, OperationInProgressError)
    assert error.operation_id == deletion.id


def test_reconcile_repairs_nothing_while_an_import_is_applied(rig: Rig) -> None:
    operation = rig.import_users(FILE).operation
    [chunk, *_] = rig.state.chunks(NAME, operation.id_key)
    rig.user_operations._special[Kind.IMPORT_USERS]._advance(operation, chunk.key)  # type: ignore[attr-defined]
    rig.reconcile.run()
    assert [each.kind for each in rig.unfinished()] == [Kind.IMPORT_USERS]
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("is_there", [True, False])
def test_reconcile_frees_a_registry_whose_import_will_never_end(rig: Rig, is_there: bool) -> None:
    operation = rig.import_users(FILE).operation
    handler = rig.user_operations._special[Kind.IMPORT_USERS]
    [chunk, *_] = rig.state.chunks(NAME, operation.id_key)
    handler._advance(operation, chunk.key)  # type: ignore[attr-defined]
    rig.host.waiting.clear()
    present = rig.operation(operation.id)
    if is_there:
        rig.state_table.transact(NAME, [present.ended(Status.FAILED, rig.clock.now).save()])
    else:
        rig.state_table.transact(NAME, [Delete(present.key)])
    rig.reconcile.run()
    check_no_trace(rig)
    rig.mend()
    rig.check_up()
    rig.import_users(FILE)
    rig.drain()
    rig.check_up()
    assert set(rig.names_in_file()) == {"alice", "zoe", *FILE}


def test_a_poisoned_import_is_never_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = rig.import_users(FILE).operation

    def break_down(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as broken:
        broken.setattr("shared.services.import_turns.next_batch", break_down)
        rig.drain(600, redeliver=True)
    shown = rig.operation(operation.id)
    assert not shown.final
    assert shown.obstacle
    rig.mend()
    rig.check_up()
    assert rig.operation(operation.id).status is Status.SUCCEEDED


def test_an_import_can_not_be_canceled_but_undone(rig: Rig) -> None:
    operation = rig.import_users(FILE).operation
    error = refusal(lambda: rig.cancel.request(operation.id, ME))
    assert error.code == "OperationNotCancelable"
    assert "mode=replace" in error.fix


# repeats


def test_the_same_operation_id_is_the_same_import(rig: Rig) -> None:
    me = Caller("me", "r1", operation_key="migration-1", payload=b"file")
    first = rig.import_users(FILE, caller=me)
    assert rig.import_users(FILE, caller=me).operation.id == first.operation.id
    rig.drain()
    again = rig.import_users(FILE, caller=me)
    assert again.operation.id == first.operation.id
    assert again.operation.final
    assert renames(rig) == 1


def test_the_same_operation_id_with_another_mode_is_refused(rig: Rig) -> None:
    me = Caller("me", "r1", operation_key="migration-1", payload=b"file")
    rig.import_users(FILE, caller=me)
    assert refusal(lambda: rig.import_users(FILE, "replace", me)).code == "OperationIdReused"


def test_the_same_import_again_while_it_is_applied_is_the_one_that_goes_on(rig: Rig) -> None:
    """A client whose connection broke off sends it again."""
    first = rig.import_users(FILE)
    assert rig.import_users(FILE).operation.id == first.operation.id


def test_another_import_while_one_is_applied_is_refused_with_its_operation(rig: Rig) -> None:
    operation = rig.import_users(FILE).operation
    error = refusal(lambda: rig.import_users({"other": HASH}, caller=Caller("me", "r2", payload=b"other")))
    assert isinstance(error, OperationInProgressError)
    assert error.operation_id == operation.id


def test_imports_that_follow_each_other_do_not_keep_a_removal_waiting(rig: Rig) -> None:
    """The next one is taken only when the last one is published."""
    rig.import_users(FILE)
    removal = rig.delete_user("alice")
    assert removal
    for number in range(400):
        try:
            rig.import_users({f"n{number}": HASH}, caller=Caller("me", "r", payload=b"%d" % number))
        except OperationInProgressError:
            rig.step()
        if rig.operation(removal.id).final:
            return
    pytest.fail("alice is still let in")


# room


def test_more_users_than_a_file_can_hold_are_refused(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_USERS", 9)
    rig.import_users(FILE)  # alice, zoe and seven
    rig.drain()
    rig.import_users(FILE)  # no more than before
    rig.drain()
    error = refusal(lambda: rig.import_users({"one": HASH}))
    assert (error.status, error.code) == (409, "TooManyUsers")
    assert "10 users" in error.message
    rig.import_users({"one": HASH}, "replace")
    rig.drain()
    assert rig.names_in_file() == ["one"]
