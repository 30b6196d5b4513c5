"""A deleted user is gone for everybody, and its deletion is told until the registry has proven it."""

import pytest

from shared.domain.errors import ApiError, PermanentError
from shared.domain.operations import Kind, Status
from shared.domain.resources.resource import Type
from shared.domain.users.user_spec import UserSpec
from shared.services.users.directory import UserAnswer
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import ME, NAME, Rig
from tests.unit.services.users.asking import (
    CREATE_ONLY,
    check_secret,
    row,
    stored,
    user_operations,
)


def test_a_deleted_user_is_gone_for_everybody_but_the_deletion_is_still_told(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.drain()
    first = rig.delete_user("alice")
    second = rig.delete_user("alice")
    assert first
    assert second
    assert second.id == first.id
    with pytest.raises(ApiError) as caught:
        rig.accounts.get(NAME, "alice")
    assert caught.value.status == 404
    assert rig.accounts.list(NAME, "", 10) == []
    assert rig.registry().user_count == 0
    rig.drain()
    assert row(rig) is None
    assert rig.delete_user("alice") is None
    rig.check_up()


def test_deleting_a_user_that_never_was_is_nothing(rig: Rig) -> None:
    assert rig.delete_user("alice") is None
    assert user_operations(rig) == []


def test_a_put_over_a_deletion_makes_a_new_user(rig: Rig) -> None:
    old = rig.put_user("alice", description="old").user
    rig.drain()
    rig.clock.advance(100)
    delete = rig.delete_user("alice")
    answer = rig.accounts.put(NAME, "alice", UserSpec(), CREATE_ONLY, ME)
    check_secret(rig, answer)
    assert answer.created
    assert answer.user.password_hash != old.password_hash
    assert (answer.user.created_at, answer.user.description) == (rig.clock.now, None)
    assert rig.registry().user_count == 1
    rig.drain()
    assert delete
    assert rig.operation(delete.id).status is Status.SUCCEEDED
    assert stored(rig).password_hash == answer.user.password_hash
    rig.check_up()


def test_a_put_that_comes_when_a_deletion_ends_is_a_new_user_too(rig: Rig) -> None:
    rig.put_user("alice")
    rig.drain()
    rig.delete_user("alice")
    answers: list[UserAnswer] = []

    def put() -> None:
        answers.append(rig.put_user("alice"))

    rig.wire.meanwhile("probe.look", lambda: rig.wire.meanwhile("state.transact", put))
    rig.drain()
    check_secret(rig, answers[0])
    rig.check_up()


def test_before_the_first_upload_a_deleted_user_leaves_nothing_to_wait_for() -> None:
    rig = Rig(looks=1)
    rig.put()
    rig.put_user("alice", password_hash=HASH)
    assert rig.delete_user("alice")
    assert row(rig) is None
    assert rig.registry().user_count == 0
    rig.drain()
    rig.check_up()


def step_the_create(rig: Rig) -> None:
    """The next turn of the create alone: no user's change moves."""
    delivery = next(each for each in rig.host.waiting if each.lifecycle)
    rig.host.waiting.remove(delivery)
    rig.deliver(delivery)


def test_a_deletion_in_a_create_that_fails_is_done_when_there_is_no_file_any_more() -> None:
    rig = Rig(looks=1)
    rig.azure.refusals[Type.PUBLISHING_POLICY] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put()
    rig.put_user("alice", password_hash=HASH)
    while not rig.count(Type.SITE):
        step_the_create(rig)
    first = rig.delete_user("alice")
    assert row(rig), "the file holds the user: there is something to wait for"
    while not rig.last(Kind.CREATE_REGISTRY).final:
        step_the_create(rig)
    rig.drain()
    assert first
    assert rig.operation(first.id).status is Status.SUCCEEDED
    assert rig.operation(first.id).result == {"proof": "file"}
    assert (row(rig), rig.registry().user_count) == (None, 0)
    assert rig.delete_user("alice") is None
    rig.put()
    rig.drain()
    assert rig.names_in_file() == []


def test_a_deletion_that_can_not_be_proven_says_so_and_can_be_repeated(rig: Rig) -> None:
    """The registry's share is gone for hours; the deletion waits, and every DELETE names it."""
    rig.put_user("alice", password_hash=HASH)
    rig.drain()
    rig.share().down = True
    first = rig.delete_user("alice")
    rig.drain(7200)
    again = rig.delete_user("alice")
    assert first
    assert again
    assert (again.id, again.status) == (first.id, Status.RUNNING)
    rig.share().down = False
    rig.drain()
    rig.check_up()
