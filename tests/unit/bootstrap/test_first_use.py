"""What a process has once, however many of its threads are the first to ask for it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared import bootstrap
from tests.unit.services.rig import KEY

THREADS = 8
SETTINGS = {
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_RESOURCE_GROUP": "group",
    "PUBLIC_URL": "https://api.example",
    "PROBE_KEY": KEY,
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
}


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    bootstrap._built.cache_clear()
    yield
    bootstrap._built.cache_clear()


def at_once[T](ask: Callable[[], T]) -> list[T]:
    """What each of several threads gets that ask at the same moment."""
    start = threading.Barrier(THREADS)

    def one(_: int) -> T:
        start.wait()
        return ask()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


def test_the_services_are_there_once() -> None:
    assert len({id(found) for found in at_once(bootstrap.services)}) == 1


def test_all_batches_share_the_places_of_one_probe() -> None:
    """The host gives a process that has just started several messages at once."""
    assert len({id(found) for found in at_once(lambda: bootstrap.services().health_checks)}) == 1
