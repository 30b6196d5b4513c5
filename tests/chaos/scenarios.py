"""The scenarios whose every step the matrix disturbs.

`prepare` makes what a scenario needs, undisturbed; `ask` sends its requests and says what must be true at the very
moment at which each operation says that it has succeeded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.changes import (
    Asked,
    create,
    delete,
    delete_user,
    disable,
    enable,
    purge,
    put_user,
    restore,
    rotate_user,
    update,
)
from tests.chaos.crowds import join, leave
from tests.chaos.links import first_login, new_login
from tests.chaos.registry import Registry
from tests.chaos.stopped import confirm, suspect

Json = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """`on_new`: it begins with a registry that does not exist; otherwise with one that is at rest."""

    name: str
    prepare: Callable[[Registry], list[Asked]]
    ask: Callable[[Registry], list[Asked]]
    on_new: bool = False
    handicap: Json | None = None
    """A fault that belongs to the scenario: what follows on it is what is disturbed."""


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
        Scenario("first-login", _without("newcomer"), lambda registry: first_login(registry, "newcomer")),
        Scenario("new-login", _with("victim"), lambda registry: new_login(registry, "victim")),
        Scenario("notice", suspect, confirm),
        Scenario("import", _nothing, join),
        Scenario("import-replace", join, leave),
        Scenario(
            "chat", lambda registry: disable(registry, "victim"), lambda registry: enable(registry, "victim")
        ),
    )
}
