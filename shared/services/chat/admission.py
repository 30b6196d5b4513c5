"""From what was asked to what may be done: what was left out is filled in, and rights are asked for before anything.

A channel's registry is known to whoever is in the channel: it is set there for all to see (`use`). So a refusal may
name it. Whoever has no role at all is refused before even that is read.
"""

from collections.abc import Callable
from dataclasses import replace

from shared.domain.chat.command import Command
from shared.domain.chat.grammar import BY_NAME
from shared.domain.chat.talk import MENTION, Asked, Speaker
from shared.domain.errors import ApiError
from shared.services.authorization import authorize
from shared.services.chat.callers import Callers, own_name, same_request
from shared.services.chat.rows import ChatRows
from shared.services.chat.said import Said
from shared.services.requests import Caller

LOGIN, HEALTH = "login", "health"
"""`login` is about the own user without saying so; `health` without a registry is about all."""


class Admission:
    """Raises `ApiError`: 403 for who may not, 400 for what leaves too much out. `user_of`: whose an operation is."""

    def __init__(self, callers: Callers, rows: ChatRows, user_of: Callable[[str], str]) -> None:
        self._callers, self._rows, self._user_of = callers, rows, user_of

    def complete(self, speaker: Speaker, asked: Asked, caller: Caller) -> Asked:
        """The whole command. Whether its speaker may say it there is still to be asked, unless it has no role."""
        command = command_of(asked)
        if command.needs.role and not caller.access.rights:
            authorize(command.needs, caller, f"`{command.name}`", asked.arguments.get("registry"), None)
        named = self._with_registry(speaker, asked, command)
        return self._with_user(speaker, named, command, caller)

    def admit(self, speaker: Speaker, whole: Asked, caller: Caller, seen: str = "") -> Said:
        """The command, if its speaker may say it."""
        command = command_of(whole)
        self._authorize(command, whole, caller)
        return Said(speaker, whole, command, same_request(caller, speaker, whole), seen)

    def _with_registry(self, speaker: Speaker, asked: Asked, command: Command) -> Asked:
        if "registry" in asked.arguments or not _takes(command, "registry"):
            return asked
        registry = self._rows.registry_of(speaker)
        if registry is None and command.name != HEALTH:
            raise _which_registry(speaker, command, asked.arguments.get("username"))
        return replace(asked, arguments={"registry": registry, **asked.arguments}) if registry else asked

    def _with_user(self, speaker: Speaker, asked: Asked, command: Command, caller: Caller) -> Asked:
        if "username" in asked.arguments or not _takes(command, "username"):
            return asked
        arguments = dict(asked.arguments)
        registry, person = arguments["registry"], arguments.pop(MENTION, None)
        name = (
            self._callers.name_of(speaker, person, registry) if person else own_name(caller.access, registry)
        )
        if name is None:
            raise no_name()
        return replace(asked, arguments={**arguments, "username": name})

    def _authorize(self, command: Command, asked: Asked, caller: Caller) -> None:
        need, what = command.needs, f"`{command.name}`"
        registry, username = asked.arguments.get("registry"), asked.arguments.get("username")
        if command.name == LOGIN and registry:
            username = own_name(caller.access, registry)
        if not need.by_row:
            return authorize(need, caller, what, registry, username)
        operation = asked.arguments["id"]
        registry = operation.partition(".")[0]
        authorize(need, caller, what, registry, None)
        if not caller.access.may_read(registry):  # a Member sees what becomes of its own user
            authorize(need, caller, what, registry, self._user_of(operation))
        return None


def command_of(asked: Asked) -> Command:
    """What the grammar knows of it."""
    return BY_NAME[asked.command]


def is_whole(asked: Asked) -> bool:
    """Does it name all that it is about, wherever it is said?"""
    command = command_of(asked)
    return all(name in asked.arguments for name in ("registry", "username") if _takes(command, name))


def registry_of(asked: Asked) -> str | None:
    """The registry that it names."""
    return asked.arguments.get("registry") or asked.arguments.get("id", "").partition(".")[0] or None


def named(asked: Asked) -> dict[str, str]:
    """What it names, as the path of a request does."""
    kinds = {"registry": "registry", "username": "username", "id": "operation"}
    return {kinds[name]: value for name, value in asked.arguments.items() if name in kinds}


def no_name() -> ApiError:
    """400: nobody can say what that person is called in a registry."""
    return ApiError(
        400,
        "NoUsername",
        "There is no username for that person: the id that the chat gives them can't be one.",
        "Whoever keeps the setting ROLE_GRANTS can name a username in their grant.",
    )


def _takes(command: Command, name: str) -> bool:
    return any(argument.name == name for argument in command.arguments)


def _which_registry(speaker: Speaker, command: Command, username: str | None) -> ApiError:
    """Whoever has named a registry, and nothing else, hears what that was taken for."""
    asks, it = (
        (f"Which registry is the user `{username}` of?", "both") if username else ("Which registry?", "it")
    )
    return ApiError(
        400,
        "RegistryNeeded",
        f"{asks} You named none, and this channel has none of its own.",
        f"Name {it}, as in {speaker.platform.spoken(command.example)}. Or set this channel's own once: "
        f"{speaker.platform.spoken('use payments')}",
    )
