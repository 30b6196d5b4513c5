"""Who waits in vain for the click on a one-time link is forgotten."""

import pytest

from shared.domain.users.reveal import KEPT, LIFE
from shared.domain.users.user import UserState
from shared.services.state import State
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import NAME, Rig
from tests.unit.services.users.links import (
    DAY,
    SECOND,
    add,
    assert_gone,
    audit,
    click,
    line,
    offer,
    stored,
    wait,
)

pytestmark = pytest.mark.usefixtures("ci")


def test_a_user_whose_link_nobody_opened_goes_with_it_and_an_old_one_stays(rig: Rig) -> None:
    added, rotated = add(rig), offer(rig)
    wait(rig, LIFE - SECOND)
    assert stored(rig, "new").state is UserState.PENDING_REVEAL
    wait(rig, SECOND)
    assert State(rig.state_table).user(NAME, "new") is None
    assert rig.registry().user_count == 1
    [entry] = audit(rig, "ForgetUnseenUser")
    assert (entry.actor, entry.details) == ("system:reconcile", {"removed": ["new"]})
    assert (stored(rig).password_hash, line(rig, "ci")) == (HASH, HASH)
    for link in (added, rotated):
        assert_gone(rig, link)


def test_the_row_of_a_link_goes_a_day_after_its_end(rig: Rig) -> None:
    used, unused = add(rig), offer(rig)
    click(rig, used)
    wait(rig, LIFE)
    assert len(list(State(rig.state_table).reveals(NAME))) == 2
    wait(rig, KEPT - LIFE)
    assert [each.username for each in State(rig.state_table).reveals(NAME)] == ["ci"]
    wait(rig, LIFE)
    assert list(State(rig.state_table).reveals(NAME)) == []
    assert rig.registry().reveals_due is None
    for link in (used, unused):
        assert_gone(rig, link)
    assert stored(rig, "new").state is UserState.ACTIVE


def test_a_new_link_keeps_the_user_alive(rig: Rig) -> None:
    add(rig)
    wait(rig, LIFE - SECOND)
    link = add(rig)
    wait(rig, LIFE - SECOND)
    assert click(rig, link).username == "new"
    wait(rig, DAY)
    assert stored(rig, "new").state is UserState.ACTIVE


def test_whatever_saves_the_user_in_that_moment_wins(rig: Rig) -> None:
    add(rig)
    rig.clock.advance(LIFE.total_seconds())
    rig.wire.meanwhile("state.transact", lambda: rig.rotate("new"))
    rig.reconcile.run()
    assert stored(rig, "new").state is UserState.ACTIVE
    assert rig.registry().user_count == 2


def test_more_links_than_one_transaction_holds_go_in_several_runs(rig: Rig) -> None:
    for number in range(50):
        add(rig, f"user{number}")
    wait(rig, LIFE)
    wait(rig, SECOND)
    assert rig.registry().user_count == 1
    wait(rig, KEPT)
    wait(rig, SECOND)
    assert list(State(rig.state_table).reveals(NAME)) == []
    assert rig.registry().reveals_due is None


def test_a_deleted_user_is_first_out_of_the_file_and_then_forgotten(rig: Rig) -> None:
    rig.delete_user("ci")
    add(rig, "ci")
    rig.clock.advance(LIFE.total_seconds())
    rig.reconcile.run()
    assert stored(rig).state is UserState.PENDING_REVEAL, "the file may still let the old password in"
    rig.drain()
    rig.reconcile.run()
    assert State(rig.state_table).user(NAME, "ci") is None
    assert line(rig, "ci") is None


def test_a_purge_leaves_no_link(rig: Rig) -> None:
    add(rig)
    rig.purge()
    rig.drain()
    assert list(State(rig.state_table).reveals(NAME)) == []
