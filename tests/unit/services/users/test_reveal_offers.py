"""An offer of a one-time link: nothing changes before the click, and none is made that leads to nothing."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shared.domain.errors import ApiError
from shared.domain.operations import Status
from shared.domain.users.passwords import matches
from shared.domain.users.reveal import Purpose
from shared.domain.users.user import UserState
from shared.domain.users.user_spec import RotateSpec
from tests.unit.services.rig import NAME, Rig, refusal
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
    then,
    wait,
)

pytestmark = pytest.mark.usefixtures("ci")


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
    assert refusal(lambda: offer(rig, username, purpose)).code == code
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
