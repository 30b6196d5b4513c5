"""What clients do: the scenarios whose every step the matrix disturbs.

`prepare` makes what a scenario needs, undisturbed; `ask` sends its requests and says what must be true at the very
moment at which each operation says that it has succeeded.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.registry import Registry, User

Json = dict[str, Any]

Effect = Callable[[], None]
"""Fails unless the registry itself shows what the operation has promised."""

KEEPER = "keeper"
"""A user whom no scenario touches."""


@dataclass(frozen=True)
class Asked:
    """One acknowledged request. No operation: its effect is there already."""

    operation: str | None
    effect: Effect


@dataclass(frozen=True)
class Scenario:
    """`on_new`: it begins with a registry that does not exist; otherwise with one that is at rest."""

    name: str
    prepare: Callable[[Registry], list[Asked]]
    ask: Callable[[Registry], list[Asked]]
    on_new: bool = False
    handicap: Json | None = None
    """A fault that belongs to the scenario: what follows on it is what is disturbed."""


def _asked(answer: Json, effect: Effect) -> Asked:
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
    return [_asked(answer, effect)]


def update(registry: Registry) -> list[Asked]:
    """Another tag: every tagged resource is sent again, and the site restarts."""
    registry.tags = {"change": password()[:8]}
    answer = registry.ask("PUT", registry.path, {"tags": registry.tags})
    return [_asked(answer, lambda: _is_in(registry, KEEPER))]


def delete(registry: Registry) -> list[Asked]:
    """Its site goes; images, users and their file stay."""
    answer = registry.ask("DELETE", registry.path)
    registry.is_deleted = True
    return [_asked(answer, lambda: None)]


def restore(registry: Registry) -> list[Asked]:
    """Its users get in as before, and nobody who was revoked does."""

    def effect() -> None:
        for name, user in registry.users.items():
            _is_in(registry, name)
            for old in user.revoked:
                assert not registry.lets_in(name, old), (
                    f"{name}: a revoked password gets in after the restore"
                )

    answer = registry.ask("POST", f"{registry.path}/restore")
    registry.is_deleted = False
    return [_asked(answer, effect)]


def purge(registry: Registry) -> list[Asked]:
    """All of it goes."""
    answer = registry.ask("DELETE", f"{registry.path}?purge=true&confirm={registry.name}")
    registry.exists = registry.is_deleted = False
    registry.users, registry.tags = {}, {}
    return [_asked(answer, lambda: None)]


def put_user(registry: Registry, name: str) -> list[Asked]:
    """A user with a password of the client's own: the client knows it, whatever becomes of the answer."""
    user = registry.users.setdefault(name, User())
    before, chosen = user.present, password()
    answer = registry.ask("PUT", f"{registry.path}/users/{name}", {"password": chosen})
    if before:
        user.revoked.add(before)
    user.present = chosen
    return [_asked(answer, _changed(registry, name))]


def rotate_user(registry: Registry, name: str) -> list[Asked]:
    """The old password is refused."""
    user = registry.users[name]
    answer = registry.ask("POST", f"{registry.path}/users/{name}/rotate")
    if user.present:
        user.revoked.add(user.present)
    user.present = str(answer["password"])
    return [_asked(answer, _changed(registry, name))]


def delete_user(registry: Registry, name: str) -> list[Asked]:
    """Every password is refused."""
    user = registry.users[name]
    answer = registry.ask("DELETE", f"{registry.path}/users/{name}")
    if user.present:
        user.revoked.add(user.present)
    user.present = None
    return [_asked(answer, _changed(registry, name))]


def _changed(registry: Registry, name: str) -> Effect:
    """What this very change promises; a later one may have replaced its password."""
    user = registry.users[name]
    revoked, mine = frozenset(user.revoked), user.present

    def effect() -> None:
        for old in revoked:
            assert not registry.lets_in(name, old), f"{name}: a revoked password gets in after the success"
        if mine and not registry.lets_in(name, mine):
            assert user.present != mine, f"{name}: the password does not get in after the success"
        _is_in(registry, KEEPER)

    return effect


def _is_in(registry: Registry, name: str) -> None:
    user = registry.users.get(name)
    if user and user.present:
        assert registry.lets_in(name, user.present), f"{name} is locked out"


def _nothing(_: Registry) -> list[Asked]:
    return []


def _with(*names: str) -> Callable[[Registry], list[Asked]]:
    """These users exist."""

    def prepare(registry: Registry) -> list[Asked]:
        missing = [name for name in names if not (user := registry.users.get(name)) or not user.present]
        return [asked for name in missing for asked in put_user(registry, name)]

    return prepare


def _without(name: str) -> Callable[[Registry], list[Asked]]:
    def prepare(registry: Registry) -> list[Asked]:
        user = registry.users.get(name)
        return delete_user(registry, name) if user and user.present else []

    return prepare


def _several(registry: Registry) -> list[Asked]:
    """Four changes that wait for one another's file."""
    return [
        *put_user(registry, "newcomer"),
        *rotate_user(registry, "victim"),
        *delete_user(registry, "leaver"),
        *put_user(registry, "newcomer"),
    ]


_SITE_REFUSED: Json = {
    "method": "PUT",
    "pathRegex": "/providers/Microsoft.Web/sites/[^/]+$",
    "answer": {"status": 403, "code": "AuthorizationFailed"},
}
"""A create that has made everything but the site fails for good, and takes back what it made."""

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("create", _nothing, create, on_new=True),
        Scenario("rollback", _nothing, create, on_new=True, handicap=_SITE_REFUSED),
        Scenario("update", _nothing, update),
        Scenario("delete", _nothing, delete),
        Scenario("restore", delete, restore),
        Scenario("purge", _nothing, purge),
        Scenario("purge-deleted", delete, purge),
        Scenario("put", _without("newcomer"), lambda registry: put_user(registry, "newcomer")),
        Scenario("rotate", _with("victim"), lambda registry: rotate_user(registry, "victim")),
        Scenario("revoke", _with("leaver"), lambda registry: delete_user(registry, "leaver")),
        Scenario("sync", _with("victim", "leaver"), _several),
    )
}
