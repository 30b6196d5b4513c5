"""A change of a user ends when the registry itself has proven it, and costs no more than it must."""

from collections.abc import Iterator, Sequence

import pytest

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.health.observation import Failure, Observation
from shared.domain.operations import Kind, Operation, Status
from shared.domain.resources.resource import Ref, Type
from shared.domain.users.htpasswd import FILE_NAME, read_header
from shared.services.htpasswd.publisher import LOCK_SECONDS
from tests.unit.domain.examples import HASH, OTHER_HASH
from tests.unit.services.rig import MOUNT_CACHE, NAME, Rig, up


@pytest.fixture
def rig() -> Rig:
    """A registry that is up and has one user."""
    rig = up("alice")
    rig.wire.calls.clear()
    return rig


def renames(rig: Rig) -> int:
    return sum(call.name == "share.rename" for call in rig.wire.calls)


def change(rig: Rig) -> Operation:
    operation = rig.put_user("bob", password_hash=HASH).operation
    assert operation
    return operation


def steps(rig: Rig, operation: Operation, most: int = 50) -> Iterator[Operation]:
    """The operation after each of its turns, until it has ended."""
    for _ in range(most):
        rig.step()
        present = rig.operation(operation.id)
        yield present
        if present.final:
            return
    raise AssertionError("it never ends")


def stop(rig: Rig) -> None:
    rig.azure.stop_site(rig.registry().names.site)
    rig.probe.stopped.add(rig.login_server)


def start(rig: Rig) -> None:
    rig.azure.resources[Ref(Type.SITE, rig.registry().names.site)]["properties"]["state"] = "Running"
    rig.probe.stopped.clear()


# one change, many changes


def test_a_change_is_published_once_and_proven_once(rig: Rig) -> None:
    looked = len(rig.probe.looked)
    operation = change(rig)
    rig.drain()
    assert renames(rig) == 1
    assert len(rig.probe.looked) == looked + 1
    assert rig.operation(operation.id).result == {"proof": "probe"}
    rig.check_up()


def test_many_waiting_changes_cost_one_rewrite_and_one_look(rig: Rig) -> None:
    looked = len(rig.probe.looked)
    for number in range(20):
        rig.put_user(f"user{number}", password_hash=HASH)
    rig.delete_user("alice")
    rig.drain()
    assert renames(rig) == 1
    assert len(rig.probe.looked) == looked + 1
    assert len(rig.names_in_file()) == 20
    rig.check_up()


def test_changes_one_after_the_other_are_proven_each(rig: Rig) -> None:
    for name in ("bob", "carol"):
        rig.put_user(name, password_hash=HASH)
        rig.drain()
        assert name in rig.names_in_file()
    assert renames(rig) == 2


def test_a_change_that_comes_while_another_is_published_is_not_taken_for_published(rig: Rig) -> None:
    rig.wire.meanwhile("share.rename", lambda: rig.put_user("carol", password_hash=HASH))
    change(rig)
    rig.drain()
    assert renames(rig) == 2
    assert rig.names_in_file() == ["alice", "bob", "carol"]
    rig.check_up()


def test_a_second_writer_waits_for_the_first_and_then_finds_its_work_done(rig: Rig) -> None:
    change(rig)
    rig.put_user("carol", password_hash=HASH)
    first, second = rig.host.waiting
    rig.host.waiting.clear()
    rig.wire.meanwhile("share.rename", lambda: rig.deliver(second))
    rig.deliver(first)
    rig.drain()
    assert renames(rig) == 1
    rig.check_up()


def test_the_lock_of_a_writer_that_died_holds_others_up_for_seconds_only(rig: Rig) -> None:
    rig.publisher._lock(rig.registry(), "somebody who died")
    begun = rig.clock.now
    change(rig)
    rig.drain()
    rig.check_up()
    assert LOCK_SECONDS <= (rig.clock.now - begun).total_seconds() < 2 * LOCK_SECONDS


def test_a_writer_that_failed_holds_nobody_up(rig: Rig) -> None:
    rig.wire.refuse("share.create", TemporaryError("ServerBusy", "503", 1))
    begun = rig.clock.now
    change(rig)
    rig.drain()
    rig.check_up()
    assert (rig.clock.now - begun).total_seconds() < LOCK_SECONDS / 2


def test_a_failed_writer_leaves_the_lock_of_another_alone(rig: Rig) -> None:
    def other_takes_over() -> None:
        rig.clock.advance(LOCK_SECONDS + 1)
        rig.publisher._lock(rig.registry(), "another")

    rig.wire.meanwhile("share.create", other_takes_over)
    rig.wire.refuse("share.names", TemporaryError("ServerBusy", "503", 1))
    change(rig)
    rig.step()
    projection = rig.state.projection(NAME)
    assert projection
    assert projection.locked_by == "another"
    assert projection.locked_until
    assert projection.locked_until > rig.clock.now


