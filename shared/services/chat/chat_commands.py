"""help, use, operation: about the conversation itself, and what it has started."""

from collections.abc import Iterator, Mapping

from shared.domain.audit import USE_REGISTRY
from shared.domain.chat.help import explanation, overview
from shared.domain.chat.posts import STEPS
from shared.domain.chat.talk import Reply, Tone
from shared.domain.names import PEOPLE
from shared.domain.operations import Operation, Status
from shared.services.audit.entries import entry_about
from shared.services.audit.trail import AuditTrail
from shared.services.chat.rows import ChatRows
from shared.services.chat.said import Deed, Said
from shared.services.chat.times import Times
from shared.services.operations.reader import Operations
from shared.services.registries.catalog import Registries


class ChatCommands:
    """Each raises `ApiError` for what its speaker can mend, `DependencyError` when the tables are away."""

    def __init__(
        self, registries: Registries, operations: Operations, rows: ChatRows, trail: AuditTrail, times: Times
    ) -> None:
        self._registries, self._operations = registries, operations
        self._rows, self._trail, self._times = rows, trail, times

    @property
    def deeds(self) -> Mapping[str, Deed]:
        """By the names of commands."""
        return {
            "help": Deed("help", self._help),
            "use": Deed("use_registry", self._use, writes=True, about_channel=True),
            "operation": Deed("get_operation", self._operation),
        }

    def _help(self, said: Said) -> Reply:
        name = said.asked.arguments.get("command")
        if name:
            return explanation(said.speaker.platform, name)
        access = said.caller.access
        knows = bool(access.rights)
        registry = self._rows.registry_of(said.speaker) if knows else None
        return overview(
            said.speaker.platform, lambda command: command.open_to(access), registry, knows_channel=knows
        )

    def _use(self, said: Said) -> Reply:
        registry = self._registries.get(said.registry).registry.name
        if self._rows.registry_of(said.speaker) != registry:
            now = self._times.now()
            entry = entry_about(said.caller, USE_REGISTRY, registry, now, {"channel": [said.speaker.channel]})
            self._trail.copy([entry])
            self._rows.set_registry(said.speaker, registry, now)
        text = f"Where nobody names a registry here, `{registry}` is meant from now on."
        return Reply(text, tone=Tone.DONE, private=False)

    def _operation(self, said: Said) -> Reply:
        found = self._operations.get(said.asked.arguments["id"])
        tone = _TONES.get(found.status, Tone.PLAIN)
        return Reply(_state(found), tuple(self._facts(found)), tone)

    def _facts(self, found: Operation) -> Iterator[str]:
        if found.error:
            yield f"{found.error.code}: {found.error.message}"
            yield f"Fix: {found.error.fix}"
        if found.obstacle:
            yield f"In its way just now: {found.obstacle.message}"
        yield f"Asked for by {found.asked_by or 'nobody known'} {self._times.ago(found.created_at)}."
        for step in found.steps:
            yield f"{STEPS[step.status]} {step.name}"


_TONES = {Status.SUCCEEDED: Tone.DONE, Status.FAILED: Tone.PROBLEM, Status.CANCELED: Tone.WARNING}


def _state(found: Operation) -> str:
    about = f"`{found.user}`" if found.registry == PEOPLE else f"`{found.registry}`"
    if found.user and found.registry != PEOPLE:
        about += f", user `{found.user}`"
    done = "" if found.final or not found.steps else f", {found.percent_complete} %"
    return f"{found.kind.value} of {about}: {found.status.value}{done}."
