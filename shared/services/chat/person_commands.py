"""revoke: one person's users, out of every registry."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256

from shared.domain.chat.talk import MENTION, Reply, Tone
from shared.domain.errors import ApiError, ConflictError, DependencyError
from shared.domain.report.wording import plural
from shared.services.chat.callers import Callers
from shared.services.chat.said import Deed, Forewarning, Said
from shared.services.users.people import People

logger = logging.getLogger(__name__)

MOST_NAMED = 10


class PersonCommands:
    """Each raises `ApiError` for what its speaker can mend, `DependencyError` when the tables are away."""

    def __init__(self, people: People, callers: Callers) -> None:
        self._people, self._callers = people, callers

    @property
    def deeds(self) -> Mapping[str, Deed]:
        """By the names of commands."""
        return {"revoke": Deed("revoke_user", self._revoke, writes=True, warn=self._forewarn)}

    def _forewarn(self, said: Said) -> Forewarning | Reply:
        homes = self._homes(said)
        if not homes:
            return self._nowhere(said)
        lines = tuple(
            f"Revokes `{username}` in {plural(len(names), 'registry', 'registries')}: {_listed(names)}."
            for username, names in homes.items()
        )
        return Forewarning(lines[0], "Revoke", "Cancel", (*lines[1:], *self._stays(said)))

    def _revoke(self, said: Said) -> Reply:
        """Everywhere, also where it has come to since it was asked."""
        usernames = list(self._homes(said)) or self._usernames(said)
        if not usernames:
            return self._nowhere(said)
        started: dict[str, str] = {}
        try:
            for username in usernames:
                started[username] = self._start(said, username)
        except (ConflictError, DependencyError) as error:
            if not started:
                raise
            logger.warning("a revocation was begun by half: %s", error)
        return self._begun(said, started, usernames[len(started) :])

    def _begun(self, said: Said, started: Mapping[str, str], left: list[str]) -> Reply:
        text, follows = f"Revoking {_and(started)} everywhere", tuple(started.values())
        if left:
            again = "Say it again in a minute, for all of them: it is safe to repeat."
            return Reply(f"{text}, but not {_and(left)}.", (again,), Tone.PROBLEM, follows=follows)
        return Reply(f"{text} …", self._stays(said), follows=follows)

    def _start(self, said: Said, username: str) -> str:
        """One operation for each name, the same for the same message."""
        caller = replace(said.caller, operation_key=_key(said.caller.operation_key, username))
        return self._people.revoke(username, caller).id

    def _homes(self, said: Said) -> dict[str, list[str]]:
        """The registries of each of the person's users that is anywhere."""
        found = {username: self._registries(username) for username in self._usernames(said)}
        return {username: names for username, names in found.items() if names}

    def _registries(self, username: str) -> list[str]:
        try:
            return [each.registry for each in self._people.show(username, lambda _: True)]
        except ApiError as error:
            if error.status != 404:
                raise
            return []

    def _usernames(self, said: Said) -> list[str]:
        person = said.asked.arguments.get(MENTION)
        return self._callers.usernames(said.speaker, person) if person else [said.username]

    def _nowhere(self, said: Said) -> Reply:
        names = " or ".join(f"`{name}`" for name in self._usernames(said)) or "that person"
        hint = f"If the user has another name: {said.say('revoke NAME')}"
        return Reply(f"There is no user {names} in any registry. Nothing was done.", (hint,), Tone.PROBLEM)

    def _stays(self, said: Said) -> tuple[str, ...]:
        """A revocation takes logins, not rights."""
        person = said.asked.arguments.get(MENTION)
        if person is None or not self._callers.has_role(said.speaker, person):
            return ()
        return ("Their grant in ROLE_GRANTS stays: until it is taken out, they can get a new login.",)


def _and(usernames: Iterable[str]) -> str:
    return " and ".join(f"`{username}`" for username in usernames)


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _key(key: str | None, username: str) -> str:
    return f"{key}-{sha256(username.encode()).hexdigest()[:8]}"
