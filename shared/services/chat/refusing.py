"""Refusals: what it takes, who may, and a button that asks them."""

from collections.abc import Iterator

from shared.domain.chat.talk import Asked, Reply, Speaker, Tone
from shared.domain.errors import ApiError
from shared.services.chat.admission import command_of, is_whole, registry_of
from shared.services.chat.approvals import Approvals
from shared.services.chat.callers import Callers, Entitled


class Refusing:
    """Says no. All of it is known from settings: a refusal says the same of what is there and of what is not."""

    def __init__(self, callers: Callers, approvals: Approvals) -> None:
        self._callers, self._approvals = callers, approvals

    def reply(self, speaker: Speaker, asked: Asked, error: ApiError, *, may_be_asked_for: bool) -> Reply:
        """`may_be_asked_for`: somebody else can do it instead, and the asker has what it wanted."""
        command = command_of(asked)
        who = self._callers.entitled(command.needs, registry_of(asked), speaker)
        asks = may_be_asked_for and is_whole(asked) and not command.answers_with_link
        return Reply(
            error.message,
            tuple(_who_may(who)),
            Tone.REFUSED,
            who=who.ids,
            buttons=self._approvals.offer(speaker, asked, who) if asks else (),
        )


def _who_may(who: Entitled) -> Iterator[str]:
    if who.names:
        yield f"Who may: {', '.join(who.names)}."
    if not who.names and not who.ids:
        yield "Nobody in this chat may."
    yield "Whoever keeps the setting ROLE_GRANTS can give you a role."
