"""Imports of so many users that they take several chunks and several transactions."""

from collections.abc import Mapping

import bcrypt

from shared.domain.users.user_import import CHUNK_LINES
from tests.chaos.changes import KEEPER, Asked, asked, changed, is_in, password
from tests.chaos.registry import Registry, User

CROWD = [f"sailor{number:03}" for number in range(CHUNK_LINES + 4)]
"""Two chunks; the first takes three transactions."""
KNOWN = (CROWD[0], CROWD[CHUNK_LINES - 1], CROWD[CHUNK_LINES], CROWD[-1])
"""Those who knock: it would take a while if all of them did."""
_ROUNDS = 4
"""Of bcrypt, the fewest that there are."""


def join(registry: Registry) -> list[Asked]:
    """All of them get in; nobody else is changed."""
    return _import(registry, "merge", dict.fromkeys(CROWD, password()))


def leave(registry: Registry) -> list[Asked]:
    """A file that replaces all users by two: the others are refused."""
    kept = registry.users[KEEPER].present
    assert kept, "there is nobody to keep"
    return _import(registry, "replace", {KEEPER: kept, "captain": password()})


def is_crowded(registry: Registry) -> bool:
    """Is anybody of the crowd still there?"""
    return any(registry.users[name].present for name in CROWD if name in registry.users)


def _import(registry: Registry, mode: str, passwords: Mapping[str, str]) -> list[Asked]:
    registry.cloud.api.passwords.update(passwords.values())
    hashes = {word: _hash(word) for word in set(passwords.values())}
    lines = [f"{name}:{hashes[word]}\n" for name, word in passwords.items()]
    answer = registry.ask(
        "POST", f"{registry.path}/users/import?mode={mode}", content="".join(lines).encode()
    )
    for name, word in passwords.items():
        _becomes(registry, name, word)
    if mode == "replace":
        for name in registry.users.keys() - passwords.keys():
            _becomes(registry, name, None)
    effects = [changed(registry, name) for name in (*KNOWN, "captain") if name in registry.users]

    def effect() -> None:
        for each in effects:
            each()
        is_in(registry, KEEPER)

    return [asked(answer, effect)]


def _becomes(registry: Registry, name: str, word: str | None) -> None:
    user = registry.users.setdefault(name, User(is_known=name not in CROWD or name in KNOWN))
    if user.present and user.present != word:
        user.revoked.add(user.present)
    user.present = word


def _hash(word: str) -> str:
    return bcrypt.hashpw(word.encode(), bcrypt.gensalt(_ROUNDS)).decode()
