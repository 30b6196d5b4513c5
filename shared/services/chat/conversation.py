"""What is answered to what people say in a chat: at once, whatever the work takes."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.domain.chat.help import misunderstanding
from shared.domain.chat.parsing import Misunderstood, parse
from shared.domain.chat.talk import CONFIRM, Asked, Reply, Speaker
from shared.domain.errors import ApiError
from shared.services.audit.refusals import Refusals, is_recorded
from shared.services.authorization import veiled
from shared.services.chat.admission import Admission, named, registry_of
from shared.services.chat.approvals import Approvals
from shared.services.chat.callers import Callers, operation_key
from shared.services.chat.confirmations import Confirmations
from shared.services.chat.once import Once
from shared.services.chat.presses import Presses
from shared.services.chat.problems import failed, problem
from shared.services.chat.refusing import Refusing
from shared.services.chat.said import Deed, Said
from shared.services.requests import Caller

logger = logging.getLogger(__name__)


class Conversation:
    """Never raises: whoever speaks gets an answer, and what nobody foresaw is in the log."""

    def __init__(
        self,
        deeds: Mapping[str, Deed],
        admission: Admission,
        callers: Callers,
        confirmations: Confirmations,
        approvals: Approvals,
        once: Once,
        refusals: Refusals,
    ) -> None:
        self._deeds, self._admission, self._callers = deeds, admission, callers
        self._confirmations, self._once, self._refusals = confirmations, once, refusals
        self._refusing = Refusing(callers, approvals)
        self._presses = Presses(confirmations, approvals, once, callers, self._answer, deeds, self._do)

    def say(self, speaker: Speaker, text: str, message_id: str) -> Reply:
        """Answers what somebody wrote. The same message twice starts the same work."""
        understood = parse(text)
        if isinstance(understood, Misunderstood):
            return misunderstanding(speaker.platform, understood)
        return self._answer(speaker, understood, operation_key(speaker, message_id), self._do)

    def press(self, speaker: Speaker, action: str, value: str) -> Reply:
        """Answers a press of one of our buttons."""
        try:
            return self._presses.answer(speaker, action, value)
        except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
            return failed(error)

    def _answer(
        self, speaker: Speaker, asked: Asked, key: str, do: Callable[[Said], Reply], seen: str = ""
    ) -> Reply:
        try:
            reply = self._heard(speaker, asked, key, do, seen)
        except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
            reply = failed(error)
        logger.info("chat: %s asked for %s: %s", speaker.actor, asked.command, reply.tone.value)
        return reply

    def _heard(
        self, speaker: Speaker, asked: Asked, key: str, do: Callable[[Said], Reply], seen: str
    ) -> Reply:
        caller, whole = self._callers.of(speaker, key), asked
        try:
            whole = self._admission.complete(speaker, asked, caller)
            reply = do(self._admission.admit(speaker, whole, caller, seen))
        except ApiError as error:
            return self._told_no(speaker, whole, caller, error)
        return replace(reply, echo=whole.unconfirmed.echo)

    def _do(self, said: Said) -> Reply:
        """Does it, or says first what it would do."""
        deed = self._deeds[said.asked.command]
        if deed.warn is None:
            return deed.run(said)
        if (code := said.asked.options.get(CONFIRM)) is not None:
            return self._by_code(deed, said, code)
        warning = deed.warn(said)
        return warning if isinstance(warning, Reply) else self._confirmations.ask(said, warning)

    def _by_code(self, deed: Deed, said: Said, code: str) -> Reply:
        state = self._confirmations.accept(said, code)
        if isinstance(state, Reply):
            return state
        with self._once.unless_it_fails(state):
            return deed.run(said)

    def _told_no(self, speaker: Speaker, asked: Asked, caller: Caller, error: ApiError) -> Reply:
        """Whoever was told no is in the audit, as over HTTP."""
        deed = self._deeds[asked.command]
        if is_recorded(error.status, writes=deed.writes):
            self._refusals.record(caller, deed.function, named(asked), error)
        if error.status == 403:
            return self._refusing.reply(speaker, asked, error, may_be_asked_for=deed.may_be_asked_for)
        registry = registry_of(asked)
        return problem(speaker, veiled(error, caller, registry), registry, asked.arguments.get("username"))
