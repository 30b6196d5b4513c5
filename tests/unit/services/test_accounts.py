"""What somebody who manages users sees: secrets once, repeats that are safe, deletions that are true."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import ApiError, ConflictError, DependencyError, PermanentError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.passwords import GENERATED_LENGTH, hash_cost, matches
from shared.domain.resources import Type
from shared.domain.user_spec import UserSpec
from shared.domain.users import User, UserState
from shared.services import secret as secret_module
from shared.services.directory import UserAnswer
from shared.services.requests import Precondition
from shared.services.state import State
from tests.unit.domain.examples import HASH, OTHER_HASH
from tests.unit.services.rig import ALWAYS, ME, NAME, Rig

LONG = "a-long-random-password-of-a-machine"
SLOW_HASH = "$2b$12$" + "c" * 53
MINE = replace(ME, operation_key="my-id", payload=b"PUT alice")
CREATE_ONLY = Precondition(create_only=True)


@pytest.fixture
def rig() -> Rig:
    """A registry that is up and has no users."""
    rig = Rig()
    rig.create()
    return rig


def row(rig: Rig, username: str = "alice") -> User | None:
    return State(rig.state_table).user(NAME, username)


def stored(rig: Rig, username: str = "alice") -> User:
    user = row(rig, username)
    assert user
    assert user.state is UserState.ACTIVE
    return user


def rotate(rig: Rig, condition: Precondition = ALWAYS, caller: Any = ME) -> UserAnswer:
    return rig.accounts.rotate(NAME, "alice", condition, caller)


def user_operations(rig: Rig) -> list[Operation]:
    return [each for each in rig.all_operations() if not each.kind.is_lifecycle]


def check_secret(rig: Rig, answer: UserAnswer) -> None:
    """The password in the answer is the one that the registry will know."""
    assert answer.password
    assert matches(answer.password, stored(rig, answer.user.username).password_hash)


# a new user


def test_a_new_user_gets_a_secret_once(rig: Rig) -> None:
    answer = rig.put_user("alice")
    check_secret(rig, answer)
    assert answer.created
    assert answer.syncing
    assert answer.operation
    assert len(answer.password or "") == GENERATED_LENGTH
    rig.drain()
    assert rig.put_user("alice").password is None
    assert rig.accounts.get(NAME, "alice").password is None
    rig.check_up()


def test_a_generated_secret_is_cheap_to_check_and_stored_nowhere(rig: Rig) -> None:
    answer = rig.put_user("alice")
    rig.drain()
    again = rotate(rig)
    rig.drain()
    for password in (answer.password, again.password):
        assert password
        assert password not in repr([rig.state_table.rows, rig.share().files, rig.host.history])
    assert hash_cost(stored(rig).password_hash) == 5
    assert answer.warning is None


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ({"password": "chosen-by-a-person"}, True),
        ({"password": LONG}, False),
        ({"password_hash": HASH}, False),
        ({"password_hash": SLOW_HASH}, True),
    ],
)
def test_a_secret_that_was_sent_is_not_sent_back_but_a_slow_one_is_warned_of(
    rig: Rig, fields: dict[str, Any], warned: bool
) -> None:
    answer = rig.put_user("alice", **fields)
    assert answer.password is None
    assert answer.created
    assert bool(answer.warning) is warned
    assert bool(rig.put_user("alice").warning) is warned
    if "password" in fields:
        assert matches(fields["password"], stored(rig).password_hash)
    else:
        assert stored(rig).password_hash == fields["password_hash"]


def test_a_user_of_a_registry_that_is_not_there_is_told_the_nearest(rig: Rig) -> None:
    with pytest.raises(ApiError) as caught:
        rig.accounts.put("demos", "alice", UserSpec(), ALWAYS, ME)
    assert (caught.value.status, caught.value.code) == (404, "RegistryNotFound")
    assert f"'{NAME}'" in caught.value.fix


def test_a_registry_that_is_being_deleted_takes_no_users(rig: Rig) -> None:
    rig.put_user("alice")
    delete = rig.purge()
    assert delete
    acts: list[Callable[[], object]] = [
        lambda: rig.put_user("bob"),
        lambda: rotate(rig),
        lambda: rig.delete_user("alice"),
    ]
    for act in acts:
        with pytest.raises(ApiError) as caught:
            act()
        assert (caught.value.status, caught.value.code, caught.value.target) == (
            409,
            "OperationInProgress",
            delete.id,
        )


# the same again


@pytest.mark.parametrize("fields", [{}, {"password": LONG}, {"password_hash": HASH}, {"description": "ci"}])
def test_the_same_again_is_no_new_work(rig: Rig, fields: dict[str, Any]) -> None:
    first = rig.put_user("alice", **fields)
    second = rig.put_user("alice", **fields)
    assert first.operation
    assert second.operation
    assert second.operation.id == first.operation.id
    rig.drain()
    third = rig.put_user("alice", **fields)
    assert (third.operation, third.created, third.syncing) == (None, False, False)
    assert third.user.version_tag == first.user.version_tag
    assert len(user_operations(rig)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"password": LONG}),
        ({"password": LONG}, {"password": LONG + "!"}),
        ({"password_hash": HASH}, {"password_hash": OTHER_HASH}),
        ({"password": LONG}, {"password_hash": HASH}),
        ({"description": "ci"}, {"description": "cd"}),
        ({"description": "ci"}, {"description": None}),
    ],
)
def test_a_change_is_one_operation(rig: Rig, before: dict[str, Any], after: dict[str, Any]) -> None:
    first = rig.put_user("alice", **before)
    rig.clock.advance(100)
    second = rig.put_user("alice", **after)
    assert second.operation
    assert not second.created
    assert second.password is None
    assert second.user.version_tag != first.user.version_tag
    assert second.user.created_at == first.user.created_at
    changed = "description" not in after
    assert (second.user.secret_changed_at != first.user.secret_changed_at) is changed
    assert (second.user.password_hash != first.user.password_hash) is changed
    rig.drain()
    rig.check_up()


def test_a_description_that_is_not_sent_stays(rig: Rig) -> None:
    rig.put_user("alice", description="ci")
    assert rig.put_user("alice", password_hash=HASH).user.description == "ci"


# Operation-Id


def test_the_same_operation_id_is_the_same_operation_and_shows_no_secret_again(rig: Rig) -> None:
    first = rig.put_user("alice", MINE)
    again = rig.put_user("alice", MINE)
    rig.drain()
    later = rig.put_user("alice", MINE)
    assert first.operation
    assert first.operation.id == f"{NAME}.my-id"
    for answer in (again, later):
        assert answer.operation
        assert answer.operation.id == first.operation.id
        assert answer.already_shown
        assert answer.password is None
    assert len(user_operations(rig)) == 1


def test_a_rotation_with_the_same_operation_id_rotates_once(rig: Rig) -> None:
    rig.put_user("alice")
    first = rotate(rig, caller=MINE)
    again = rotate(rig, caller=MINE)
    check_secret(rig, first)
    assert again.already_shown
    assert len(user_operations(rig)) == 2


def test_a_delete_with_the_same_operation_id_is_the_same_even_when_it_has_ended(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    first = rig.delete_user("alice", MINE)
    rig.drain()
    again = rig.delete_user("alice", MINE)
    assert first
    assert again
    assert (again.id, again.status) == (first.id, Status.SUCCEEDED)


@pytest.mark.parametrize("act", ["put", "rotate", "delete"])
def test_another_request_with_the_same_operation_id_is_refused(rig: Rig, act: str) -> None:
    rig.put_user("alice", MINE)
    other = replace(MINE, payload=b"something else")
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: rig.put_user("alice", other, password_hash=HASH),
        "rotate": lambda: rotate(rig, caller=other),
        "delete": lambda: rig.delete_user("alice", other),
    }
    before = stored(rig)
    with pytest.raises(ApiError) as caught:
        acts[act]()
    assert (caught.value.status, caught.value.code) == (409, "OperationIdReused")
    assert stored(rig) == before


def test_two_rotations_at_once_with_one_operation_id_are_one(rig: Rig) -> None:
    rig.put_user("alice")
    twins: list[UserAnswer] = []
    rig.wire.meanwhile("state.transact", lambda: twins.append(rotate(rig, caller=MINE)))
    loser = rotate(rig, caller=MINE)
    check_secret(rig, twins[0])
    assert loser.already_shown
    assert loser.password is None
    assert len(user_operations(rig)) == 2


# preconditions


def test_create_only_refuses_a_user_that_is_there(rig: Rig) -> None:
    check_secret(rig, rig.accounts.put(NAME, "alice", UserSpec(), CREATE_ONLY, ME))
    with pytest.raises(ApiError) as caught:
        rig.accounts.put(NAME, "alice", UserSpec(password_hash=HASH), CREATE_ONLY, ME)
    assert (caught.value.status, caught.value.code) == (412, "ConditionNotMet")
    assert stored(rig).version_tag in caught.value.message


@pytest.mark.parametrize("act", ["put", "rotate", "delete"])
def test_if_match_lets_only_the_version_pass_that_the_caller_saw(rig: Rig, act: str) -> None:
    seen = rig.put_user("alice", password_hash=HASH).user.version_tag
    rig.put_user("alice", password_hash=OTHER_HASH)
    acts: dict[str, Callable[[Precondition], object]] = {
        "put": lambda when: rig.accounts.put(NAME, "alice", UserSpec(description="x"), when, ME),
        "rotate": lambda when: rotate(rig, when),
        "delete": lambda when: rig.accounts.delete(NAME, "alice", when, ME),
    }
    before = stored(rig)
    with pytest.raises(ApiError) as caught:
        acts[act](Precondition(if_match=seen))
    assert caught.value.status == 412
    assert stored(rig) == before
    acts[act](Precondition(if_match=f"{seen}, {before.version_tag}"))
    assert row(rig) != before


@pytest.mark.parametrize("tag", ["*", '"an-etag"'])
def test_if_match_refuses_a_user_that_is_not_there(rig: Rig, tag: str) -> None:
    when = Precondition(if_match=tag)
    with pytest.raises(ApiError) as caught:
        rig.accounts.put(NAME, "alice", UserSpec(), when, ME)
    assert caught.value.status == 412
    with pytest.raises(ApiError) as caught:
        rig.accounts.delete(NAME, "alice", when, ME)
    assert caught.value.status == 412
    assert row(rig) is None


@pytest.mark.parametrize("act", ["put", "rotate", "delete"])
def test_if_match_holds_when_somebody_else_is_faster(rig: Rig, act: str) -> None:
    when = Precondition(if_match=rig.put_user("alice", password_hash=HASH).user.version_tag)
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: rig.accounts.put(NAME, "alice", UserSpec(description="x"), when, ME),
        "rotate": lambda: rotate(rig, when),
        "delete": lambda: rig.accounts.delete(NAME, "alice", when, ME),
    }
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("alice", password_hash=OTHER_HASH))
    with pytest.raises(ApiError) as caught:
        acts[act]()
    assert caught.value.status == 412
    assert stored(rig).password_hash == OTHER_HASH


# rotating


def test_a_rotation_gives_a_new_secret_and_the_old_one_goes(rig: Rig) -> None:
    old = rig.put_user("alice", description="ci").password
    rig.clock.advance(100)
    answer = rotate(rig)
    check_secret(rig, answer)
    assert answer.operation
    assert answer.operation.kind is Kind.ROTATE_USER
    assert not matches(old or "", stored(rig).password_hash)
    assert stored(rig).secret_changed_at == rig.clock.now
    assert stored(rig).description == "ci"
    rig.drain()
    rig.check_up()


def test_rotating_a_user_that_is_not_there_tells_the_nearest(rig: Rig) -> None:
    rig.put_user("Alice", password_hash=HASH)
    with pytest.raises(ApiError) as caught:
        rotate(rig)
    assert (caught.value.status, caught.value.code) == (404, "UserNotFound")
    assert "'Alice'" in caught.value.fix


# deleting


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


# showing


def test_a_list_is_in_name_order_and_comes_in_pages(rig: Rig) -> None:
    for name in ("bob", "Zoe", "alice", "carol"):
        rig.put_user(name, password_hash=HASH)
    rig.delete_user("bob")
    whole = [each.user.username for each in rig.accounts.list(NAME, "", 10)]
    assert whole == ["Zoe", "alice", "carol"]
    assert [each.user.username for each in rig.accounts.list(NAME, "", 2)] == ["Zoe", "alice"]
    assert [each.user.username for each in rig.accounts.list(NAME, "alice", 2)] == ["carol"]


def test_a_page_is_full_although_deleted_users_lie_in_between(rig: Rig) -> None:
    for number in range(9):
        rig.put_user(f"user{number}", password_hash=HASH)
    rig.drain()
    for number in range(6):
        rig.delete_user(f"user{number}")
    found = [each.user.username for each in rig.accounts.list(NAME, "user0", 3)]
    assert found == ["user6", "user7", "user8"]


def test_a_user_is_syncing_until_the_registry_has_proven_the_change(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.drain()
    rig.put_user("bob", password_hash=HASH)
    syncing = {each.user.username: each.syncing for each in rig.accounts.list(NAME, "", 10)}
    assert syncing == {"alice": False, "bob": True}
    assert rig.accounts.get(NAME, "bob").operation
    rig.drain()
    assert not rig.accounts.get(NAME, "bob").syncing
    assert rig.accounts.get(NAME, "bob").operation is None


def test_a_list_of_a_registry_that_is_not_there_is_404(rig: Rig) -> None:
    with pytest.raises(ApiError) as caught:
        rig.accounts.list("nobody", "", 10)
    assert caught.value.status == 404


# trouble with tables and queues


LOST = [
    ConflictError("a retry inside the SDK met its own write"),
    DependencyError("Table Storage", "no answer"),
]


@pytest.mark.parametrize("caller", [ME, MINE], ids=["plain", "Operation-Id"])
@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_answer_loses_no_secret(rig: Rig, error: Exception, caller: Any) -> None:
    rig.wire.lose_answer("state.transact", error)
    answer = rig.accounts.put(NAME, "alice", UserSpec(), CREATE_ONLY, caller)
    check_secret(rig, answer)
    assert answer.created
    rig.wire.lose_answer("state.transact", error)
    when = Precondition(if_match=answer.user.version_tag)
    rotated = rotate(rig, when, replace(caller, operation_key=caller.operation_key and "another-id"))
    check_secret(rig, rotated)
    assert len(user_operations(rig)) == 2
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("caller", [ME, MINE], ids=["plain", "Operation-Id"])
@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_answer_keeps_what_a_user_must_know(rig: Rig, error: Exception, caller: Any) -> None:
    rig.wire.lose_answer("state.transact", error)
    answer = rig.accounts.put(NAME, "alice", UserSpec(password_hash=SLOW_HASH), CREATE_ONLY, caller)
    assert answer.warning
    assert answer.created
    rig.wire.lose_answer("state.transact", error)
    when = Precondition(if_match=answer.user.version_tag)
    operation = rig.accounts.delete(
        NAME, "alice", when, replace(caller, operation_key=caller.operation_key and "another-id")
    )
    assert operation
    assert operation.kind is Kind.DELETE_USER
    assert len(user_operations(rig)) == 2
    assert rig.registry().user_count == 0


def test_tables_that_do_not_answer_at_all_leave_a_user_that_a_rotation_recovers(rig: Rig) -> None:
    def away() -> None:
        rig.state_table.down = True

    rig.wire.lose_answer("state.transact", DependencyError("Table Storage", "no answer"))
    rig.wire.meanwhile("state.transact", lambda: rig.wire.meanwhile("state.get", away))
    with pytest.raises(DependencyError):
        rig.put_user("alice", MINE)
    rig.state_table.down = False
    again = rig.put_user("alice", MINE)
    assert again.already_shown
    assert len(user_operations(rig)) == 1
    check_secret(rig, rotate(rig))
    rig.mend()
    rig.check_up()


def test_a_request_that_tables_refuse_changes_nothing(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    before = stored(rig)
    acts: list[Callable[[], object]] = [
        lambda: rig.put_user("bob"),
        lambda: rig.put_user("alice", description="x"),
        lambda: rotate(rig),
        lambda: rig.delete_user("alice"),
    ]
    for act in acts:
        rig.wire.refuse("state.transact", DependencyError("Table Storage", "busy"))
        with pytest.raises(DependencyError):
            act()
    assert stored(rig) == before
    assert len(user_operations(rig)) == 1


def test_a_queue_that_is_down_delays_a_change_and_keeps_its_secret(rig: Rig) -> None:
    rig.users_queue.down = True
    check_secret(rig, rig.put_user("alice"))
    rig.users_queue.down = False
    rig.mend()
    rig.check_up()


# two at once


def between_looks(rig: Rig, action: Callable[[], object]) -> None:
    """`action` happens after the next request has looked at its user for the first time."""
    rig.wire.meanwhile("state.get", lambda: rig.wire.meanwhile("state.get", action))


def test_a_change_of_a_description_does_not_bring_back_a_rotated_secret(rig: Rig) -> None:
    rig.put_user("alice")
    rotated: list[UserAnswer] = []
    between_looks(rig, lambda: rotated.append(rotate(rig)))
    rig.put_user("alice", description="ci")
    check_secret(rig, rotated[0])
    assert stored(rig).description == "ci"


def test_a_repeat_does_not_bring_back_a_rotated_secret(rig: Rig) -> None:
    rig.put_user("alice")
    rotated: list[UserAnswer] = []
    between_looks(rig, lambda: rotated.append(rotate(rig)))
    rig.put_user("alice")
    check_secret(rig, rotated[0])


def test_a_put_that_meets_a_deletion_makes_a_new_user_with_a_new_secret(rig: Rig) -> None:
    old = rig.put_user("alice").user.password_hash
    rig.drain()
    between_looks(rig, lambda: rig.delete_user("alice"))
    answer = rig.put_user("alice")
    check_secret(rig, answer)
    assert answer.created
    assert stored(rig).password_hash != old


def test_of_two_creates_at_once_one_gets_the_secret_that_counts(rig: Rig) -> None:
    first: list[UserAnswer] = []
    rig.wire.meanwhile("state.transact", lambda: first.append(rig.put_user("alice")))
    second = rig.put_user("alice")
    check_secret(rig, first[0])
    assert (second.password, second.created) == (None, False)
    assert len(user_operations(rig)) == 1


def test_changes_of_two_users_at_once_both_happen(rig: Rig) -> None:
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("bob", password_hash=HASH))
    rig.put_user("alice", password_hash=HASH)
    assert rig.registry().user_count == 2
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ["alice", "bob"]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often one request makes a bcrypt hash, or checks one."""
    done: Counter[str] = Counter()

    def counted(name: str) -> None:
        real = getattr(secret_module, name)

        def call(*args: object) -> object:
            done[name] += 1
            return real(*args)

        monkeypatch.setattr(secret_module, name, call)

    counted("hash_password")
    counted("matches")
    return done


