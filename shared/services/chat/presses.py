"""What a press of a button does: confirm or keep, ask, approve or deny."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.domain.chat.parsing import parse
from shared.domain.chat.talk import Asked, Reply, Speaker, Tone, mentioned_in
from shared.services.chat.admission import command_of, registry_of
from shared.services.chat.approvals import APPROVES, ASKS, DENIES, Approvals
from shared.services.chat.callers import Callers, Entitled, operation_key
from shared.services.chat.confirmations import CONFIRMS, KEEPS, UNKNOWN, USED, Confirmations
from shared.services.chat.once import Once
from shared.services.chat.said import Answering, Deed, Said
from shared.services.chat.seals import Sealed

type Hear = Callable[[Speaker, Asked, str, Answering, str], Reply]
"""Answers a command: speaker, command, the key of what it starts, what to do with it, and what was seen before."""


class Presses:
    """`do`: what saying the command does. Raises `DependencyError` when the table service does not answer."""

    def __init__(
        self,
        confirmations: Confirmations,
        approvals: Approvals,
        once: Once,
        callers: Callers,
        hear: Hear,
        deeds: Mapping[str, Deed],
        do: Answering,
    ) -> None:
        self._confirmations, self._approvals, self._callers = confirmations, approvals, callers
        self._once, self._hear, self._deeds, self._do = once, hear, deeds, do
        self._actions: dict[str, Callable[[Speaker, str], Reply]] = {
            CONFIRMS: self._confirm,
            KEEPS: self._keep,
            ASKS: self._ask,
            APPROVES: self._approve,
            DENIES: self._deny,
        }

    def answer(self, speaker: Speaker, action: str, value: str) -> Reply:
        """What is said to it."""
        return self._actions[action](speaker, value) if action in self._actions else UNKNOWN

    def _confirm(self, speaker: Speaker, value: str) -> Reply:
        state = self._confirmations.pressed(speaker, value)
        if isinstance(state, Reply):
            return state
        request = self._approvals.opened(speaker, state.request) if state.request else None
        if isinstance(request, Reply):
            return request

        def run(said: Said) -> Reply:
            if not self._once.take(state):
                return USED
            with self._once.unless_it_fails(state):
                return self._approved(said, request) if request else self._run(said)

        return self._again(speaker, state, run)

    def _run(self, said: Said) -> Reply:
        return replace(self._deeds[said.asked.command].run(said), replaces=True)

    def _keep(self, speaker: Speaker, value: str) -> Reply:
        state = self._confirmations.pressed(speaker, value)
        if isinstance(state, Reply):
            return state
        kept = Reply("Nothing was done.", replaces=True)
        return kept if self._once.take(state) else USED

    def _ask(self, speaker: Speaker, value: str) -> Reply:
        def entitled(state: Sealed) -> Entitled:
            asked = _read(state)
            needs = command_of(asked).needs if asked else None
            return (
                self._callers.entitled(needs, registry_of(asked), speaker) if asked and needs else Entitled()
            )

        return self._approvals.ask(speaker, value, entitled)

    def _approve(self, speaker: Speaker, value: str) -> Reply:
        def approve(said: Said, request: Sealed) -> Reply:
            if self._deeds[said.asked.command].warn is None:
                return self._approved(said, request)
            return USED if self._once.is_taken(request) else self._do(replace(said, request=value))

        return self._decide(speaker, value, approve)

    def _deny(self, speaker: Speaker, value: str) -> Reply:
        return self._decide(speaker, value, self._denied)

    def _decide(self, speaker: Speaker, value: str, decide: Callable[[Said, Sealed], Reply]) -> Reply:
        """By whoever may say the command itself. Whoever may not is refused, and the request goes on waiting."""
        request = self._approvals.opened(speaker, value)
        if isinstance(request, Reply):
            return request
        return self._again(speaker, request, lambda said: decide(said, request))

    def _approved(self, said: Said, request: Sealed) -> Reply:
        return self._settled(said, request, self._run, approved=True)

    def _denied(self, said: Said, request: Sealed) -> Reply:
        text, about = f"`{request.echo}` was denied. Nothing was done.", mentioned_in(request.echo)
        denied = Reply(text, tone=Tone.REFUSED, about=about)
        return self._settled(said, request, lambda _: denied, approved=False)

    def _settled(self, said: Said, request: Sealed, do: Answering, *, approved: bool) -> Reply:
        """For all to see, and once: what has failed waits for another try."""
        if not self._once.take(request):
            return USED
        with self._once.unless_it_fails(request):
            self._approvals.record(said.caller, request, registry_of(said.asked), approved=approved)
            return replace(do(said), private=False, replaces=True, asker=request.person)

    def _again(self, speaker: Speaker, state: Sealed, do: Answering) -> Reply:
        """The command that was signed, said by whoever has pressed."""
        asked = _read(state)
        key = operation_key(speaker, state.nonce)
        return self._hear(speaker, asked, key, do, state.seen) if asked else UNKNOWN


def _read(state: Sealed) -> Asked | None:
    """`None` if this release does not know the command any more."""
    asked = parse(state.echo)
    return asked if isinstance(asked, Asked) else None
