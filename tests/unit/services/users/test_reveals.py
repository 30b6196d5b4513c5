"""A click on a one-time link: it counts once, and only as long as everything is as it was offered."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.grants import Grant
from shared.domain.operations import Kind, Status
from shared.domain.roles import Access, Role
from shared.domain.users.passwords import matches
from shared.domain.users.reveal import LIFE, STATUS_LIFE
from shared.domain.users.user import UserState
from shared.domain.users.user_spec import RotateSpec
from shared.services.state import State
from shared.services.users.reveal_offers import Offer
from tests.unit.domain.examples import HASH, OTHER_HASH
from tests.unit.services.rig import ALWAYS, ME, NAME, Rig, refusal
from tests.unit.services.users.links import (
    ANYBODY,
    DAY,
    DEV,
    JANE,
    SECOND,
    add,
    assert_gone,
    audit,
    click,
    line,
    offer,
    stored,
    then,
    wait,
)

pytestmark = pytest.mark.usefixtures("ci")


def drain(rig: Rig) -> None:
    rig.drain(60)


def test_the_click_makes_the_password_and_the_registry_proves_it(rig: Rig) -> None:
    found = click(rig, add(rig, life=RotateSpec(expires_after=30 * DAY)))
    assert len(found.password) == 32
    assert found.password not in repr(found)
    user = stored(rig, "new")
    assert (user.state, user.expires_on) == (UserState.ACTIVE, rig.clock.now + 30 * DAY)
    assert user.password_hash.startswith("$2b$05$")
    assert matches(found.password, user.password_hash)
    assert found.login_server == rig.registry().login_server
    assert (found.operation.kind, found.operation.status) == (Kind.PUT_USER, Status.NOT_STARTED)
    rig.drain()
    assert rig.operation(found.operation.id).status is Status.SUCCEEDED
    assert line(rig, "new") == user.password_hash
    assert rig.registry().user_count == 2


def test_the_old_password_works_until_the_click_and_not_when_the_new_one_is_ready(rig: Rig) -> None:
    link = offer(rig)
    wait(rig, timedelta(minutes=10))
    assert (line(rig, "ci"), stored(rig).state) == (HASH, UserState.ACTIVE)
    found = click(rig, link)
    assert found.operation.kind is Kind.ROTATE_USER
    rig.drain()
    assert rig.operation(found.operation.id).status is Status.SUCCEEDED
    assert matches(found.password, line(rig, "ci") or "")
    assert stored(rig).description == "builds"


def test_another_description_comes_with_the_click(rig: Rig) -> None:
    link = offer(rig, description="laptop")
    assert stored(rig).description == "builds"
    click(rig, link)
    assert stored(rig).description == "laptop"


def test_what_is_said_of_a_new_user_meanwhile_stays(rig: Rig) -> None:
    link = add(rig, description="laptop")
    rig.patch_user("new", description="desktop")
    click(rig, link)
    assert stored(rig, "new").description == "desktop"


def test_the_click_is_in_the_audit_of_whoever_asked_from_where_it_came(rig: Rig) -> None:
    click(rig, add(rig))
    [entry] = [each for each in audit(rig, Kind.PUT_USER) if each.target == "demo/new"]
    assert (entry.actor, entry.address) == ("slack:T1/U1", "203.0.113.7")
    assert entry.details == {"openedBy": ["anonymous"], "added": ["new"]}


def test_a_second_click_shows_nothing_and_the_first_password_stays(rig: Rig) -> None:
    link = offer(rig)
    found = click(rig, link)
    assert_gone(rig, link)
    assert matches(found.password, stored(rig).password_hash)


def test_a_used_link_tells_for_an_hour_how_far_its_password_is(rig: Rig) -> None:
    link = offer(rig)
    assert refusal(lambda: rig.reveals.activation(link.token)).status == 410
    started = click(rig, link).operation
    assert rig.reveals.activation(link.token).operation.id == started.id
    rig.drain()
    told = rig.reveals.activation(link.token)
    assert (told.operation.status, told.login_server) == (Status.SUCCEEDED, rig.registry().login_server)
    rig.clock.advance(STATUS_LIFE.total_seconds())
    assert refusal(lambda: rig.reveals.activation(link.token)).status == 410


ENDS_IT: dict[str, Callable[[Rig], object]] = {
    "fifteen minutes": lambda rig: rig.clock.advance(LIFE.total_seconds()),
    "a newer link": offer,
    "a rotation": lambda rig: rig.rotate("ci"),
    "a rotation with an overlap": lambda rig: rig.rotate("ci", overlap=DAY),
    "another password": lambda rig: rig.put_user("ci", password_hash=OTHER_HASH),
    "an import": then(lambda rig: rig.import_users({"ci": OTHER_HASH}), drain),
    "a deletion": lambda rig: rig.delete_user("ci"),
    "a deletion that is proven": then(lambda rig: rig.delete_user("ci"), drain),
    "a new user of that name": lambda rig: (rig.delete_user("ci"), rig.put_user("ci")),
    "disabled": lambda rig: rig.patch_user("ci", disabled=True),
    "expired": then(lambda rig: rig.patch_user("ci", expires_after=SECOND), lambda rig: rig.clock.advance(1)),
    "revoked everywhere": then(lambda rig: rig.people.revoke("ci", ME), drain),
    "a delete of the registry": lambda rig: rig.delete(),
    "a soft-deleted registry": then(lambda rig: rig.delete(), drain),
    "another registry of that name": then(
        lambda rig: rig.purge(), drain, lambda rig: rig.create(), lambda rig: rig.put_user("ci")
    ),
    "a grant that was taken away": lambda rig: rig.grants.clear(),
    "a grant that says less": lambda rig: rig.grants.__setitem__(
        0, Grant(principal="slack:T1/U1", role=Role.READER)
    ),
}


@pytest.mark.parametrize("what", ENDS_IT)
def test_what_ends_a_link(rig: Rig, what: str) -> None:
    link = offer(rig)
    ENDS_IT[what](rig)
    before = State(rig.state_table).user(NAME, "ci")
    assert_gone(rig, link)
    assert State(rig.state_table).user(NAME, "ci") == before


LEAVES_IT: dict[str, Callable[[Rig], object]] = {
    "almost fifteen minutes": lambda rig: rig.clock.advance(LIFE.total_seconds() - 1),
    "another description": lambda rig: rig.patch_user("ci", description="more builds"),
    "the same password again": lambda rig: rig.put_user("ci", password_hash=HASH),
    "disabled and enabled": lambda rig: [rig.patch_user("ci", disabled=off) for off in (True, False)],
    "another user": lambda rig: rig.put_user("other"),
    "a restart of the registry": lambda rig: rig.restart.start(NAME, ALWAYS, ME),
    "a grant by the channel": lambda rig: rig.grants.__setitem__(
        0, Grant(principal="slack:T1/C1", role=Role.OPERATOR)
    ),
    "a run of reconcile": lambda rig: rig.reconcile.run(),
}


@pytest.mark.parametrize("what", LEAVES_IT)
def test_what_leaves_a_link_alone(rig: Rig, what: str) -> None:
    link = offer(rig)
    LEAVES_IT[what](rig)
    assert matches(click(rig, link).password, stored(rig).password_hash)


@pytest.mark.parametrize(
    "token", ["", "x", "demo", "demo." + "a" * 22, "absent." + "a" * 22, "demo." + "a" * 5000, "é.\0"]
)
def test_what_is_no_link_is_answered_as_one_that_was_used(rig: Rig, token: str) -> None:
    used = offer(rig)
    click(rig, used)
    expected = refusal(lambda: click(rig, used))
    for call in (lambda: rig.reveals.reveal(token, ANYBODY), lambda: rig.reveals.activation(token)):
        error = refusal(call)
        assert (error.status, error.code, error.message, error.fix, error.target) == (
            expected.status,
            expected.code,
            expected.message,
            expected.fix,
            None,
        )


def test_the_log_says_why_and_not_which(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    link = offer(rig)
    rig.grants.clear()
    with caplog.at_level(logging.INFO):
        assert_gone(rig, link)
    assert "slack:T1/U1 may no longer" in caplog.text
    assert link.token.partition(".")[2] not in caplog.text


def test_the_log_tells_used_from_old_and_from_unknown(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    used, old = offer(rig), add(rig)
    click(rig, used)
    rig.clock.advance(LIFE.total_seconds())
    unknown = Offer("demo." + "a" * 22, "", rig.clock.now)
    with caplog.at_level(logging.INFO):
        for link in (used, old, unknown):
            assert_gone(rig, link)
    said = [message.rpartition(": ")[2] for message in caplog.messages]
    assert said == ["it was used", "it is too old", "there is none like it"]


def test_a_member_gets_a_password_for_its_own_name_alone(rig: Rig) -> None:
    rig.grants[:] = [Grant(principal="slack:T1/C1", role=Role.MEMBER)]
    member = replace(DEV, access=Access(login="slack-u1"))
    own, others = add(rig, "slack-u1", caller=member), offer(rig, "ci", caller=member)
    assert click(rig, own).username == "slack-u1"
    assert_gone(rig, others)


def test_nobody_opens_what_was_offered_in_nobodys_name(rig: Rig) -> None:
    assert_gone(rig, offer(rig, caller=replace(DEV, principals=frozenset())))


def test_a_link_for_one_person_is_opened_by_that_person_alone(rig: Rig) -> None:
    link = offer(rig, only_for="user:jane")
    for caller in (ANYBODY, replace(JANE, principals=frozenset({"user:joe"}))):
        error = refusal(lambda caller=caller: click(rig, link, caller))  # type: ignore[misc]
        assert (error.status, error.code) == (403, "RevealForAnother")
    assert click(rig, link, JANE).username == "ci"
    [entry] = audit(rig, Kind.ROTATE_USER)
    assert entry.details == {"openedBy": ["entra:jane"]}


def test_an_expired_user_is_renewed_by_the_click_for_as_long_as_before(rig: Rig) -> None:
    rig.patch_user("ci", expires_after=DAY)
    wait(rig, DAY)
    assert stored(rig).state is UserState.EXPIRED
    link = offer(rig)
    rig.clock.advance(60)
    click(rig, link)
    assert (stored(rig).state, stored(rig).expires_on) == (UserState.ACTIVE, rig.clock.now + DAY)


def test_before_the_registry_is_up_the_password_waits_for_it() -> None:
    rig = Rig()
    rig.put()
    link = add(rig)
    found = click(rig, link)
    assert found.login_server is None
    rig.drain()
    assert rig.operation(found.operation.id).status is Status.SUCCEEDED
    assert rig.reveals.activation(link.token).login_server == rig.registry().login_server
    assert matches(found.password, line(rig, "new") or "")
