"""An import of users: what it does, all or nothing, and what is said of a repeat."""

import pytest

from shared.domain.errors import OperationInProgressError
from shared.domain.operations import Kind, Status
from shared.services.requests import Caller
from shared.services.users import imports
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import NAME, Rig, refusal, up
from tests.unit.services.users.importing import (
    FILE,
    check_no_trace,
    counts,
    hashes,
    renames,
)
from tests.unit.services.wire import Call

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def rig() -> Rig:
    """A registry that is up, with one user of the file and two others."""
    rig = up("alice", "u3", "zoe")
    rig.wire.calls.clear()
    return rig


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
