"""Fields on log lines: whose they are, where they go, and what they can't do."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from shared.telemetry import logs
from shared.telemetry.logs import MAX_VALUE, bound
from shared.telemetry.threads import ContextThreadPool

logger = logging.getLogger("somebody.else")


@pytest.fixture(autouse=True)
def records() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    logs.install()
    yield
    logging.setLogRecordFactory(before)


def test_a_line_has_the_fields_of_its_work(caplog: pytest.LogCaptureFixture) -> None:
    with bound(operation="demo.1", turn=3):
        with bound(registry="demo", user=None):
            logger.warning("%d of %s", 1, "2")
        logger.warning("then")
    logger.warning("done")
    assert caplog.messages == [
        "1 of 2 operation=demo.1 turn=3 registry=demo",
        "then operation=demo.1 turn=3",
        "done",
    ]


def test_an_exporter_finds_them_as_attributes(caplog: pytest.LogCaptureFixture) -> None:
    with bound(operation="demo.1"):
        logger.warning("x", extra={"operation": "a library's own"})
    attributes = vars(caplog.records[0])
    assert (attributes["berthage.operation"], attributes["operation"]) == ("demo.1", "a library's own")


def test_a_record_keeps_its_fields_wherever_it_is_formatted(caplog: pytest.LogCaptureFixture) -> None:
    with bound(turn=1):
        logger.warning("x")
    with bound(turn=2):
        assert caplog.records[0].getMessage() == "x turn=1"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nERROR forged", "a?ERROR?forged"),
        ("a registry=other", "a?registry?other"),
        ("\x1b[31mé\u2028", "?[31m??"),
        ("%s %(name)s", "%s?%(name)s"),
        ("", ""),
        ("x" * 1000, "x" * MAX_VALUE),
    ],
)
def test_a_value_is_one_short_word(value: str, shown: str, caplog: pytest.LogCaptureFixture) -> None:
    with bound(operation=value):
        logger.warning("x")
    assert caplog.messages == [f"x operation={shown}"]


def test_an_error_takes_the_fields_back(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyError), bound(turn=1):
        raise KeyError
    logger.warning("x")
    assert caplog.messages == ["x"]


def test_threads_of_the_pool_work_for_whoever_asked(caplog: pytest.LogCaptureFixture) -> None:
    """One thread, which keeps nothing of the work before."""
    with ContextThreadPool(1) as pool:
        with bound(turn=1):
            list(pool.map(logger.warning, ["a", "b"]))
        pool.submit(logger.warning, "c").result()
    assert caplog.messages == ["a turn=1", "b turn=1", "c"]


def test_tasks_that_take_turns_keep_their_own_fields(caplog: pytest.LogCaptureFixture) -> None:
    async def work(name: str) -> None:
        with bound(request=name):
            await asyncio.sleep(0)
            logger.warning("x")
            await asyncio.sleep(0)
            logger.warning("x")

    async def both() -> None:
        await asyncio.gather(work("a"), work("b"))

    asyncio.run(both())
    assert caplog.messages == ["x request=a", "x request=b"] * 2
