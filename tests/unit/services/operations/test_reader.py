"""Who waits for an operation gets its end at once, and holds no thread meanwhile."""

import asyncio
import sys
import threading
import time

import pytest

from shared.domain.errors import ApiError
from shared.domain.operations import Operation, Status
from shared.services.operations import reader as operations
from tests.unit.services.rig import NAME, Rig


@pytest.fixture
def rig() -> Rig:
    """A create that has not begun."""
    rig = Rig()
    rig.put()
    return rig


def the_id(rig: Rig) -> str:
    [operation] = rig.all_operations()
    return operation.id


@pytest.mark.parametrize(
    "asked", [f"{NAME}.01ABC", "nobody.01ABC", "", "demo", "demo.", "..", "DEMO.01ABC", "x" * 4000]
)
def test_an_operation_that_is_not_there_is_404_and_says_where_ids_come_from(rig: Rig, asked: str) -> None:
    with pytest.raises(ApiError) as caught:
        rig.operations.get(asked)
    assert (caught.value.status, caught.value.code) == (404, "OperationNotFound")
    assert "Operation-Location" in caught.value.fix
    assert len(caught.value.message) < 200


def test_an_operation_shows_its_progress_and_its_end(rig: Rig) -> None:
    assert rig.operations.get(the_id(rig)).status is Status.NOT_STARTED
    rig.step()
    rig.drain()
    ended = rig.operations.get(the_id(rig))
    assert (ended.status, ended.percent_complete) == (Status.SUCCEEDED, 100)


def test_an_operation_outlives_its_registry(rig: Rig) -> None:
    rig.drain()
    create = the_id(rig)
    rig.purge()
    rig.drain()
    rig.check_gone()
    assert rig.operations.get(create).status is Status.SUCCEEDED


def wait(rig: Rig, seconds: float) -> tuple[Operation, float]:
    began = time.monotonic()
    found = asyncio.run(rig.operations.wait(the_id(rig), seconds))
    return found, time.monotonic() - began


def test_who_does_not_wait_is_answered_at_once(rig: Rig) -> None:
    found, took = wait(rig, 0)
    assert found.status is Status.NOT_STARTED
    assert took < 0.3


def test_an_operation_that_has_ended_is_answered_at_once(rig: Rig) -> None:
    rig.drain()
    found, took = wait(rig, 30)
    assert found.status is Status.SUCCEEDED
    assert took < 0.3


def test_a_wait_ends_with_the_operation_as_it_is(rig: Rig) -> None:
    found, took = wait(rig, 0.2)
    assert found.status is Status.NOT_STARTED
    assert 0.2 <= took < 1


def test_a_wait_ends_as_soon_as_the_operation_does(rig: Rig) -> None:
    timer = threading.Timer(0.1, rig.drain)
    timer.start()
    found, took = wait(rig, 30)
    timer.join()
    assert found.status is Status.SUCCEEDED
    assert took < 2


def test_a_wait_for_nothing_is_404_and_does_not_wait(rig: Rig) -> None:
    began = time.monotonic()
    with pytest.raises(ApiError):
        asyncio.run(rig.operations.wait(f"{NAME}.01ABC", 30))
    assert time.monotonic() - began < 1


def test_two_hundred_who_wait_hold_no_thread(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "LOOK_EVERY_SECONDS", 60)
    before = threading.active_count()
    most = 0

    async def watch() -> list[Operation]:
        nonlocal most
        waiting = [asyncio.create_task(rig.operations.wait(the_id(rig), 0.5)) for _ in range(200)]
        await asyncio.sleep(0.4)
        most = sum(thread.name.startswith("asyncio") and is_busy(thread) for thread in threading.enumerate())
        return list(await asyncio.gather(*waiting))

    began = time.monotonic()
    found = asyncio.run(watch())
    assert len(found) == 200
    assert time.monotonic() - began < 2
    assert most == 0
    assert threading.active_count() <= before


def is_busy(thread: threading.Thread) -> bool:
    """Is one of asyncio's worker threads at work, that is, not waiting for the next piece?"""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame:
        if "services/operations" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
