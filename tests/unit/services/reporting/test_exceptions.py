"""What a report lists is what is not as it should be, and what somebody can do about it."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.health.codes import Code, HealthState, Severity, finding
from shared.domain.health.verdict import Verdict
from shared.domain.notices.notice import Delivery, DeliveryStatus, Notice, NoticeKind
from shared.domain.operations import Kind
from shared.domain.report.markdown import markdown
from shared.domain.report.model import Report
from shared.domain.report.periods import PeriodName
from shared.domain.report.summary import summary_of
from shared.services.reporting import gathering
from shared.services.reporting.gathering import Look
from tests.unit.domain.examples import UID
from tests.unit.services.reporting.world import World, failure, utc

NOW = utc(3, 2, 6)
BEFORE = NOW - timedelta(minutes=90)


@pytest.fixture
def world() -> World:
    made = World(NOW)
    made.add("search")
    made.add("web")
    made.look("web", Code.HEALTHY, BEFORE)
    made.swept(NOW - timedelta(minutes=2))
    return made


def report(world: World) -> Report:
    return world.reports.of_now(PeriodName.DAY, Look())


def found(world: World, *findings: Code) -> None:
    """What the last look at `search` found."""
    last = finding(findings[0])
    world.keep(
        "search",
        Verdict(
            uid=UID,
            code=last.code,
            severity=last.severity,
            message=last.message,
            checked_at=NOW,
            findings=[finding(code, "seen") for code in findings],
        ),
    )


MUTED = {"muted_until": NOW + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("code", "fields", "problems", "tasks", "severity"),
    [
        (Code.HEALTHY, {}, [], [], Severity.OK),
        (Code.TIMEOUT, {}, ["search"], [], Severity.CRITICAL),
        (Code.AUTH_NOT_REQUIRED, {}, ["search"], [], Severity.CRITICAL),
        (Code.HTPASSWD_STALE, {}, ["search"], [], Severity.CRITICAL),  # degraded, and grave all the same
        (Code.STORAGE_KEY_INVALID, {}, ["search"], [], Severity.CRITICAL),
        (Code.SLOW, {}, [], ["SLOW"], Severity.WARNING),
        (Code.TLS_EXPIRING, {}, [], ["TLS_EXPIRING"], Severity.WARNING),
        (Code.NOT_CHECKED, {}, [], ["NOT_CHECKED"], Severity.WARNING),
        (Code.RESTRICTED, {}, [], [], Severity.OK),  # somebody has asked for it
        (Code.TIMEOUT, {"state": HealthState.MAINTENANCE}, [], [], Severity.OK),
        (Code.SLOW, {"state": HealthState.MAINTENANCE}, [], [], Severity.OK),
        (Code.TIMEOUT, MUTED, [], ["MUTED"], Severity.WARNING),
        (Code.HEALTHY, MUTED, [], [], Severity.OK),
        (Code.TIMEOUT, {"muted_until": NOW}, ["search"], [], Severity.CRITICAL),
    ],
)
def test_what_a_state_asks_for(
    world: World,
    code: Code,
    fields: dict[str, Any],
    problems: list[str],
    tasks: list[str],
    severity: Severity,
) -> None:
    world.look("search", code, BEFORE, **fields)
    made = report(world)
    assert [problem.registry for problem in made.problems] == problems
    assert [task.code for task in made.todo] == tasks
    assert made.severity is severity


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("None of 2 registries needs you", Code.HEALTHY),
        ("None of 2 registries needs you now, 1 thing to do soon", Code.SLOW),
        ("1 of 2 registries needs you", Code.TIMEOUT),
    ],
)
def test_the_verdict(world: World, code: Code, verdict: str) -> None:
    world.look("search", code, BEFORE)
    assert report(world).verdict == verdict


def test_two_of_them_need_you_and_what_is_down_comes_first(world: World) -> None:
    world.look("search", Code.HTPASSWD_STALE, BEFORE - timedelta(days=1))
    world.look("web", Code.TIMEOUT, BEFORE)
    made = report(world)
    assert made.verdict == "2 of 2 registries need you"
    assert [problem.registry for problem in made.problems] == ["web", "search"]


def test_without_registries_there_is_nothing_to_say() -> None:
    empty = World(NOW)
    made = report(empty)
    assert made.verdict == "There is no registry yet"
    assert (made.uptime, made.pieces, made.registries) == (None, [], [])
    assert summary_of(made).headline == made.verdict
    assert "healthy" not in markdown(summary_of(made))


def test_what_nobody_has_looked_at_is_never_green(world: World) -> None:
    world.health.rows["_board"].clear()
    made = report(world)
    assert made.verdict == "None of 2 registries could be looked at"
    assert made.states == {HealthState.UNKNOWN: 2}


def test_what_was_not_looked_at_for_a_quarter_of_an_hour_is_never_green(world: World) -> None:
    long_ago = NOW - timedelta(minutes=15)
    world.look("search", Code.HEALTHY, BEFORE, checked_at=long_ago)
    made = report(world)
    assert made.states == {HealthState.UNKNOWN: 1, HealthState.HEALTHY: 1}
    world.look("web", Code.TIMEOUT, BEFORE, checked_at=long_ago)
    made = report(world)
    assert made.states == {HealthState.UNKNOWN: 2}
    assert [problem.registry for problem in made.problems] == ["web"], (
        "as far as anybody knows it is still down"
    )


def test_when_nothing_could_be_looked_at_nothing_is_green(world: World) -> None:
    world.look("search", Code.RESTRICTED, BEFORE)
    world.look("web", Code.RESTRICTED, BEFORE)
    made = report(world)
    assert made.verdict == "None of 2 registries could be looked at"
    assert made.severity is Severity.WARNING
    text = markdown(summary_of(made))
    assert "🟢" not in text
    assert "**⚪ The rest:** 2 that we could not look at" in text


def test_what_else_a_look_found_is_a_task_unless_it_may_be_over_with_the_next(world: World) -> None:
    world.look("search", Code.SLOW, BEFORE)
    found(world, Code.SLOW, Code.TLS_EXPIRING, Code.USERS_EXPIRING, Code.TIMEOUT)
    assert [task.code for task in report(world).todo] == ["SLOW", "TLS_EXPIRING"]


def test_a_row_of_an_earlier_incarnation_says_nothing(world: World) -> None:
    world.add("search", uid="another")
    world.look("search", Code.TIMEOUT, BEFORE)
    found(world, Code.TLS_EXPIRING)
    world.incident("search", Code.TIMEOUT, BEFORE, None)
    made = report(world)
    assert (made.problems, made.todo, made.incidents) == ([], [], [])


@pytest.mark.parametrize(
    ("age", "noted"),
    [(14, []), (16, ["No sweep for 16 min: what this report says of now may be out of date."])],
)
def test_a_sweep_that_is_long_ago_is_said(world: World, age: int, noted: list[str]) -> None:
    world.look("search", Code.HEALTHY, BEFORE)
    world.health.rows["_sweeps"].clear()
    world.swept(NOW - timedelta(minutes=age))
    made = report(world)
    assert made.notes == noted
    assert made.severity is (Severity.WARNING if noted else Severity.OK)


def test_a_sink_that_takes_nothing_is_a_task_before_and_after_its_notices_are_given_up(world: World) -> None:
    world.look("search", Code.HEALTHY, BEFORE)
    waits = Delivery(attempt=7, error="SinkUnreachable: its name can't be resolved")
    gone = waits.model_copy(update={"status": DeliveryStatus.FAILED})
    fresh = Delivery()
    notice = Notice(kind=NoticeKind.PROBLEM, subject="search", at=NOW - timedelta(hours=20))
    world.noticed(notice.change(deliveries={"ops": gone, "team": fresh}))
    world.noticed(notice.change(at=NOW - timedelta(hours=2), deliveries={"ops": waits, "team": fresh}))
    assert [task.message for task in report(world).todo] == [
        "2 notices did not reach the sink ops: SinkUnreachable: its name can't be resolved"
    ]


def test_what_is_due_first_comes_first_and_what_keeps_others_from_being_told_before_it(world: World) -> None:
    """A sink shows the beginning of a long list."""
    world.add("cdn")
    world.look("cdn", Code.SLOW, BEFORE)
    world.look("search", Code.TLS_EXPIRING, BEFORE, certificate_expires=NOW + timedelta(days=9))
    world.user("web", "ci", NOW + timedelta(days=2))
    error = Delivery(status=DeliveryStatus.FAILED, error="SinkRefused: it answered 404")
    notice = Notice(kind=NoticeKind.PROBLEM, subject="search", at=NOW - timedelta(hours=2))
    world.noticed(notice.change(deliveries={"ops": error}))
    found = [(task.registry, task.code) for task in report(world).todo]
    assert found == [
        (None, "NOT_DELIVERED"),
        ("web", "USERS_EXPIRING"),
        ("search", "TLS_EXPIRING"),
        ("cdn", "SLOW"),
    ]


def test_imports_that_are_not_counted_are_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_IMPORTS", 1)
    world.look("search", Code.HEALTHY, BEFORE)
    for number in range(2):
        key = f"import-{number}"
        done = world.operation("search", key, Kind.IMPORT_USERS, BEFORE, counts={"added": 1})
        world.audited(BEFORE, Kind.IMPORT_USERS, "search", operation_id=done)
    made = report(world)
    assert made.users.added == 1
    assert made.notes == [
        "The audit holds more than is read for one report: users, drift and refusals are more."
    ]


def test_sweeps_that_do_not_end_are_not_taken_for_none(world: World) -> None:
    world.look("search", Code.HEALTHY, BEFORE)
    world.health.rows["_sweeps"].clear()
    assert report(world).notes == ["There has been no sweep yet: of no registry is anything known."]
    for number in range(9):
        world.swept(None, number)
    made = report(world)
    assert made.notes == ["The last sweeps have not ended: what this report says of now may be out of date."]
    assert (made.swept_at, made.severity) == (None, Severity.WARNING)


def test_a_day_counts_checks_to_the_second(world: World) -> None:
    world.look("search", Code.HEALTHY, BEFORE)
    start = NOW - timedelta(days=1)
    up, down = HealthState.HEALTHY, HealthState.DOWN
    looks = [(start + timedelta(minutes=5 * number), up, 40) for number in range(288)]
    looks[100] = (looks[100][0], down, 40)  # five minutes
    world.checks("search", [*looks, (start - timedelta(days=1), down, 9000)])
    made = report(world)
    # web was never looked at; search: 86,400 - 300 s
    assert made.uptime == pytest.approx(86_100 / 86_400, abs=1e-12)
    assert (made.latency.p50, made.latency.p95) == (40, 40)


def test_a_revocation_everywhere_that_failed_is_told_to_those_who_may_know(world: World) -> None:
    world.look("search", Code.HEALTHY, BEFORE)
    error = failure(
        "NotRevokedEverywhere", "User 'jane' may still get in: search.", "Look at the user there."
    )
    world.operation("_users", "revoke", Kind.REVOKE_USER, BEFORE, user="jane", error=error)
    [told] = report(world).failed_operations
    assert (told.registry, told.user) == (None, "jane")
    assert "all registries/jane: RevokeUser" in str(summary_of(report(world)).sections)
    look = Look(lambda name: name == "search", everywhere=False)
    assert world.reports.of_now(PeriodName.DAY, look).failed_operations == []


def test_a_create_that_failed_is_told_though_its_registry_is_gone(world: World) -> None:
    world.look("search", Code.HEALTHY, BEFORE)
    error = failure("NameTaken", "Somebody else has that name.", "Choose another.")
    failed = world.operation("fresh", "create", Kind.CREATE_REGISTRY, BEFORE, error=error)
    world.audited(BEFORE, "CreateRegistry", "fresh", operation_id=failed)
    assert [each.id for each in report(world).failed_operations] == ["fresh.create"]