@pytest.mark.parametrize(
    ("there", "fields", "hashes", "checks"),
    [
        (False, {}, 1, 0),
        (False, {"password": LONG}, 1, 0),
        (False, {"password_hash": HASH}, 0, 0),
        (True, {}, 0, 0),
        (True, {"description": "x"}, 0, 0),
        (True, {"password": LONG}, 1, 1),
        (True, {"password_hash": OTHER_HASH}, 0, 0),
    ],
)
def test_a_request_hashes_once_at_most_however_often_it_meets_others(
    rig: Rig, hashed: Counter[str], there: bool, fields: dict[str, Any], hashes: int, checks: int
) -> None:
    if there:
        rig.put_user("alice")
    hashed.clear()
    rig.wire.refuse("state.transact", *[ConflictError()] * 3)
    rig.put_user("alice", **fields)
    assert (hashed["hash_password"], hashed["matches"]) == (hashes, checks)


def test_the_same_password_again_is_checked_and_not_hashed(rig: Rig, hashed: Counter[str]) -> None:
    rig.put_user("alice", password=LONG)
    hashed.clear()
    rig.put_user("alice", password=LONG)
    assert (hashed["hash_password"], hashed["matches"]) == (0, 1)


def test_a_rotation_hashes_once(rig: Rig, hashed: Counter[str]) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.wire.refuse("state.transact", *[ConflictError()] * 3)
    rotate(rig)
    assert (hashed["hash_password"], hashed["matches"]) == (1, 0)


