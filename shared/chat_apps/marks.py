"""How an answer begins, so that its verdict is seen at once."""

from collections.abc import Mapping

from shared.domain.chat.talk import Tone

MARKS: Mapping[Tone, tuple[str, str]] = {
    Tone.DONE: ("✅", "Done"),
    Tone.WARNING: ("⚠️", "Careful"),
    Tone.PROBLEM: ("🔴", "Problem"),
    Tone.REFUSED: ("⛔", "Refused"),
}
"""A word beside each sign: signs are not seen, or told apart, by everybody."""
