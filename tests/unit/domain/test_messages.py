"""Queue messages: which operation, which turn, nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.messages import Message
from shared.domain.names import OPERATION_KEY, operation_id
from tests.unit.domain.examples import registry_names


def test_a_message_as_it_stands_in_the_queue() -> None:
    assert json.loads(Message(operation_id="demo.01KDZ", turn=3).encode()) == {
        "version": 1,
        "operationId": "demo.01KDZ",
        "turn": 3,
    }


@given(registry_names, st.from_regex(OPERATION_KEY, fullmatch=True), st.integers(0, 10**9))
def test_what_was_sent_is_received(registry: str, key: str, turn: int) -> None:
    sent = Message(operation_id=operation_id(registry, key), turn=turn)
    assert Message.decode(sent.encode()) == sent
    assert Message.decode(sent.encode().encode()) == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        "null",
        "[]",
        "1",
        b"\xff\xfe",
        "{}",
        '{"version": 1, "turn": 0}',
        '{"version": 1, "operationId": "demo.1"}',
        '{"version": 2, "operationId": "demo.1", "turn": 0}',
        '{"version": 0, "operationId": "demo.1", "turn": 0}',
        '{"version": "1", "operationId": "demo.1", "turn": 0}',
        '{"version": null, "operationId": "demo.1", "turn": 0}',
        '{"version": 1, "operationId": "demo.1", "turn": -1}',
        '{"version": 1, "operationId": "demo.1", "turn": 1.5}',
        '{"version": 1, "operationId": "demo.1", "turn": null}',
        '{"version": 1, "operationId": 5, "turn": 0}',
        '{"version": 1, "operationId": "demo.1", "turn": 0, "password": "x"}',
        '{"version": 1, "operationId": "demo.1", "turn": 0',
    ],
)
def test_anything_else_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValidationError):
        Message.decode(text)


@given(st.text() | st.binary())
def test_no_text_in_the_queue_is_another_error(text: str | bytes) -> None:
    with pytest.raises(ValidationError):
        Message.decode(text)