# the registry is the witness


@pytest.mark.parametrize("lag", [0, 1, 2, 5, 9])
def test_a_deletion_succeeds_only_when_the_registry_refuses_the_user(rig: Rig, lag: int) -> None:
    rig.probe.lag = lag
    operation = rig.delete_user("alice")
    assert operation
    looked = len(rig.probe.looked)
    for present in steps(rig, operation):
        seen = rig.probe._seen[rig.login_server]
        assert present.final is (b"alice" not in seen)
    assert len(rig.probe.looked) == looked + lag + 1
    assert rig.operation(operation.id).result == {"proof": "probe"}
    assert renames(rig) == 1
    rig.check_up()


def test_a_lag_is_waited_for_once_by_all_who_wait(rig: Rig) -> None:
    rig.probe.lag = 4
    for number in range(5):
        rig.put_user(f"user{number}", password_hash=HASH)
    rig.drain()
    assert renames(rig) == 1
    rig.check_up()


def test_a_registry_that_never_reads_the_new_file_never_proves_it(rig: Rig) -> None:
    rig.probe.stale.add(rig.login_server)
    operation = rig.delete_user("alice")
    rig.drain(3600)
    assert operation
    assert rig.operation(operation.id).status is Status.RUNNING
    rig.probe.stale.clear()
    rig.drain()
    rig.check_up()


def test_something_else_that_answers_is_no_witness(rig: Rig) -> None:
    seen = rig.probe.look

    def look(targets: Sequence[tuple[str, str]], *, login_only: bool = False) -> list[Observation]:
        found = seen(targets, login_only=login_only)
        return [each.model_copy(update={"is_registry": False}) for each in found]

    rig.probe.look = look  # type: ignore[method-assign] # somebody else's server
    operation = change(rig)
    rig.drain(600)
    assert rig.operation(operation.id).status is Status.RUNNING


@pytest.mark.parametrize("failure", list(Failure))
def test_a_registry_that_does_not_answer_delays_a_change(rig: Rig, failure: Failure) -> None:
    rig.probe.failures[rig.login_server] = failure
    operation = change(rig)
    rig.drain(600)
    assert rig.operation(operation.id).status is Status.RUNNING
    assert rig.accounts.get(NAME, "bob").syncing
    rig.probe.failures.clear()
    rig.drain()
    rig.check_up()
    assert renames(rig) == 1


# before there is a registry


def test_users_wait_for_the_creates_own_upload() -> None:
    rig = Rig(looks=2)
    rig.put()
    first = rig.put_user("alice", password_hash=HASH).operation
    second = rig.put_user("bob", password_hash=HASH).operation
    while not rig.last(Kind.CREATE_REGISTRY).final:
        assert first
        if rig.operation(first.id).final:
            assert rig.operation(first.id).result == {"proof": "probe"}
            assert rig.names_in_file() == ["alice", "bob"]
        rig.step()
    rig.drain()
    assert renames(rig) == 1
    assert second
    assert rig.operation(second.id).status is Status.SUCCEEDED
    rig.check_up()


def test_a_change_of_a_registry_that_never_came_says_how_to_go_on() -> None:
    rig = Rig()
    rig.azure.refusals[Type.SITE] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put()
    before = rig.put_user("alice", password_hash=HASH).operation
    rig.drain()
    after = rig.put_user("bob", password_hash=HASH).operation
    rig.drain()
    for operation in (before, after):
        assert operation
        ended = rig.operation(operation.id)
        assert ended.error
        assert ended.error.code == "RegistryNotProvisioned"
        assert f"PUT /api/registries/{NAME}" in ended.error.fix
    rig.put()
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ["alice", "bob"]


def test_a_change_of_an_earlier_registry_ends_and_touches_no_later_one(rig: Rig) -> None:
    late = change(rig)
    [message] = rig.host.waiting
    rig.host.waiting.clear()
    row = rig.state_table.rows[NAME][f"operation:{late.id_key}"]
    rig.purge()
    rig.drain()
    rig.create()
    rig.state_table.rows[NAME][row.key] = row  # as if the delete had not ended it
    rig.wire.calls.clear()
    rig.deliver(message)
    ended = rig.operation(late.id)
    assert ended.error
    assert ended.error.code == "RegistryDeleted"
    assert renames(rig) == 0
    rig.check_up()


# a stopped site


