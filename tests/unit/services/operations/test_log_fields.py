"""Every line that a turn writes says whose turn it is, whoever writes it and on whichever thread."""

import logging
import threading

import pytest

from shared.domain.operations import Kind
from shared.domain.resources.resource import Json, Ref
from tests.fake_resource_manager import FakeResourceManager
from tests.unit.services.rig import NAME, Rig

library = logging.getLogger("azure.of.somebody")


class ChattyResourceManager(FakeResourceManager):
    """Logs from inside of its calls, as an SDK does."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def get(self, ref: Ref) -> Json | None:
        library.warning("GET %s", ref.name)
        self.threads.add(threading.get_ident())
        return super().get(ref)


def test_every_line_of_a_turn_names_its_operation_turn_and_registry(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    azure = ChattyResourceManager()
    rig = Rig(azure=azure)
    rig.create()
    operation = rig.last(Kind.CREATE_REGISTRY)
    assert azure.threads - {threading.get_ident()}, "nothing was done on another thread"
    assert {record.name for record in caplog.records} == {
        "azure.of.somebody",
        "shared.services.operations.turns",
    }
    for record in caplog.records:
        found = vars(record)
        assert found["berthage.operation"] == operation.id
        assert found["berthage.registry"] == NAME
        assert 1 <= int(found["berthage.turn"]) <= operation.turn
    assert caplog.messages[-1] == (
        f"Succeeded after {operation.turn} turns operation={operation.id} turn={operation.turn} registry={NAME}"
    )


def test_a_line_between_two_turns_names_none(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.create()
    library.warning("x")
    assert caplog.messages[-1] == "x"


def test_a_message_that_comes_twice_says_whose_it_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig = Rig()
    rig.create()
    rig.deliver(rig.host.history[0])
    operation = rig.last(Kind.CREATE_REGISTRY)
    assert caplog.messages[-1] == f"not ours, dropped operation={operation.id} turn=1 registry={NAME}"
