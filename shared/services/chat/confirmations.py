"""What takes something away is said first, and done when the very one who asked confirms it: soon, and once.

Where there are buttons, what they say is signed, and bound to speaker, channel and command. Where there are none, the
command is said again with a code, which is made of the same and of the second in which it was shown.
"""

import hashlib
import hmac

from shared.domain.chat.talk import CONFIRM, MENTION, Asked, Button, Platform, Reply, Speaker, Tone
from shared.services.chat.once import Once
from shared.services.chat.said import Forewarning, Said
from shared.services.chat.seals import LIFE, Sealed, Seals, sealed
from shared.services.state import Clock

CONFIRMS, KEEPS = "confirm", "keep"
"""Actions of buttons."""
_SECONDS = int(LIFE.total_seconds())
_SOON = f"{_SECONDS // 60} minutes"
_TOO_LATE = "It is too late: this was good for a while only. Nothing was done."
NOT_YOURS = Reply(
    "Only whoever asked for it may press this. Nothing was done.",
    ("Say the command yourself: you are told what will happen, with buttons of your own.",),
    Tone.REFUSED,
)
OVER = Reply(_TOO_LATE, tone=Tone.PROBLEM, replaces=True)
USED = Reply(
    "This was answered already. Nothing was done again.",
    ("If you see nothing of it, say the command again: that is safe.",),
    Tone.PROBLEM,
)
"""Where a process dies over a press, nobody knows what came of it."""
UNKNOWN = Reply("This button is none that was made here. Nothing was done.", tone=Tone.PROBLEM)
NO_CODE = Reply(
    "This code is not for this command, not for you, or too old. Nothing was done.",
    ("Say the command without it: you are told what will happen, with a new one.",),
    Tone.PROBLEM,
)


class Confirmations:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, seals: Seals, once: Once, now: Clock) -> None:
        self._seals, self._once, self._now = seals, once, now

    def ask(self, said: Said, warning: Forewarning) -> Reply:
        """What will happen, and how to confirm it."""
        if said.speaker.platform is not Platform.SLACK:
            return self._ask_for_code(said, warning)
        until = self._now() + LIFE
        state = sealed(said.speaker, said.asked, until, seen=warning.seen, request=said.request)
        value = self._seals.close(CONFIRMS, state) or ""
        buttons = (Button(warning.yes, CONFIRMS, value, danger=True), Button(warning.no, KEEPS, value))
        lines = (*warning.lines, f"{_SOON}, only you.")
        return Reply(warning.text, lines, Tone.WARNING, buttons=buttons)

    def pressed(self, speaker: Speaker, value: str) -> Sealed | Reply:
        """What may be done now, or why it may not. It is not used up yet."""
        state = self._seals.open(CONFIRMS, value)
        if state is None:
            return UNKNOWN
        if not state.is_of(speaker):
            return NOT_YOURS
        return OVER if state.is_over(self._now()) else state

    def accept(self, said: Said, code: str) -> Sealed | Reply:
        """What the code stands for, used up from now on, or why it counts for nothing."""
        given = code.strip("`").upper().encode()
        now = int(self._now().timestamp())
        for second in range(now, now - _SECONDS, -1):  # 2 ms for all of them
            known = self._seals.code(said.speaker, said.asked, second).encode()
            if hmac.compare_digest(given, known):
                state = _of_code(said.speaker, said.asked, second)
                return state if self._once.take(state, said.caller.operation_key) else USED
        return NO_CODE

    def _ask_for_code(self, said: Said, warning: Forewarning) -> Reply:
        code = self._seals.code(said.speaker, said.asked, int(self._now().timestamp()))
        how = f"If you mean it, say it again within {_SOON}, with this code: {_again(said, code)}"
        return Reply(warning.text, (*warning.lines, how), Tone.WARNING, code=code)


def _again(said: Said, code: str) -> str:
    """The command with its code. A mention can't be copied: it is made anew."""
    if MENTION in said.asked.arguments:
        return f"`{CONFIRM}={code}`, at the end"
    return said.say(f"{said.asked.unconfirmed.echo} {CONFIRM}={code}")


def _of_code(speaker: Speaker, asked: Asked, second: int) -> Sealed:
    """The same of the same code."""
    ends, echo = second + _SECONDS, asked.unconfirmed.echo
    said = "\0".join([speaker.actor, speaker.channel, echo, str(second)])
    nonce = hashlib.sha256(said.encode()).hexdigest()[:24]
    return Sealed(nonce, ends, speaker.actor, speaker.channel, echo, "")
