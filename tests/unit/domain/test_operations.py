"""Operations: how steps and statuses move, and what their reader sees."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.operations import (
    OPERATION_KEYS,
    Kind,
    Operation,
    OperationError,
    Status,
    Step,
    operation_key,
)
from shared.domain.records import key_range
from tests.unit.domain.examples import NOW, UID

LATER = NOW + timedelta(seconds=5)
ERROR = OperationError(code="QuotaExceeded", message="No more plans.", fix="Ask for more.")


def operation(**fields: Any) -> Operation:
    given = {
        "registry": "demo",
        "id_key": "01KDZ",
        "uid": UID,
        "kind": Kind.CREATE_REGISTRY,
        "deadline": NOW,
        "created_at": NOW,
    }
    return Operation(**{**given, **fields})


def steps(*statuses: Status) -> list[Step]:
    return [Step(name=f"step{number}", status=status) for number, status in enumerate(statuses)]


def test_only_one_lifecycle_operation_at_a_time_but_users_whenever() -> None:
    lifecycle = {kind for kind in Kind if kind.is_lifecycle}
    assert lifecycle == {
        Kind.CREATE_REGISTRY,
        Kind.UPDATE_REGISTRY,
        Kind.DELETE_REGISTRY,
        Kind.PURGE_REGISTRY,
        Kind.RESTORE_REGISTRY,
        Kind.RESTART_REGISTRY,
    }


def test_statuses_are_those_of_the_rest_guidelines_and_three_are_final() -> None:
    assert [status.value for status in Status] == ["NotStarted", "Running", "Succeeded", "Failed", "Canceled"]
    assert {status for status in Status if status.is_final} == {
        Status.SUCCEEDED,
        Status.FAILED,
        Status.CANCELED,
    }


def test_a_step_starts_once_and_ends_when_it_ends() -> None:
    begun = Step(name="plan").begun(NOW)
    assert (begun.started_at, begun.status, begun.attempts) == (NOW, Status.NOT_STARTED, 0)
    assert begun.begun(LATER) == begun
    running = begun.moved(Status.RUNNING, LATER, sent=True)
    assert (running.started_at, running.ended_at, running.attempts) == (NOW, None, 1)
    done = running.moved(Status.SUCCEEDED, LATER)
    assert (done.started_at, done.ended_at, done.attempts) == (NOW, LATER, 1)


def test_a_step_that_was_never_begun_starts_with_its_first_move() -> None:
    assert Step(name="plan").moved(Status.RUNNING, NOW).started_at == NOW


def test_a_step_that_moves_again_has_not_ended() -> None:
    ended = Step(name="site").moved(Status.SUCCEEDED, NOW)
    assert ended.moved(Status.RUNNING, LATER).ended_at is None


RUN, DONE, WAIT, FAIL = Status.RUNNING, Status.SUCCEEDED, Status.NOT_STARTED, Status.FAILED


@pytest.mark.parametrize(
    ("status", "present", "percent"),
    [
        (WAIT, [], 0),
        (RUN, [], 0),
        (DONE, [], 100),
        (RUN, [WAIT, WAIT, WAIT], 0),
        (RUN, [DONE, RUN, WAIT], 33),
        (RUN, [DONE, DONE, RUN], 66),
        (RUN, [DONE, DONE, DONE], 99),
        (FAIL, [DONE, DONE, DONE], 99),
        (FAIL, [DONE, FAIL, WAIT], 33),
        (DONE, [DONE, DONE, DONE], 100),
    ],
)
def test_a_hundred_percent_is_a_success_and_nothing_else(
    status: Status, present: list[Status], percent: int
) -> None:
    assert operation(status=status, steps=steps(*present)).percent_complete == percent


@given(st.sampled_from(Status), st.lists(st.sampled_from(Status), max_size=12))
def test_percent_is_always_between_zero_and_a_hundred(status: Status, present: list[Status]) -> None:
    percent = operation(status=status, steps=steps(*present)).percent_complete
    assert 0 <= percent <= 100
    assert (percent == 100) is (status is DONE)


@pytest.mark.parametrize(
    ("end", "present", "after"),
    [
        (DONE, [DONE, RUN, WAIT], [DONE, DONE, DONE]),
        (FAIL, [DONE, RUN, WAIT], [DONE, FAIL, WAIT]),
        (FAIL, [DONE, FAIL, RUN], [DONE, FAIL, FAIL]),
        (Status.CANCELED, [DONE, RUN, WAIT], [DONE, Status.CANCELED, WAIT]),
        (FAIL, [], []),
    ],
)
def test_the_end_of_an_operation_ends_the_steps_that_were_under_way(
    end: Status, present: list[Status], after: list[Status]
) -> None:
    ended = operation(steps=steps(*present), status=RUN, started_at=NOW).ended(end, LATER)
    assert [step.status for step in ended.steps] == after
    assert (ended.status, ended.final) == (end, True)
    assert (ended.started_at, ended.ended_at) == (NOW, LATER)


def test_a_step_that_was_done_before_keeps_its_own_end() -> None:
    done = Step(name="plan").moved(DONE, NOW)
    assert operation(steps=[done]).ended(FAIL, LATER, ERROR).steps == [done]


@pytest.mark.parametrize("started", [None, NOW])
def test_an_operation_that_ends_has_started(started: datetime | None) -> None:
    assert operation(started_at=started).ended(FAIL, LATER).started_at == (started or LATER)


def test_a_failure_says_why_and_a_success_forgets_what_was_wrong() -> None:
    assert operation().ended(FAIL, LATER, ERROR).error == ERROR
    assert operation(error=ERROR).ended(DONE, LATER).error is None


def test_an_id_tells_the_registry_and_the_row() -> None:
    assert operation().id == "demo.01KDZ"
    assert operation().key == operation_key("01KDZ")
    first, end = key_range(OPERATION_KEYS)
    assert first <= operation().key < end


def test_a_new_operation_waits_for_its_first_turn() -> None:
    fresh = operation()
    assert (fresh.status, fresh.final, fresh.turn, fresh.attempts) == (WAIT, False, 0, 0)


def test_the_unfinished_are_found_by_a_column() -> None:
    """`reconcile` filters on it: absent would mean never found."""
    assert operation().to_row().values["final"] is False
    assert operation().ended(FAIL, LATER).to_row().values["final"] is True
