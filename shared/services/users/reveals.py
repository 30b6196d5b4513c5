"""Opens one-time links, which `reveal_offers.py` makes: whoever has the link gets the password, once.

The password is made at the click, in the same transaction that uses up the link. Until then an existing user keeps its
old password, and a new one is `PendingReveal`. The user's row names the one link that counts: a newer offer, a
rotation, a deletion or an import ends all others. Whoever asked for the link must still have the right at the click.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import ApiError
from shared.domain.grants import Grant, recognise
from shared.domain.operations import Operation
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.roles import Need, Role
from shared.domain.users.reveal import Reveal, Token
from shared.domain.users.user import User, UserState, successor_name, successor_stem
from shared.domain.users.user_spec import UserSpec
from shared.services.operations.reader import Operations
from shared.services.requests import Caller
from shared.services.state import Clock, State, retry_on_conflict
from shared.services.users.changes import UserChanges
from shared.services.users.new_passwords import Made, Opened, beside, in_place
from shared.services.users.secret import Secret

logger = logging.getLogger(__name__)

NEEDED = Need(Role.OPERATOR, own=True)
"""Of whoever asked for the link, as for a rotation over HTTP. Asked at the click; before the offer by its caller."""


@dataclass(frozen=True)
class Revealed:
    """What the click has made."""

    registry: str
    username: str
    password: str = field(repr=False)
    login_server: str | None
    """`None` until Azure has named it."""
    operation: Operation


@dataclass(frozen=True)
class Activation:
    """How far the new password is on its way to the registry."""

    login_server: str | None
    operation: Operation


class Reveals:
    """Raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(
        self,
        state: State,
        changes: UserChanges,
        operations: Operations,
        grants: Sequence[Grant],
        now: Clock,
    ) -> None:
        self._state, self._changes, self._operations = state, changes, operations
        self._grants, self._now = grants, now

    def reveal(self, text: str, caller: Caller) -> Revealed:
        """The new password, once; from here on the link is gone. `caller` is whoever opens it, often nobody known.

        Raises `ApiError` 410 for whatever is no open link, 403 if it is for another person.
        """
        return self._use(text, Secret(UserSpec(), generate=True), caller)

    def activation(self, text: str) -> Activation:
        """How far the work is that the link has started, for an hour after the click. Raises `ApiError` 410."""
        token = Token.read(text)
        reveal = self._state.reveal(token.registry, token.digest) if token else None
        if reveal is None or reveal.operation is None or not reveal.tells(self._now()):
            raise _gone("it tells nothing")
        operation = self._operations.get(reveal.operation)
        home = self._state.registry(operation.registry)
        return Activation(home.login_server if home else None, operation)

    @retry_on_conflict
    def _use(self, text: str, secret: Secret, caller: Caller) -> Revealed:
        opened = self._open(text, caller)
        reveal, home, now = opened.reveal, opened.home, self._now()
        made = self._made(opened, secret, now)
        operation = self._changes.commit(
            home,
            made.user,
            made.kind,
            Caller(reveal.offered_by, caller.request_id, kind=reveal.kind, address=caller.address),
            added=len(made.besides),
            besides=made.besides,
            details={"openedBy": [caller.actor], **made.details},
            more=lambda started: [reveal.change(used_at=now, operation=started.id).save()],
        )
        password = secret.generated or ""
        return Revealed(home.name, made.user.username, password, home.login_server, operation)

    def _made(self, opened: Opened, secret: Secret, now: datetime) -> Made:
        user = opened.user
        if opened.reveal.spec.overlap is None:
            return in_place(opened, secret, now)
        name, serial = successor_name(user, self._state.taken_names(opened.home.name, successor_stem(user)))
        return beside(opened, name, serial, secret, now)

    def _open(self, text: str, caller: Caller) -> Opened:
        """Says the same of all that can't be used: whoever guesses learns nothing."""
        token, now = Token.read(text), self._now()
        reveal = self._state.reveal(token.registry, token.digest) if token else None
        if token is None or reveal is None:
            raise _gone("there is none like it")
        if not reveal.is_open(now):
            raise _gone("it was used" if reveal.used_at else "it is too old")
        home = self._state.registry(token.registry)
        if home is None or home.uid != reveal.uid or not _takes_users(home):
            raise _gone("the registry is deleted")
        user = self._state.user(home.name, reveal.username)
        if user is None or user.reveal != reveal.digest or user.state in _SHUT:
            raise _gone("the user has changed since, or is disabled or deleted")
        if _is_over(reveal, user, now):
            raise _gone("the user has expired since, or would have")
        if not NEEDED.met_by(recognise(reveal.identity, self._grants).access, home.name, user.username):
            raise _gone(f"{reveal.offered_by} may no longer")
        _check_person(reveal, caller)
        return Opened(reveal, home, user)


_SHUT = {UserState.DELETING, UserState.DISABLED}


def _takes_users(home: Registry) -> bool:
    return not home.is_soft_deleted and home.provisioning_state is not ProvisioningState.DELETING


def _is_over(reveal: Reveal, user: User, now: datetime) -> bool:
    """Has the user expired since the link was made, or would the new password have?"""
    spec = reveal.spec
    if spec.expires_on is not None:
        return spec.expires_on <= now
    renews = reveal.renews or "expires_after" in spec.model_fields_set
    return user.expiry.is_over(now) and not renews


def _check_person(reveal: Reveal, caller: Caller) -> None:
    if reveal.only_for is not None and reveal.only_for not in caller.principals:
        raise ApiError(
            403,
            "RevealForAnother",
            "This link is for one person, who has to be signed in. You are somebody else, or not signed in. "
            "Nothing was changed: the link is as good as before.",
            "Sign in as the one who asked for it, then open the link again.",
        )


def _gone(why: str) -> ApiError:
    """410; `why` is for the log alone."""
    logger.info("a one-time link was refused: %s", why)
    return ApiError(
        410,
        "RevealGone",
        "This link shows nothing, or nothing any more: it was used, it is too old, or a newer change of the user has "
        "taken its place. Nothing was changed.",
        "Ask for a new link, where you asked for this one.",
    )
