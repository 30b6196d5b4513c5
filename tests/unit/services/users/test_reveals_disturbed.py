"""Two clicks at once, changes during a click, and crashes: it has counted, or it has not."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from shared.domain.errors import ApiError, ConflictError, DependencyError
from shared.domain.operations import Kind
from shared.domain.users.passwords import matches
from shared.domain.users.reveal import LIFE
from shared.domain.users.user import UserState
from shared.services.state import State
from shared.services.users.reveals import Revealed
from tests.unit.domain.examples import OTHER_HASH
from tests.unit.services.rig import NAME, Rig
from tests.unit.services.users.links import DEV, add, assert_gone, click, line, offer, stored

pytestmark = pytest.mark.usefixtures("ci")


def _calls_of_a_click() -> int:
    rig = Rig()
    rig.create()
    link = add(rig)
    rig.wire.kill(10_000)
    click(rig, link)
    return len(rig.wire.calls)


CALLS = _calls_of_a_click()


@pytest.mark.parametrize("at", range(CALLS))
def test_of_two_clicks_at_once_one_gets_the_password(rig: Rig, at: int) -> None:
    link, results = offer(rig), list[Revealed | ApiError]()

    def attempt() -> None:
        try:
            results.append(click(rig, link))
        except ApiError as error:
            results.append(error)

    rig.wire.interrupt(at, attempt)
    attempt()
    [shown] = [each for each in results if isinstance(each, Revealed)]
    [told] = [each for each in results if isinstance(each, ApiError)]
    assert told.status == 410
    rig.drain()
    assert matches(shown.password, line(rig, "ci") or "")
    assert len([each for each in rig.all_operations() if each.kind is Kind.ROTATE_USER]) == 1


def _later(rig: Rig) -> None:
    rig.clock.advance(LIFE.total_seconds())
    rig.reconcile.run()


MEANWHILE: dict[str, Callable[[Rig], object]] = {
    "a rotation": lambda rig: rig.rotate("new"),
    "a deletion": lambda rig: rig.delete_user("new"),
    "another link": add,
    "disabled": lambda rig: rig.patch_user("new", disabled=True),
    "an import": lambda rig: rig.import_users({"new": OTHER_HASH}),
    "reconcile, a quarter of an hour later": _later,
    "a purge": lambda rig: rig.purge(),
}


def _or_refused(what: Callable[[Rig], object]) -> Callable[[Rig], object]:
    """After the click another link is no longer possible, and that is as good."""

    def attempt(rig: Rig) -> None:
        with suppress(ApiError):
            what(rig)

    return attempt


@pytest.mark.parametrize("what", MEANWHILE)
@pytest.mark.parametrize("at", range(CALLS))
def test_whatever_happens_during_a_click_it_has_counted_or_it_has_not(rig: Rig, what: str, at: int) -> None:
    link, shown = add(rig), None
    rig.wire.interrupt(at, lambda: _or_refused(MEANWHILE[what])(rig))
    with suppress(ApiError):
        shown = click(rig, link)
    ours = [each for each in rig.all_operations() if each.asked_by == DEV.actor]
    assert [each.id for each in ours] == ([shown.operation.id] if shown else [])
    assert_gone(rig, link)
    rig.mend()
    assert not rig.unfinished()
    home = State(rig.state_table).registry(NAME)
    users = list(State(rig.state_table).users(NAME))
    assert (home.user_count if home else 0) == len(users)
    if home:
        active = [(each.username, each.password_hash) for each in users if each.state is UserState.ACTIVE]
        assert [(name, line(rig, name)) for name in rig.names_in_file()] == active


@pytest.mark.parametrize("at", range(CALLS))
def test_a_click_that_dies_has_done_all_or_nothing(rig: Rig, at: int) -> None:
    link = add(rig)
    with rig.dying(at):
        click(rig, link)
    if stored(rig, "new").state is UserState.PENDING_REVEAL:
        click(rig, link)
    else:
        assert_gone(rig, link)
    rig.mend()
    assert line(rig, "new") == stored(rig, "new").password_hash
    assert not rig.unfinished()
    assert rig.registry().user_count == 2


def test_an_answer_that_was_lost_on_its_way_from_the_table_costs_nothing(rig: Rig) -> None:
    link = offer(rig)
    rig.wire.lose_answer("state.transact", DependencyError("Table Storage", "timeout"))
    assert matches(click(rig, link).password, stored(rig).password_hash)


def test_whoever_changes_the_registry_meanwhile_delays_nobody(rig: Rig) -> None:
    link = offer(rig)
    rig.wire.meanwhile("state.transact", lambda: rig.put_user("other"))
    assert matches(click(rig, link).password, stored(rig).password_hash)
    rig.wire.refuse("state.transact", ConflictError("again"))
    assert add(rig).token