def test_a_stopped_site_is_vouched_for_by_the_file_once_no_mount_shows_the_old_one(rig: Rig) -> None:
    stop(rig)
    operation = rig.delete_user("alice")
    assert operation
    began = rig.clock.now
    for present in steps(rig, operation):
        waited = (rig.clock.now - began).total_seconds()
        assert not present.final or waited >= MOUNT_CACHE
    assert rig.operation(operation.id).result == {"proof": "file"}
    assert waited < 3 * MOUNT_CACHE
    assert rig.names_in_file() == []


def test_a_site_that_is_about_to_start_is_not_taken_for_stopped(rig: Rig) -> None:
    stop(rig)
    operation = change(rig)
    rig.step()
    start(rig)
    rig.drain()
    assert rig.operation(operation.id).result == {"proof": "probe"}


@pytest.mark.parametrize("crashed", [False, True])
def test_a_site_that_is_to_run_and_does_not_answer_is_never_vouched_for_by_its_file(
    rig: Rig, crashed: bool
) -> None:
    rig.probe.stopped.add(rig.login_server)
    if crashed:
        rig.azure.crash_site(rig.registry().names.site)
    operation = change(rig)
    rig.drain(3600)
    assert rig.operation(operation.id).status is Status.RUNNING


def test_a_site_that_somebody_removed_vouches_for_nothing(rig: Rig) -> None:
    rig.azure.delete(Ref(Type.SITE, rig.registry().names.site))
    operation = change(rig)
    rig.drain(3600)
    assert rig.operation(operation.id).status is Status.RUNNING


# a file changed by hand


BY_HAND = {
    "emptied": b"",
    "replaced": b"mallory:" + OTHER_HASH.encode() + b"\n",
    "broken": b"a line without a colon\n",
    "removed": None,
}


def tamper(rig: Rig, how: str) -> None:
    content = BY_HAND[how]
    if content is None:
        del rig.share().files[FILE_NAME]
    else:
        rig.share().files[FILE_NAME] = content


@pytest.mark.parametrize("how", BY_HAND)
def test_the_next_change_brings_a_file_changed_by_hand_back(rig: Rig, how: str) -> None:
    tamper(rig, how)
    change(rig)
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("how", BY_HAND)
def test_a_file_changed_by_hand_before_it_is_proven_is_published_again(rig: Rig, how: str) -> None:
    rig.wire.meanwhile("probe.look", lambda: tamper(rig, how))
    operation = change(rig)
    rig.drain(600)
    assert rig.operation(operation.id).result == {"proof": "probe"}
    assert renames(rig) == 2
    rig.check_up()


def test_a_stopped_sites_file_changed_by_hand_is_published_again_and_waited_for_again(rig: Rig) -> None:
    stop(rig)
    operation = rig.delete_user("alice")
    assert operation
    rig.step()
    rig.clock.advance(MOUNT_CACHE)
    rig.share().files[FILE_NAME] = b"alice:" + HASH.encode() + b"\n"
    changed = rig.clock.now
    rig.drain(600)
    ended = rig.operation(operation.id)
    assert ended.result == {"proof": "file"}
    assert ended.ended_at
    assert (ended.ended_at - changed).total_seconds() >= MOUNT_CACHE
    assert rig.names_in_file() == []


# trouble with the share


@pytest.mark.parametrize(
    "method", ["create", "names", "delete", "write", "rename", "read"], ids=lambda name: f"share.{name}"
)
@pytest.mark.parametrize("lost", [False, True], ids=["refused", "answer lost"])
def test_a_share_in_trouble_delays_a_change_and_leaves_no_temporary_file(
    rig: Rig, method: str, lost: bool
) -> None:
    rig.share().files["htpasswd.of-one-who-died.tmp"] = b""
    busy = [TemporaryError("ServerBusy", "503", 5)] * 3
    (rig.wire.lose_answer if lost else rig.wire.refuse)(f"share.{method}", *busy)
    rig.probe.failures[rig.login_server] = Failure.TIMEOUT
    change(rig)
    rig.drain(60)
    rig.probe.failures.clear()
    rig.drain()
    rig.check_up()


def test_a_file_of_somebody_else_in_the_share_stays(rig: Rig) -> None:
    rig.share().files["notes.txt"] = b"mine"
    change(rig)
    rig.drain()
    assert rig.share().files["notes.txt"] == b"mine"


def test_the_header_says_what_the_file_is(rig: Rig) -> None:
    header = read_header(rig.share().files[FILE_NAME])
    assert header
    assert (header.uid, header.revision, header.intact) == (rig.registry().uid, 1, True)
