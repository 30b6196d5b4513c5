"""One-time links: nothing changes before the click, the click counts once, and who waits in vain is forgotten."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError, ConflictError, DependencyError
from shared.domain.grants import Grant
from shared.domain.htpasswd import FILE_NAME
from shared.domain.operations import Kind, Status
from shared.domain.passwords import matches
from shared.domain.reveal import KEPT, LIFE, STATUS_LIFE, Purpose
from shared.domain.roles import Access, Role
from shared.domain.users import RotateSpec, User, UserState
from shared.services.diagnosis import Diagnoses
from shared.services.requests import Caller
from shared.services.reveals import Offer, Revealed
from shared.services.state import State
from tests.unit.services.rig import ALWAYS, ME, MINE, NAME, Rig
from tests.unit.services.wire import Killed

HASH = "$2b$05$" + "a" * 53
OTHER_HASH = "$2b$05$" + "b" * 53
DEV = Caller("slack:T1/U1", "r-chat", kind="slack", principals=frozenset({"slack:T1/U1", "slack:T1/C1"}))
ANYBODY = Caller("anonymous", "r-click", kind="anonymous", address="203.0.113.7")
JANE = replace(ANYBODY, actor="entra:jane", kind="entra", principals=frozenset({"user:jane"}))
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def rig() -> Rig:
    """A registry that is up, with the user `ci`."""
    rig = Rig()
    rig.create()
    rig.put_user("ci", password_hash=HASH, description="builds")
    rig.drain()
    return rig


def offer(rig: Rig, username: str = "ci", purpose: Purpose = Purpose.ROTATE, **more: Any) -> Offer:
    return rig.reveals.offer(NAME, username, purpose, more.pop("caller", DEV), **more)


def add(rig: Rig, username: str = "new", **more: Any) -> Offer:
    return offer(rig, username, Purpose.CREATE, **more)


def click(rig: Rig, link: Offer, caller: Caller = ANYBODY) -> Revealed:
    return rig.reveals.reveal(link.token, caller)


def stored(rig: Rig, username: str = "ci") -> User:
    user = State(rig.state_table).user(NAME, username)
    assert user
    return user


def refused(call: Callable[[], object]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value


def assert_gone(rig: Rig, link: Offer) -> None:
    error = refused(lambda: click(rig, link))
    assert (error.status, error.code) == (410, "RevealGone")


def line(rig: Rig, username: str) -> str | None:
    """The user's hash in the live file."""
    lines = rig.share().files[FILE_NAME].decode().splitlines()
    return next(
        (each.removeprefix(f"{username}:") for each in lines if each.startswith(f"{username}:")), None
    )


def wait(rig: Rig, time: timedelta) -> None:
    rig.clock.advance(time.total_seconds())
    rig.reconcile.run()
    rig.drain(60)


def audit(rig: Rig, action: str) -> list[AuditEntry]:
    return [entry for entry in State(rig.state_table).audit(NAME) if entry.action == action]


def then(*steps: Callable[[Rig], object]) -> Callable[[Rig], object]:
    """One after the other."""

    def all_of_them(rig: Rig) -> None:
        for step in steps:
            step(rig)

    return all_of_them


def drain(rig: Rig) -> None:
    rig.drain(60)


# the offer


def test_an_added_user_waits_for_its_link_is_listed_and_is_in_no_file(rig: Rig) -> None:
    link = add(rig, description="laptop")
    rig.drain()
    user = rig.accounts.get(NAME, "new").user
    assert (user.state, user.password_hash, user.description) == ("PendingReveal", "", "laptop")
    assert [each.user.username for each in rig.accounts.list(NAME, "", 10)] == ["ci", "new"]
    assert rig.registry().user_count == 2
    assert rig.names_in_file() == ["ci"]
    assert link.url == f"https://api.example/api/reveal#{link.token}"
    assert link.until == rig.clock.now + timedelta(minutes=15)


def test_an_offer_moves_no_file_and_starts_no_work(rig: Rig) -> None:
    before, revision = len(rig.all_operations()), rig.registry().users_revision
    add(rig)
    offer(rig)
    assert (len(rig.all_operations()), rig.registry().users_revision) == (before, revision)
    wait(rig, timedelta(minutes=1))
    assert len(rig.all_operations()) == before, "the file is no drift"


@pytest.mark.parametrize("username", ["ci", "new"])
@pytest.mark.parametrize(
    ("life", "ends"),
    [
        (lambda now: RotateSpec(expires_on=now + 3 * DAY), 3 * DAY),
        (lambda _: RotateSpec(expires_after=3 * DAY), 3 * DAY + SECOND),
        (lambda _: RotateSpec(expires_after=None), None),
    ],
)
def test_how_long_a_password_is_good_for_counts_from_the_click(
    rig: Rig, username: str, life: Callable[[datetime], RotateSpec], ends: timedelta | None
) -> None:
    rig.patch_user("ci", expires_after=DAY)
    began, purpose = rig.clock.now, Purpose.ROTATE if username == "ci" else Purpose.CREATE
    link = offer(rig, username, purpose, life=life(began))
    rig.clock.advance(1)
    click(rig, link)
    assert stored(rig, username).expires_on == (began + ends if ends else None)


def test_a_password_that_would_have_ended_is_not_shown(rig: Rig) -> None:
    link = offer(rig, life=RotateSpec(expires_on=rig.clock.now + SECOND))
    rig.clock.advance(1)
    with pytest.raises(ApiError) as refused:
        click(rig, link)
    assert refused.value.status == 410


