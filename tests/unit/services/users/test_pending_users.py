"""A user that waits for the click on its one-time link, and everything else that can be done with it."""

import pytest

from shared.domain.operations import Status
from shared.domain.users.passwords import matches
from shared.domain.users.user import UserState
from shared.services.state import State
from shared.services.users.diagnosis import Diagnoses
from tests.unit.domain.examples import OTHER_HASH
from tests.unit.services.rig import MINE, NAME, Rig, refusal
from tests.unit.services.users.links import DAY, add, assert_gone, click, line, stored

pytestmark = pytest.mark.usefixtures("ci")


def test_a_user_that_waits_is_deleted_as_any_other(rig: Rig) -> None:
    link = add(rig)
    operation = rig.delete_user("new")
    rig.drain()
    assert operation
    assert rig.operation(operation.id).status is Status.SUCCEEDED
    assert State(rig.state_table).user(NAME, "new") is None
    assert rig.registry().user_count == 1
    assert_gone(rig, link)


def test_a_put_without_a_secret_leaves_it_waiting_and_one_with_a_secret_does_not(rig: Rig) -> None:
    add(rig)
    answer = rig.put_user("new")
    assert (answer.operation, answer.password, answer.user.state) == (None, None, UserState.PENDING_REVEAL)
    assert rig.put_user("new", password="p" * 32).user.state is UserState.ACTIVE
    rig.drain()
    assert matches("p" * 32, line(rig, "new") or "")


def test_a_rotation_over_http_gives_it_its_first_password(rig: Rig) -> None:
    add(rig)
    assert refusal(lambda: rig.rotate("new", overlap=DAY)).code == "UserPendingReveal"
    answer = rig.rotate("new")
    assert matches(answer.password or "", stored(rig, "new").password_hash)
    assert answer.user.state is UserState.ACTIVE


def test_disabled_it_shows_nothing_and_enabled_it_waits_again(rig: Rig) -> None:
    link = add(rig)
    assert rig.patch_user("new", disabled=True).user.state is UserState.DISABLED
    assert_gone(rig, link)
    assert rig.patch_user("new", disabled=False).user.state is UserState.PENDING_REVEAL
    rig.drain()
    assert line(rig, "new") is None
    assert click(rig, link).username == "new"


def test_an_import_gives_it_the_password_of_the_file(rig: Rig) -> None:
    link = add(rig)
    rig.import_users({"new": OTHER_HASH})
    rig.drain()
    assert (stored(rig, "new").state, line(rig, "new")) == (UserState.ACTIVE, OTHER_HASH)
    assert_gone(rig, link)


def test_the_diagnosis_says_that_nobody_has_opened_the_link(rig: Rig) -> None:
    add(rig)
    found = Diagnoses(rig.state, rig.registries, rig.accounts, rig.clock).of(NAME, "new", names_others=True)
    assert [finding.code for finding in found.findings] == ["PendingReveal"]
    assert not found.can_log_in
    assert MINE.principal not in found.findings[0].message
