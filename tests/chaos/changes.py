"""What clients do to one registry, and what must be true at the very moment at which its operation says that it has
succeeded.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.services.chat.wanted import NOT_FOLLOWED
from tests.chaos.registry import Registry, User

Json = dict[str, Any]

Effect = Callable[[], None]
"""Fails unless the registry itself shows what the operation has promised."""

NOTHING = "Nothing was changed."
"""What chat says of what was not done."""
KEEPER = "keeper"
"""A user whom no scenario touches."""


@dataclass(frozen=True)
class Asked:
    """One acknowledged request. No operation: its effect is there already."""

    operation: str | None
    effect: Effect


def asked(answer: Json, effect: Effect) -> Asked:
    """The request that was answered so."""
    operation = answer.get("operation")
    return Asked(operation["id"] if operation else None, effect)


def password() -> str:
    """One that nobody else has."""
    return secrets.token_urlsafe(24)


def create(registry: Registry) -> list[Asked]:
    """A new registry; strangers stay out."""

    def effect() -> None:
        assert not registry.lets_in("stranger", "no-password-at-all"), "a stranger gets in"

    answer = registry.ask("PUT", registry.path, {"tags": registry.tags})
    registry.exists = True
    return [asked(answer, effect)]


def update(registry: Registry) -> list[Asked]:
    """Another tag: every tagged resource is sent again, and the site restarts."""
    registry.tags = {"change": password()[:8]}
    answer = registry.ask("PUT", registry.path, {"tags": registry.tags})
    return [asked(answer, lambda: is_in(registry, KEEPER))]


def delete(registry: Registry) -> list[Asked]:
    """Its site goes; images, users and their file stay."""
    answer = registry.ask("DELETE", registry.path)
    registry.is_deleted = True
    return [asked(answer, lambda: None)]


def restore(registry: Registry) -> list[Asked]:
    """Its users get in as before, and nobody who was revoked does."""

    def effect() -> None:
        for name, user in registry.users.items():
            is_in(registry, name)
            for old in user.revoked:
                assert not registry.lets_in(name, old), (
                    f"{name}: a revoked password gets in after the restore"
                )

    answer = registry.ask("POST", f"{registry.path}/restore")
    registry.is_deleted = False
    return [asked(answer, effect)]


def purge(registry: Registry) -> list[Asked]:
    """All of it goes."""
    answer = registry.ask("DELETE", f"{registry.path}?purge=true&confirm={registry.name}")
    registry.exists = registry.is_deleted = False
    registry.users, registry.tags = {}, {}
    return [asked(answer, lambda: None)]


def put_user(registry: Registry, name: str, *, disabled: bool = False) -> list[Asked]:
    """A user with a password of the client's own: the client knows it, whatever becomes of the answer."""
    user = registry.users.setdefault(name, User())
    before, chosen = user.present, password()
    body = {"password": chosen, **({"disabled": True} if disabled else {})}
    answer = registry.ask("PUT", f"{registry.path}/users/{name}", body)
    if before:
        user.revoked.add(before)
    user.present = chosen
    return [asked(answer, changed(registry, name))]


def rotate_user(registry: Registry, name: str) -> list[Asked]:
    """The old password is refused."""
    user = registry.users[name]
    answer = registry.ask("POST", f"{registry.path}/users/{name}/rotate")
    if user.present:
        user.revoked.add(user.present)
    user.present = str(answer["password"])
    return [asked(answer, changed(registry, name))]


def delete_user(registry: Registry, name: str) -> list[Asked]:
    """Every password is refused."""
    user = registry.users[name]
    answer = registry.ask("DELETE", f"{registry.path}/users/{name}")
    if user.present:
        user.revoked.add(user.present)
    user.present = None
    return [asked(answer, changed(registry, name))]


def disable(registry: Registry, name: str) -> list[Asked]:
    """A user with a new password, which is refused for now."""
    [put] = put_user(registry, name, disabled=True)
    user = registry.users[name]

    def effect() -> None:
        assert user.present
        assert not registry.lets_in(name, user.present), f"{name} is disabled, and gets in"

    return [Asked(put.operation, effect)]


def enable(registry: Registry, name: str) -> list[Asked]:
    """In chat, which then tells how it ends: the password is good again."""
    heard: list[str] = []
    said = registry.say(f"user enable {registry.name} {name}", "Enabling", "is enabled already", heard=heard)
    assert "Enabling" in said or not any(NOTHING in each for each in heard), f"it was enabled, and: {heard}"
    operation = registry.operation_of(name)
    if "Enabling" in said and NOT_FOLLOWED not in said:
        registry.followed.add(operation)
    return [Asked(operation, changed(registry, name))]


def changed(registry: Registry, name: str) -> Effect:
    """What this very change promises; a later one may have replaced its password."""
    user = registry.users[name]
    revoked, mine = frozenset(user.revoked), user.present

    def effect() -> None:
        for old in revoked:
            assert not registry.lets_in(name, old), f"{name}: a revoked password gets in after the success"
        if mine and not registry.lets_in(name, mine):
            assert user.present != mine, f"{name}: the password does not get in after the success"
        is_in(registry, KEEPER)

    return effect


def is_in(registry: Registry, name: str) -> None:
    """Fails unless the registry lets the user in, if there is one."""
    user = registry.users.get(name)
    if user and user.present:
        assert registry.lets_in(name, user.present), f"{name} is locked out"