@pytest.mark.parametrize("username", ["ci", "new"])
def test_an_end_that_has_passed_is_refused_at_once(rig: Rig, username: str) -> None:
    purpose = Purpose.ROTATE if username == "ci" else Purpose.CREATE
    with pytest.raises(ApiError) as refused:
        offer(rig, username, purpose, life=RotateSpec(expires_on=rig.clock.now))
    assert refused.value.code == "InvalidExpiry"


def test_with_an_overlap_the_password_is_a_successor_s(rig: Rig) -> None:
    before = stored(rig)
    link = offer(rig, life=RotateSpec(overlap=DAY))
    assert stored(rig, "ci").expires_on is None
    rig.clock.advance(60)
    found = click(rig, link)
    assert found.username == "ci-2"
    old, new = stored(rig), stored(rig, "ci-2")
    assert (old.password_hash, old.replaced_by, old.expires_on) == (
        before.password_hash,
        "ci-2",
        rig.clock.now + DAY,
    )
    assert (new.replaces, new.revision) == ("ci", old.revision)
    assert matches(found.password, new.password_hash)
    rig.drain()
    assert rig.operation(found.operation.id).status is Status.SUCCEEDED
    assert {name for name, _ in rig.state.logins(NAME)} == {"ci", "ci-2"}
    assert rig.registry().user_count == 2


def test_there_is_nothing_to_overlap_with_before_the_first_password(rig: Rig) -> None:
    add(rig)
    with pytest.raises(ApiError) as refused:
        offer(rig, "new", life=RotateSpec(overlap=DAY))
    assert refused.value.code == "UserPendingReveal"


def test_the_token_is_kept_nowhere(rig: Rig) -> None:
    link, secret = offer(rig), ""
    secret = link.token.partition(".")[2]
    click(rig, link)
    tables = (rig.state_table, rig.audit_table, rig.health_table, rig.index_table)
    assert secret not in json.dumps([str(table.rows) for table in tables])
    assert secret not in repr(link)


def test_the_offer_is_in_the_audit(rig: Rig) -> None:
    offer(rig)
    [entry] = audit(rig, "OfferReveal")
    assert (entry.actor, entry.target, entry.details) == ("slack:T1/U1", "demo/ci", {"purpose": ["rotate"]})


CAN_NOT_BE_OFFERED: dict[str, tuple[Callable[[Rig], object], str, Purpose, str]] = {
    "a user that has a password": (lambda _: None, "ci", Purpose.CREATE, "UserExists"),
    "a user that is not there": (lambda _: None, "cj", Purpose.ROTATE, "UserNotFound"),
    "a disabled user": (
        lambda rig: rig.patch_user("ci", disabled=True),
        "ci",
        Purpose.ROTATE,
        "UserDisabled",
    ),
    "a user that ended at a fixed time": (
        then(
            lambda rig: rig.patch_user("ci", expires_on=rig.clock.now + DAY),
            lambda rig: rig.clock.advance(DAY.total_seconds()),
        ),
        "ci",
        Purpose.ROTATE,
        "UserExpired",
    ),
    "a deleted user": (lambda rig: rig.delete_user("ci"), "ci", Purpose.ROTATE, "UserNotFound"),
    "a soft-deleted registry": (lambda rig: rig.soft_deleted(), "ci", Purpose.ROTATE, "RegistrySoftDeleted"),
    "a registry that is going": (lambda rig: rig.purge(), "ci", Purpose.ROTATE, "OperationInProgress"),
}


@pytest.mark.parametrize("case", CAN_NOT_BE_OFFERED)
def test_no_link_is_made_that_leads_to_nothing(rig: Rig, case: str) -> None:
    happens, username, purpose, code = CAN_NOT_BE_OFFERED[case]
    happens(rig)
    assert refused(lambda: offer(rig, username, purpose)).code == code
    assert not audit(rig, "OfferReveal")


def test_an_added_user_can_be_offered_again_however_it_is_called(rig: Rig) -> None:
    links = [add(rig), add(rig), offer(rig, "new")]
    assert rig.registry().user_count == 2
    for link in links[:-1]:
        assert_gone(rig, link)
    assert click(rig, links[-1]).username == "new"


def test_a_user_that_is_being_deleted_can_be_added_anew(rig: Rig) -> None:
    rig.delete_user("ci")
    link = add(rig, "ci")
    rig.drain()
    assert line(rig, "ci") is None
    assert stored(rig).state is UserState.PENDING_REVEAL
    found = click(rig, link)
    rig.drain()
    assert matches(found.password, line(rig, "ci") or "")
    assert rig.registry().user_count == 1


# the click


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
    assert refused(lambda: rig.reveals.activation(link.token)).status == 410
    started = click(rig, link).operation
    assert rig.reveals.activation(link.token).operation.id == started.id
    rig.drain()
    told = rig.reveals.activation(link.token)
    assert (told.operation.status, told.login_server) == (Status.SUCCEEDED, rig.registry().login_server)
    rig.clock.advance(STATUS_LIFE.total_seconds())
    assert refused(lambda: rig.reveals.activation(link.token)).status == 410


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
    expected = refused(lambda: click(rig, used))
    for call in (lambda: rig.reveals.reveal(token, ANYBODY), lambda: rig.reveals.activation(token)):
        error = refused(call)
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
        error = refused(lambda caller=caller: click(rig, link, caller))  # type: ignore[misc]
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


# two at once, and crashes


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
    rig.wire.kill(at)
    with pytest.raises(Killed):
        click(rig, link)
    rig.wire.revive()
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


# who waits in vain


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


# a user that waits, and everything else that can be done with it


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
    assert refused(lambda: rig.rotate("new", overlap=DAY)).code == "UserPendingReveal"
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
