"""One user in all registries: show, and revoke everywhere.

There is no index of users: each registry is asked for one row, by its key (docs/decisions). An index would have to be
right before anybody may rely on it for a revocation, and a second table can't change in a registry's transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shared.domain.errors import ApiError, NotFoundError
from shared.domain.names import PEOPLE
from shared.domain.operations import Kind, Operation
from shared.domain.users.user import UserState
from shared.services.capacity import Capacity
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.requests import Caller
from shared.services.state import Clock, State, retry_on_conflict
from shared.services.users.accounts import Accounts
from shared.services.users.directory import UserAnswer
from shared.telemetry.threads import ContextThreadPool

CONCURRENCY = 16
"""How many registries are asked at a time."""


@dataclass(frozen=True)
class Everywhere:
    """Stands for all registries where an operation needs one."""

    name: str = PEOPLE
    uid: str = ""
    users_revision: int = 0


class People:
    """Raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(
        self,
        state: State,
        capacity: Capacity,
        accounts: Accounts,
        channels: Channels,
        ledger: Ledger,
        now: Clock,
    ) -> None:
        self._state, self._capacity, self._accounts = state, capacity, accounts
        self._channels, self._ledger, self._now = channels, ledger, now

    def show(self, username: str, visible: Callable[[str], bool]) -> list[UserAnswer]:
        """The user of that name in each registry that its reader may look into, in the order of their names."""
        names = [name for name, _ in self._capacity.names() if visible(name)]
        with ContextThreadPool(CONCURRENCY) as pool:
            found = list(pool.map(partial(self._look, username), names))
        present = [each for each in found if each]
        if not present:
            raise _nowhere(username, len(names))
        return present

    def _look(self, username: str, registry: str) -> UserAnswer | None:
        user = self._state.user(registry, username)
        if user is None or user.state is UserState.DELETING:
            return None
        try:
            return self._accounts.get(registry, username)
        except NotFoundError:
            return None  # it has gone just now

    @retry_on_conflict
    def revoke(self, username: str, caller: Caller) -> Operation:
        """Removes the user from every registry. All refuse it when the operation has succeeded."""
        if repeated := self._ledger.repeated(caller, PEOPLE):
            return repeated
        operation, rows = self._ledger.start(
            caller, Kind.REVOKE_USER, Everywhere(), self._now(), user=username
        )
        self._state.commit(PEOPLE, *rows)
        self._channels.enqueue(operation)
        return operation


def _nowhere(username: str, asked: int) -> ApiError:
    return ApiError(
        404,
        "UserNotFound",
        f"There is no user named '{username}' in any of the {asked} registries that you may look into.",
        "Names are case-sensitive. GET /api/registries/{registry}/users lists the users of one registry.",
        target=username,
    )
