"""Who may not say a command can ask those who may: they approve or deny it, in their own name and by their own rights.

An approval is as if its giver had said the command: what it takes is the giver's right, what asks first asks the giver
and is approved when the giver confirms it, and the audit names both. What answers with a one-time link can't be asked
for like this: the link would be shown to somebody for whom the password is not.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.domain.audit import APPROVE_CHAT, DENY_CHAT
from shared.domain.chat.talk import Approval, Asked, Button, Platform, Reply, Speaker, Tone
from shared.services.audit.entries import entry_about
from shared.services.audit.trail import AuditTrail
from shared.services.chat.callers import Entitled
from shared.services.chat.confirmations import NOT_YOURS, OVER, UNKNOWN, USED
from shared.services.chat.once import Once
from shared.services.chat.seals import Sealed, Seals, sealed
from shared.services.requests import Caller
from shared.services.state import Clock

ASKS, APPROVES, DENIES = "ask", "approve", "deny"
"""Actions of buttons."""
_DECIDES = "decide"
LIFE = timedelta(hours=1)
NOBODY_LEFT = Reply(
    "There is nobody here any more who may. Nobody was asked.", tone=Tone.PROBLEM, replaces=True
)
YOUR_OWN = Reply(
    "You have asked for this yourself: somebody else decides it. Nothing was done.",
    ("If you may do it here, say the command.",),
    Tone.REFUSED,
)
FROM_ELSEWHERE = Reply(
    "Only people of the workspace that this was asked in decide it. Nothing was done.", tone=Tone.REFUSED
)
"""The ids in a command are ids there: a person who is mentioned is another one elsewhere."""
MOST_COMMAND = 200
"""Characters of a command that can be asked for. However they are escaped, whoever decides sees its end, and so does
whoever reads the audit."""


class Approvals:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, seals: Seals, once: Once, trail: AuditTrail, now: Clock) -> None:
        self._seals, self._once, self._trail, self._now = seals, once, trail, now

    def offer(self, speaker: Speaker, asked: Asked, who: Entitled) -> tuple[Button, ...]:
        """A button that asks them; none where nobody can press or be asked."""
        if speaker.platform is not Platform.SLACK or not who.ids or len(asked.echo) > MOST_COMMAND:
            return ()
        value = self._seals.close(ASKS, sealed(speaker, asked, self._now() + LIFE))
        return (Button("Ask them", ASKS, value),) if value else ()

    def ask(self, speaker: Speaker, value: str, entitled: Callable[[Sealed], Entitled]) -> Reply:
        """The button was pressed: a request to whoever is entitled by now."""
        state = self._opened(ASKS, value)
        if isinstance(state, Reply):
            return state
        if not state.is_of(speaker):
            return NOT_YOURS
        who = entitled(state)
        if not who.ids:
            return NOBODY_LEFT
        return self._request(speaker, state, who) if self._once.take(state) else USED

    def opened(self, speaker: Speaker, value: str) -> Sealed | Reply:
        """What this speaker is to decide, or why there is nothing."""
        state = self._opened(_DECIDES, value)
        if isinstance(state, Sealed) and state.asker == speaker.actor:
            return YOUR_OWN
        if isinstance(state, Sealed) and state.workspace != speaker.workspace:
            return FROM_ELSEWHERE
        return state

    def record(self, caller: Caller, state: Sealed, registry: str | None, *, approved: bool) -> None:
        """Who decided what for whom."""
        action = APPROVE_CHAT if approved else DENY_CHAT
        details = {"askedBy": [state.asker], "command": [state.echo]}
        entry = entry_about(caller, action, registry or "*", self._now(), details)
        self._trail.copy([entry.change(registry=registry)])

    def _request(self, speaker: Speaker, state: Sealed, who: Entitled) -> Reply:
        until = self._now() + LIFE
        request = replace(state, nonce=f"{state.nonce}-d", ends=int(until.timestamp()))
        value = self._seals.close(_DECIDES, request) or ""
        buttons = (Button("Approve", APPROVES, value), Button("Deny", DENIES, value))
        return Reply(
            f"They are asked, and have {LIFE.seconds // 3600} hour to decide.",
            tone=Tone.DONE,
            replaces=True,
            approval=Approval(speaker.user, state.echo, who.ids, buttons),
        )

    def _opened(self, purpose: str, value: str) -> Sealed | Reply:
        state = self._seals.open(purpose, value)
        if state is None:
            return UNKNOWN
        return OVER if state.is_over(self._now()) else state