# any sequence


ACTIONS = st.sampled_from(["put", "hash", "describe", "rotate", "delete", "step", "step", "drain"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ACTIONS, st.sampled_from(["alice", "bob"])), max_size=14))
def test_after_any_sequence_exactly_the_present_users_can_log_in(actions: list[tuple[str, str]]) -> None:
    rig, expected = Rig(), dict[str, str]()
    rig.create()
    for action, name in actions:
        if action == "hash":
            expected[name] = rig.put_user(name, password_hash=HASH).user.password_hash
        elif action in {"put", "describe"}:
            fields: dict[str, Any] = {"description": "x"} if action == "describe" else {}
            answer = rig.put_user(name, **fields)
            assert answer.created is (name not in expected)
            expected[name] = expected.get(name, answer.user.password_hash)
        elif action == "rotate" and name in expected:
            expected[name] = rig.accounts.rotate(NAME, name, ALWAYS, ME).user.password_hash
        elif action == "delete":
            assert rig.delete_user(name) or name not in expected
            expected.pop(name, None)
        elif action == "step" and rig.host.waiting:
            rig.step()
        elif action == "drain":
            rig.drain()
        assert rig.registry().user_count == len(expected)
    rig.drain()
    rig.check_up()
    assert {
        each.user.username: each.user.password_hash for each in rig.accounts.list(NAME, "", 9)
    } == expected
    assert all(each.status is Status.SUCCEEDED for each in rig.all_operations())
