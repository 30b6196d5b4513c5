"""The emulator as most tests here want it: one for each module, empty and without delays for each test."""

from collections.abc import Iterator

import pytest

from tests.localazure.emulator_fixture import Running, running_emulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An emulator with the SDKs' clients; its sites only record what is asked of them."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Running) -> Running:
    """That emulator, as if new."""
    running.control("POST", "/reset")
    running.delay(0)
    running.sites.calls.clear()
    running.sites.crashed.clear()
    return running
