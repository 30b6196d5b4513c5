"""Processes that die at any call, and turns that sleep through others, change nothing about the end."""

from collections.abc import Callable

import pytest

from shared.domain.errors import NameTakenError
from shared.domain.names import azure_names
from shared.domain.operations import Kind, Status
from shared.domain.resources.resource import Type
from tests.unit.services.lifecycles import (
    change,
    crowded,
    expect_changed,
    expect_gone,
    expect_up,
    hopeless,
    running,
)
from tests.unit.services.rig import NAME, STALE_SECONDS, Rig
from tests.unit.services.wire import Killed

pytestmark = pytest.mark.usefixtures("one_thread")


def fresh() -> Rig:
    return Rig(looks=1)


def create(rig: Rig) -> object:
    return rig.put()


def purge(rig: Rig) -> object:
    return rig.purge()


def expect_rolled_back(rig: Rig) -> None:
    assert rig.azure.resources == {}
    assert rig.unfinished() == []
    error = rig.last(Kind.CREATE_REGISTRY).error
    assert error
    assert error.code == "AzureSaysNo"


def soft_deleted() -> Rig:
    """A registry that is soft-deleted, with a user."""
    rig = running()
    rig.put_user("alice", password_hash="$2b$04$" + "a" * 53)
    rig.drain()
    rig.soft_deleted()
    return rig


def expect_soft_deleted(rig: Rig) -> None:
    rig.check_soft_deleted()
    assert rig.last(Kind.DELETE_REGISTRY).status is Status.SUCCEEDED


def expect_restored(rig: Rig) -> None:
    rig.check_up()
    assert rig.names_in_file() == ["alice"]
    assert (rig.registry().deleted_on, rig.registry().purge_on) == (None, None)


STORIES: dict[str, tuple[Callable[[], Rig], Callable[[Rig], object], Callable[[Rig], None]]] = {
    "create": (fresh, create, expect_up),
    "create with other names": (crowded, create, expect_up),
    "create that rolls back": (hopeless, create, expect_rolled_back),
    "update": (running, change, expect_changed),
    "purge": (running, purge, expect_gone),
    "soft delete": (running, Rig.delete, expect_soft_deleted),
    "restore": (soft_deleted, Rig.restore, expect_restored),
    "purge of what is soft-deleted": (soft_deleted, purge, expect_gone),
}


def tell(rig: Rig, act: Callable[[Rig], object]) -> None:
    """The request and all its turns; a client whose request broke off sends it again."""
    try:
        act(rig)
        rig.drain()
    except Killed:
        check_that_nothing_is_forgotten(rig)
        rig.host.waiting.clear()
        rig.wire.revive()
        if not rig.unfinished():
            act(rig)


def check_that_nothing_is_forgotten(rig: Rig) -> None:
    """Whatever exists in Azure bears a name that the registry's row knows."""
    if not rig.azure.resources:
        return
    names = rig.registry().names
    known = {names.storage_account, names.plan, names.site}
    assert {ref.name for ref in rig.azure.resources} <= known


def length(story: str) -> int:
    """How many calls the whole story takes when nothing happens."""
    start, act, _ = STORIES[story]
    rig = start()
    rig.wire.calls.clear()
    tell(rig, act)
    return len(rig.wire.calls)


# processes that die


@pytest.mark.parametrize("story", STORIES)
def test_a_process_that_dies_at_any_call_changes_nothing_about_the_end(story: str) -> None:
    start, act, expect = STORIES[story]
    for at in range(length(story)):
        rig = start()
        rig.wire.kill(at)
        tell(rig, act)
        rig.mend()
        expect(rig)


def asleep(rig: Rig, story: Callable[[], object]) -> Callable[[], None]:
    """What happens while a turn sleeps: the registry comes, goes, and then `story`."""

    def meanwhile() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.drain()
        rig.purge()
        rig.drain()
        story()

    return meanwhile


# turns that sleep through a delete


def test_a_turn_that_slept_through_a_delete_and_a_create_tells_the_new_registry_nothing() -> None:
    rig = Rig()
    rig.put()

    def again() -> None:
        rig.azure.held.add(azure_names("sub", "group", NAME).storage_account)
        rig.create()
        rig.check_up()

    rig.wire.meanwhile("azure.put", lambda: rig.wire.meanwhile("state.get", asleep(rig, again)))
    rig.deliver(rig.host.waiting.pop())
    rig.drain()
    assert rig.registry().storage_attempt == 1
    assert rig.registry().names.storage_account in str(rig.registry().file_endpoint)


def test_a_turn_that_slept_through_a_delete_and_a_create_does_not_take_its_next_name() -> None:
    rig = Rig()
    rig.put()

    def again() -> None:
        rig.put()
        rig.wire.refuse("azure.put", NameTakenError(Type.STORAGE_ACCOUNT))

    rig.wire.meanwhile("azure.get", asleep(rig, again))
    rig.deliver(rig.host.waiting.pop())
    assert rig.registry().storage_attempt == 0


@pytest.mark.parametrize("turns", range(1, 9))
def test_a_turn_that_slept_through_others_forgets_nothing_that_they_found_out(turns: int) -> None:
    rig = Rig(looks=1)
    rig.put()

    def others() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        for _ in range(turns):
            if rig.host.waiting:
                rig.step()

    rig.wire.meanwhile("azure.put", lambda: rig.wire.meanwhile("state.get", others))
    rig.deliver(rig.host.waiting.pop())
    rig.drain()
    rig.check_up()
    registry = rig.registry()
    assert registry.login_server
    assert registry.file_endpoint
    assert rig.operation(str(registry.last_operation)).result == {"loginServer": registry.login_server}
