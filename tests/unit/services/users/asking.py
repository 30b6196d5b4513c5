"""What tests of users ask and look at."""

from dataclasses import replace
from typing import Any

from shared.domain.operations import Operation
from shared.domain.users.passwords import matches
from shared.domain.users.user import User, UserState
from shared.services.requests import Precondition
from shared.services.state import State
from shared.services.users.directory import UserAnswer
from tests.unit.services.rig import ALWAYS, ME, NAME, Rig

LONG = "a-long-random-password-of-a-machine"
SLOW_HASH = "$2b$12$" + "c" * 53
MINE = replace(ME, operation_key="my-id", payload=b"PUT alice")
CREATE_ONLY = Precondition(create_only=True)


def row(rig: Rig, username: str = "alice") -> User | None:
    return State(rig.state_table).user(NAME, username)


def stored(rig: Rig, username: str = "alice") -> User:
    user = row(rig, username)
    assert user
    assert user.state is UserState.ACTIVE
    return user


def rotate(rig: Rig, condition: Precondition = ALWAYS, caller: Any = ME) -> UserAnswer:
    return rig.accounts.rotate(NAME, "alice", condition, caller)


def user_operations(rig: Rig) -> list[Operation]:
    return [each for each in rig.all_operations() if not each.kind.is_lifecycle]


def check_secret(rig: Rig, answer: UserAnswer) -> None:
    """The password in the answer is the one that the registry will know."""
    assert answer.password
    assert matches(answer.password, stored(rig, answer.user.username).password_hash)
