"""Finds users, and says of each what its reader should know."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import ApiError, not_found
from shared.domain.operations import Operation
from shared.domain.registries.registry import Registry
from shared.domain.times import shown_at
from shared.domain.users.passwords import hash_cost, slow_hash_warning
from shared.domain.users.user import User, UserState
from shared.services.requests import nearest
from shared.services.state import State


@dataclass(frozen=True)
class UserAnswer:
    """A user, and what its caller learns once: `password` if we made it, `warning` if something is to be known."""

    registry: str
    user: User
    proven_revision: int
    operation: Operation | None = None
    password: str | None = None
    warning: str | None = None
    created: bool = False
    already_shown: bool = False
    login_server: str | None = None
    """Where the password is for; known once Azure has named it."""
    overlap_ends_on: datetime | None = None
    """When the user that this one is the successor of can log in no more."""

    @property
    def syncing(self) -> bool:
        """Has the registry not yet proven that it knows this user's present state?"""
        return self.user.revision > self.proven_revision


class Directory:
    """Reads one registry's users."""

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, registry: str, username: str) -> User | None:
        """The user, unless it is being deleted."""
        user = self._state.user(registry, username)
        return user if user and user.state is not UserState.DELETING else None

    def require(self, registry: str, username: str) -> User:
        """The user, or 404 that names the nearest."""
        user = self.find(registry, username)
        if user is None:
            similar = nearest(username, (known.username for known in self._state.users(registry)))
            create = f"Create it: PUT /api/registries/{registry}/users/{username}"
            raise not_found("User", username, similar, create)
        return user

    def show(self, registry: str, username: str) -> UserAnswer:
        """One user with its work, or 404 that names the nearest."""
        user = self.require(registry, username)
        return UserAnswer(registry, user, self.proven(registry), self.unfinished(user))

    def page(self, registry: str, after: str, limit: int) -> Iterator[UserAnswer]:
        """At most `limit` users after `after`, in name order."""
        proven = self.proven(registry)
        return (UserAnswer(registry, user, proven) for user in self._state.users(registry, after, limit))

    def unchanged(self, home: Registry, user: User) -> UserAnswer:
        """What a request finds that changes nothing."""
        return UserAnswer(
            home.name,
            user,
            self.proven(home.name),
            self.unfinished(user),
            warning=warning_of(user),
            login_server=home.login_server,
        )

    def again(self, home: Registry, operation: Operation, username: str) -> UserAnswer:
        """What the same request with the same `Operation-Id` finds: the user that it was about, no secret."""
        user = self.require(home.name, operation.user or username)
        return UserAnswer(
            home.name,
            user,
            self.proven(home.name),
            operation,
            already_shown=True,
            login_server=home.login_server,
        )

    def proven(self, registry: str) -> int:
        """The highest revision that the registry has proven."""
        projection = self._state.projection(registry)
        return projection.proven_revision if projection else -1

    def unfinished(self, user: User) -> Operation | None:
        """The operation that brings the user's last change, until it has ended."""
        operation = self._state.operation_by_id(user.last_operation)
        return operation if operation and not operation.final else None


def accepted(
    home: Registry, user: User, operation: Operation, password: str | None, *, created: bool = False
) -> UserAnswer:
    """A change that has just begun. `password`: the one that we made for it, if we did."""
    return UserAnswer(
        home.name,
        user,
        user.revision - 1,
        operation,
        password,
        warning_of(user),
        created,
        login_server=home.login_server,
    )


def warning_of(user: User) -> str | None:
    """What whoever has just asked for this user should know of it."""
    slow = slow_hash_warning(hash_cost(user.password_hash)) if user.password_hash else None
    said = [slow, _expired(user)]
    return " ".join(text for text in said if text) or None


def _expired(user: User) -> str | None:
    if user.state is not UserState.EXPIRED or user.expires_on is None:
        return None
    return (
        f"It expired on {shown_at(user.expires_on)} and can't log in. The same expiresAfter again does not renew it: "
        "rotate it, or send another expiresAfter or expiresOn."
    )


def secret_not_available(registry: str, username: str) -> ApiError:
    """409: this answer would hold a secret that nobody can show."""
    return ApiError(
        409,
        "SecretNotAvailable",
        f"The password of user '{username}' can't be shown: it was shown when it was made. Nothing was changed.",
        f"Get a new one in this format: POST /api/registries/{registry}/users/{username}/rotate?format=… "
        "Or leave out format.",
        target="format",
    )


def login_server_unknown(home: Registry) -> ApiError:
    """409: there is no host yet to log in to."""
    wait = f"Wait for it: GET /api/operations/{home.active_operation}?wait=30. Then send the request again."
    create = f"PUT /api/registries/{home.name}, wait for its operation, then send the request again."
    return ApiError(
        409,
        "LoginServerUnknown",
        f"Registry '{home.name}' has no login server yet. Nothing was changed.",
        wait if home.active_operation else create,
        target="format",
    )
