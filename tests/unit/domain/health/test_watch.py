"""Which looks become a state, an incident, a word to somebody; and which do not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.health.codes import Code, HealthState, finding, state_of
from shared.domain.health.history import GAP, Check, Incident, spells
from shared.domain.health.verdict import Verdict
from shared.domain.health.watch import BAD, QUIET, Look, Moved, advance, first_verdict
from shared.domain.notices.notice import NoticeKind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RECHECK = timedelta(seconds=30)
UID = "01M8CHV4QHQS3NZKZNRQ3YBFJG"
HEALTHY, DEGRADED, DOWN = HealthState.HEALTHY, HealthState.DEGRADED, HealthState.DOWN
MAINTENANCE, UNKNOWN = HealthState.MAINTENANCE, HealthState.UNKNOWN


@dataclass
class Watched:
    """One registry, looked at again and again."""

    now: datetime = NOW
    verdict: Verdict | None = None
    incidents: dict[datetime, Incident] = field(default_factory=dict)
    told: list[NoticeKind] = field(default_factory=list)
    checks: dict[datetime, Check] = field(default_factory=dict)
    seconds: dict[HealthState, float] = field(default_factory=dict)
    muted: bool = False

    def look(self, code: Code, after: float = 0) -> Moved:
        """`after`: seconds since the look before."""
        self.now += timedelta(seconds=after)
        look = Look(self.now, [finding(code)], 70 if code is Code.HEALTHY else None)
        before = self.verdict or first_verdict(UID, look)
        present = self.incidents.get(before.incident_at) if before.incident_at else None
        moved = advance(before, look, recheck=RECHECK, muted=self.muted, incident=present)
        for _, state, seconds in spells(moved.held, moved.held_since, self.now):
            self.seconds[state] = self.seconds.get(state, 0) + seconds
        self.verdict = moved.verdict
        self.checks |= {check.at: check for check in moved.checks}
        if moved.incident:
            self.incidents[moved.incident.started_at] = moved.incident
        if moved.tell:
            self.told.append(moved.tell)
        return moved

    @property
    def state(self) -> HealthState:
        assert self.verdict
        return self.verdict.state


@pytest.fixture
def watched() -> Watched:
    """One that is healthy."""
    watched = Watched()
    watched.look(Code.HEALTHY)
    return watched


def test_the_first_good_look_is_a_state_at_once_and_no_news() -> None:
    watched = Watched()
    watched.look(Code.HEALTHY)
    assert (watched.state, watched.told, watched.incidents) == (HEALTHY, [], {})


def test_the_first_bad_look_is_a_suspicion(watched: Watched) -> None:
    moved = watched.look(Code.TIMEOUT, 300)
    assert (watched.state, moved.suspicion, watched.told) == (HEALTHY, True, [])
    assert moved.verdict.code is Code.TIMEOUT, "who asks sees what was found"
    assert moved.verdict.suspected_at == watched.now


def test_the_second_one_confirms_it_from_the_first_on(watched: Watched) -> None:
    watched.look(Code.TIMEOUT, 300)
    first = watched.now
    moved = watched.look(Code.CONNECTION_ERROR, 30)
    assert (watched.state, moved.verdict.since, moved.suspicion) == (DOWN, first, False)
    assert watched.told == [NoticeKind.PROBLEM]
    assert watched.incidents[first].code is Code.CONNECTION_ERROR
    assert {check.state for check in watched.checks.values() if check.at >= first} == {DOWN}
    assert watched.seconds == {HEALTHY: 300, DOWN: 30}


def test_a_second_look_that_comes_too_early_confirms_nothing(watched: Watched) -> None:
    watched.look(Code.TIMEOUT, 300)
    moved = watched.look(Code.TIMEOUT, 5)
    assert (watched.state, moved.suspicion) == (HEALTHY, True)
    assert watched.seconds == {HEALTHY: 300}, "nobody knows yet what these seconds were"
    watched.look(Code.TIMEOUT, 25)
    assert watched.state is DOWN
    assert watched.seconds == {HEALTHY: 300, DOWN: 30}
    assert [check.state for check in watched.checks.values()] == [HEALTHY, DOWN, DOWN]


def test_a_blip_is_nothing(watched: Watched) -> None:
    watched.look(Code.TIMEOUT, 300)
    watched.look(Code.HEALTHY, 30)
    watched.look(Code.TIMEOUT, 300)
    assert (watched.state, watched.told, watched.incidents) == (HEALTHY, [], {})
    assert watched.seconds == {HEALTHY: 630}


def test_a_registry_without_a_lock_is_an_alarm_at_once(watched: Watched) -> None:
    watched.look(Code.AUTH_NOT_REQUIRED, 300)
    assert (watched.state, watched.told) == (DOWN, [NoticeKind.PROBLEM])


def test_down_is_told_once_and_its_end_once(watched: Watched) -> None:
    for after in (300, 30, 270, 300, 300):
        watched.look(Code.CONNECTION_ERROR, after)
    began = NOW + timedelta(seconds=300)
    moved = watched.look(Code.HEALTHY, 300)
    watched.look(Code.HEALTHY, 300)
    assert watched.told == [NoticeKind.PROBLEM, NoticeKind.RECOVERY]
    assert moved.over
    assert (moved.over.started_at, moved.over.seconds(watched.now)) == (began, 1200)
    assert moved.verdict.incident_at is None


def test_what_gets_worse_is_told_and_is_the_same_incident(watched: Watched) -> None:
    for code, after in [(Code.SLOW, 300), (Code.SLOW, 30), (Code.TIMEOUT, 270), (Code.TIMEOUT, 30)]:
        watched.look(code, after)
    assert watched.told == [NoticeKind.PROBLEM, NoticeKind.PROBLEM]
    [incident] = watched.incidents.values()
    assert (incident.state, incident.code) == (DOWN, Code.TIMEOUT)
    assert incident.started_at == NOW + timedelta(seconds=300)


def test_what_gets_a_little_better_is_told_and_the_incident_keeps_its_worst(watched: Watched) -> None:
    for code, after in [(Code.TIMEOUT, 300), (Code.TIMEOUT, 30), (Code.SLOW, 270), (Code.SLOW, 30)]:
        watched.look(code, after)
    assert (watched.state, watched.told) == (DEGRADED, [NoticeKind.PROBLEM, NoticeKind.PROBLEM])
    [incident] = watched.incidents.values()
    assert (incident.state, incident.ended_at) == (DOWN, None)


def test_a_restart_by_us_is_told_to_nobody(watched: Watched) -> None:
    for code, after in [(Code.MAINTENANCE, 300), (Code.MAINTENANCE, 300), (Code.HEALTHY, 300)]:
        watched.look(code, after)
    assert (watched.state, watched.told, watched.incidents) == (HEALTHY, [], {})
    assert watched.seconds == {HEALTHY: 300, MAINTENANCE: 600}


def test_what_was_suspected_before_our_own_operation_has_to_be_suspected_anew(watched: Watched) -> None:
    watched.look(Code.TIMEOUT, 300)
    watched.look(Code.MAINTENANCE, 30)
    moved = watched.look(Code.TIMEOUT, 30)
    assert (watched.state, moved.suspicion, watched.told) == (MAINTENANCE, True, [])
    watched.look(Code.TIMEOUT, 30)
    assert (watched.state, watched.told) == (DOWN, [NoticeKind.PROBLEM])


def test_an_operation_of_ours_that_mends_it_ends_the_incident(watched: Watched) -> None:
    for code in (Code.TIMEOUT, Code.TIMEOUT, Code.MAINTENANCE, Code.HEALTHY):
        watched.look(code, 60)
    assert watched.told == [NoticeKind.PROBLEM, NoticeKind.RECOVERY]
    [incident] = watched.incidents.values()
    assert incident.seconds(watched.now) == 180


@pytest.mark.parametrize("code", [Code.NOT_CHECKED, Code.RESTRICTED])
def test_what_nobody_knows_is_neither_green_nor_news(watched: Watched, code: Code) -> None:
    watched.look(code, 300)
    watched.look(code, 30)
    assert (watched.state, watched.told, watched.incidents) == (UNKNOWN, [], {})


def test_what_is_known_of_one_that_nobody_could_look_at_does_not_say_that_it_is_up() -> None:
    unseen = Look(NOW, [finding(Code.IMAGES_LOST), finding(Code.NOT_CHECKED)])
    assert (unseen.state, unseen.gravest.code) == (UNKNOWN, Code.IMAGES_LOST)
    restricted = Look(NOW, [finding(Code.IMAGES_LOST), finding(Code.RESTRICTED)])
    assert restricted.state is DEGRADED, (
        "nobody can ever look at that one: what is wrong with it has to be told"
    )


def test_an_outage_of_ours_in_the_middle_of_one_of_theirs_is_one_incident(watched: Watched) -> None:
    for code in (Code.TIMEOUT, Code.TIMEOUT, Code.NOT_CHECKED, Code.NOT_CHECKED, Code.TIMEOUT, Code.TIMEOUT):
        watched.look(code, 60)
    assert (watched.state, watched.told, len(watched.incidents)) == (DOWN, [NoticeKind.PROBLEM], 1)


def test_a_user_whose_time_is_over_soon_leaves_it_healthy(watched: Watched) -> None:
    watched.look(Code.USERS_EXPIRING, 300)
    assert (watched.state, watched.told) == (HEALTHY, [])
    assert watched.verdict
    assert watched.verdict.code is Code.USERS_EXPIRING


def test_nothing_is_told_while_it_is_muted_and_what_is_still_bad_then_is(watched: Watched) -> None:
    watched.muted = True
    watched.look(Code.TIMEOUT, 300)
    watched.look(Code.TIMEOUT, 30)
    assert (watched.state, watched.told) == (DOWN, [])
    watched.muted = False
    watched.look(Code.TIMEOUT, 300)
    assert watched.told == [NoticeKind.PROBLEM]


def test_what_came_and_went_while_it_was_muted_is_told_to_nobody(watched: Watched) -> None:
    watched.muted = True
    for code in (Code.TIMEOUT, Code.TIMEOUT, Code.HEALTHY):
        watched.look(code, 60)
    watched.muted = False
    watched.look(Code.HEALTHY, 300)
    assert (watched.told, len(watched.incidents)) == ([], 1)


def test_what_changes_again_and_again_is_told_as_that_and_then_how_it_ended(watched: Watched) -> None:
    for _ in range(4):
        for code, after in [(Code.TIMEOUT, 240), (Code.TIMEOUT, 30), (Code.HEALTHY, 30)]:
            watched.look(code, after)
    assert watched.told == [NoticeKind.PROBLEM, NoticeKind.RECOVERY, NoticeKind.PROBLEM, NoticeKind.FLAPPING]
    assert watched.state is HEALTHY
    watched.look(Code.HEALTHY, QUIET.total_seconds() - 1)
    assert len(watched.told) == 4
    watched.look(Code.HEALTHY, 1)
    assert watched.told[4:] == [NoticeKind.RECOVERY]


def test_time_that_nobody_looked_at_is_unknown(watched: Watched) -> None:
    watched.look(Code.HEALTHY, 3600)
    assert watched.seconds == {HEALTHY: GAP.total_seconds(), UNKNOWN: 3600 - GAP.total_seconds()}


looks = st.lists(st.tuples(st.sampled_from(Code), st.integers(1, 1200), st.booleans()), max_size=40)


@given(looks)
def test_whatever_is_seen_the_books_are_in_order(seen: list[tuple[Code, int, bool]]) -> None:
    watched, codes = Watched(), [Code.HEALTHY]
    watched.look(Code.HEALTHY)
    for code, after, muted in seen:
        watched.muted, told = muted, len(watched.told)
        moved = watched.look(code, after)
        codes.append(code)
        assert moved.verdict.state in {state_of(code), state_of(codes[-2]), watched.state}
        assert not (muted and len(watched.told) > told)
        assert moved.suspicion is (moved.verdict.suspected_at is not None)
        is_open = [incident for incident in watched.incidents.values() if incident.ended_at is None]
        assert len(is_open) == (moved.verdict.incident_at is not None)
        assert is_open or watched.state not in BAD
        if code in {Code.HEALTHY, Code.MAINTENANCE}:
            assert watched.state is state_of(code)
        if watched.told[told:] == [NoticeKind.RECOVERY]:
            assert watched.state is HEALTHY
    assert watched.verdict
    settled = (watched.verdict.suspected_at or watched.now) - NOW
    assert sum(watched.seconds.values()) == pytest.approx(settled.total_seconds())


def test_what_flaps_is_silent_until_it_keeps_still_however_long_ago_it_began(watched: Watched) -> None:
    """Changes that are an hour old are forgotten one by one; that is no reason to speak up."""
    for _ in range(4):
        for code, after in [(Code.TIMEOUT, 990), (Code.TIMEOUT, 30), (Code.HEALTHY, 1020)]:
            watched.look(code, after)
    assert NoticeKind.FLAPPING in watched.told
    assert watched.told[watched.told.index(NoticeKind.FLAPPING) :] == [NoticeKind.FLAPPING]
    watched.look(Code.HEALTHY, QUIET.total_seconds())
    assert watched.told[-1] is NoticeKind.RECOVERY


@pytest.mark.parametrize("code", [Code.TIMEOUT, Code.SLOW])
def test_a_registry_without_a_lock_is_told_although_it_was_told_to_be_bad(
    watched: Watched, code: Code
) -> None:
    for each in (code, code, Code.AUTH_NOT_REQUIRED, Code.AUTH_NOT_REQUIRED, Code.AUTH_NOT_REQUIRED):
        watched.look(each, 60)
    assert watched.told == [NoticeKind.PROBLEM, NoticeKind.PROBLEM]
    [incident] = watched.incidents.values()
    assert incident.code is Code.AUTH_NOT_REQUIRED, "nothing is worse"


def test_a_registry_without_a_lock_is_told_although_it_flaps(watched: Watched) -> None:
    for _ in range(4):
        for code, after in [(Code.TIMEOUT, 60), (Code.TIMEOUT, 30), (Code.HEALTHY, 30)]:
            watched.look(code, after)
    assert watched.told[-1] is NoticeKind.FLAPPING
    watched.look(Code.AUTH_NOT_REQUIRED, 60)
    assert watched.told[-2:] == [NoticeKind.FLAPPING, NoticeKind.PROBLEM]


def test_one_that_is_locked_and_opened_again_within_an_incident_is_told_once(watched: Watched) -> None:
    for code in (Code.AUTH_NOT_REQUIRED, Code.TIMEOUT, Code.AUTH_NOT_REQUIRED, Code.HEALTHY):
        watched.look(code, 60)
    assert watched.told == [NoticeKind.PROBLEM, NoticeKind.RECOVERY]
    watched.look(Code.AUTH_NOT_REQUIRED, 60)
    assert watched.told[2:] == [NoticeKind.PROBLEM]


def test_an_incident_whose_row_is_lost_keeps_nobody_from_the_next(watched: Watched) -> None:
    for code in (Code.TIMEOUT, Code.TIMEOUT):
        watched.look(code, 60)
    watched.incidents.clear()
    for code in (Code.TIMEOUT, Code.HEALTHY, Code.SLOW, Code.SLOW):
        watched.look(code, 60)
    assert [each.code for each in watched.incidents.values()] == [Code.TIMEOUT, Code.SLOW]
    assert [each.ended_at is None for each in watched.incidents.values()] == [False, True]
