"""Offers one-time links in chat, where no password may ever stand: `reveals.py` has what they open.

Nothing changes until the click: an existing user keeps its old password, and a new one is `PendingReveal`. The user's
row names the one link that counts, and each offer ends all earlier ones.
"""

from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.audit import OFFER_REVEAL
from shared.domain.errors import ApiError
from shared.domain.registries.registry import Registry
from shared.domain.users.expiry import NEVER
from shared.domain.users.reveal import LIFE, Purpose, Reveal, Token, said
from shared.domain.users.user import User, UserState
from shared.domain.users.user_spec import RotateSpec
from shared.services.audit.entries import entry_about
from shared.services.requests import Caller
from shared.services.state import Clock, State, retry_on_conflict
from shared.services.users.changes import UserChanges
from shared.services.users.directory import Directory
from shared.services.users.new_passwords import pending
from shared.services.users.rotation import check_overlap, life_of_new_secret


@dataclass(frozen=True)
class Offer:
    """A new link. Both are secrets: they go to one person, once, and nowhere else."""

    token: str = field(repr=False)
    url: str = field(repr=False)
    until: datetime


class RevealOffers:
    """Raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(self, state: State, changes: UserChanges, public_url: str, now: Clock) -> None:
        self._state, self._changes, self._url, self._now = state, changes, public_url, now
        self._directory = Directory(state)

    @retry_on_conflict
    def offer(
        self,
        registry: str,
        username: str,
        purpose: Purpose,
        caller: Caller,
        *,
        life: RotateSpec = RotateSpec(),  # noqa: B008 - it is frozen
        description: str | None = None,
        only_for: str | None = None,
    ) -> Offer:
        """A link for 15 minutes, which ends every earlier one for this user. May the caller? That is not asked here.

        `life`: of the new password, counted from the click; with an overlap it is a successor's, as in a rotation over
        HTTP. `only_for`: the principal who alone may open it.
        `caller.principals` are asked for the right again at the click: without them nobody can use the link.
        """
        home, now = self._changes.writable(registry), self._now()
        stored = self._state.user(registry, username)
        present = self._offerable(home, username, purpose, stored, life)
        token = Token.new(registry)
        reveal = Reveal(
            digest=token.digest,
            username=username,
            uid=home.uid,
            purpose=purpose,
            offered_by=caller.actor,
            kind=caller.kind,
            principals=sorted(caller.principals),
            login=caller.access.login,
            offered_at=now,
            until=now + LIFE,
            only_for=only_for,
            life=said(life),
            description=description if present else None,
            renews=present is not None and present.expiry.is_over(now),
        )
        user = (present or pending(home, reveal, stored, description)).change(reveal=reveal.digest)
        entry = entry_about(caller, OFFER_REVEAL, registry, now, {"purpose": [purpose.value]})
        self._state.commit(
            registry,
            home.expecting_reveal(reveal.until).change(user_count=home.user_count + (not present)).save(),
            user.save(),
            reveal.save(),
            entry.change(target=f"{registry}/{username}").save(),
        )
        return Offer(token.text, f"{self._url}/api/reveal#{token.text}", reveal.until)

    def _offerable(
        self,
        home: Registry,
        username: str,
        purpose: Purpose,
        stored: User | None,
        life: RotateSpec,
    ) -> User | None:
        """The user, if there is one. Raises `ApiError` where a link would lead to nothing."""
        present = stored if stored and stored.state is not UserState.DELETING else None
        if present is None:
            life.expiry(NEVER, self._now())
            return self._directory.require(home.name, username) if purpose is Purpose.ROTATE else None
        if present.state is UserState.DISABLED:
            raise _disabled(home.name, username)
        if purpose is Purpose.CREATE and present.password_hash:
            raise _exists(home.name, username)
        if life.overlap is not None:
            check_overlap(home, present)
        life_of_new_secret(life, present, self._now())
        return present


def _exists(registry: str, username: str) -> ApiError:
    return ApiError(
        409,
        "UserExists",
        f"Registry '{registry}' has a user '{username}' already, whose password somebody may be using. "
        "Nothing was changed.",
        "Take another name. If the old password may end: rotate the user.",
        target=username,
    )


def _disabled(registry: str, username: str) -> ApiError:
    path = f"/api/registries/{registry}/users/{username}"
    return ApiError(
        409,
        "UserDisabled",
        f"User '{username}' of registry '{registry}' is disabled: a new password would let nobody in. "
        "Nothing was changed.",
        f'Enable it first: PATCH {path} {{"disabled": false}}',
        target=username,
    )
