"""One-time links as tests make and open them: for the user `ci` of a registry that is up, or for a new one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.domain.audit import AuditEntry
from shared.domain.users.htpasswd import FILE_NAME
from shared.domain.users.reveal import Purpose
from shared.domain.users.user import User
from shared.services.requests import Caller
from shared.services.state import State
from shared.services.users.reveal_offers import Offer
from shared.services.users.reveals import Revealed
from tests.unit.services.rig import NAME, Rig, refusal

DEV = Caller("slack:T1/U1", "r-chat", kind="slack", principals=frozenset({"slack:T1/U1", "slack:T1/C1"}))
ANYBODY = Caller("anonymous", "r-click", kind="anonymous", address="203.0.113.7")
JANE = replace(ANYBODY, actor="entra:jane", kind="entra", principals=frozenset({"user:jane"}))
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def offer(rig: Rig, username: str = "ci", purpose: Purpose = Purpose.ROTATE, **more: Any) -> Offer:
    return rig.reveal_offers.offer(NAME, username, purpose, more.pop("caller", DEV), **more)


def add(rig: Rig, username: str = "new", **more: Any) -> Offer:
    return offer(rig, username, Purpose.CREATE, **more)


def click(rig: Rig, link: Offer, caller: Caller = ANYBODY) -> Revealed:
    return rig.reveals.reveal(link.token, caller)


def stored(rig: Rig, username: str = "ci") -> User:
    user = State(rig.state_table).user(NAME, username)
    assert user
    return user


def assert_gone(rig: Rig, link: Offer) -> None:
    error = refusal(lambda: click(rig, link))
    assert (error.status, error.code) == (410, "RevealGone")


def line(rig: Rig, username: str) -> str | None:
    """The user's hash in the live file."""
    lines = rig.share().files[FILE_NAME].decode().splitlines()
    return next(
        (each.removeprefix(f"{username}:") for each in lines if each.startswith(f"{username}:")), None
    )


def wait(rig: Rig, time: timedelta) -> None:
    rig.clock.advance(time.total_seconds())
    rig.reconcile.run()
    rig.drain(60)


def audit(rig: Rig, action: str) -> list[AuditEntry]:
    return [entry for entry in State(rig.state_table).audit(NAME) if entry.action == action]


def then(*steps: Callable[[Rig], object]) -> Callable[[Rig], object]:
    """One after the other."""

    def all_of_them(rig: Rig) -> None:
        for step in steps:
            step(rig)

    return all_of_them
