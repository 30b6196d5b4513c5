"""Whatever anybody writes or presses is answered, and what is not understood or not allowed changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.talk import Button, Speaker
from tests.unit.services.chat.talking import ADMIN, EVERYBODY, Chat

WORDS = [word for command in COMMANDS for word in command.example.split()]
sentences = st.text() | st.lists(st.sampled_from(WORDS) | st.text(max_size=20), max_size=8).map(" ".join)
CHAT = Chat()


@given(sentences, st.sampled_from(EVERYBODY))
def test_whatever_is_written_is_answered(text: str, speaker: Speaker) -> None:
    reply = CHAT.say(text, speaker)
    assert reply.text
    assert not reply.text.startswith("The control plane failed")


@given(st.text(max_size=40), st.text(max_size=200))
def test_whatever_is_pressed_is_answered(action: str, value: str) -> None:
    assert CHAT.press(Button("", action, value), ADMIN).text.startswith("This button is none")
