"""What the click on a one-time link makes of a user: rows alone, nothing is read or written here."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.operations import Kind
from shared.domain.registries.registry import Registry
from shared.domain.users.reveal import Reveal
from shared.domain.users.user import User, UserState
from shared.services.audit.entries import Findings
from shared.services.users.rotation import life_of_new_secret
from shared.services.users.secret import Secret


@dataclass(frozen=True)
class Opened:
    """A link that may be used, and what it is about."""

    reveal: Reveal
    home: Registry
    user: User


@dataclass(frozen=True)
class Made:
    """The user that has the new password. `besides`: the one that it follows, if that goes on for a while."""

    user: User
    kind: Kind
    details: Findings
    besides: tuple[User, ...] = ()


def pending(home: Registry, reveal: Reveal, stored: User | None, description: str | None) -> User:
    """A new user. Its row raises no revision, because no file changes: a deleted user's row it takes the place of."""
    user = User.new(
        reveal.username,
        home.uid,
        home.users_revision,
        reveal.offered_at,
        last_operation=stored.last_operation if stored else "",
        etag=stored.etag if stored else "",
    )
    return user.change(state=UserState.PENDING_REVEAL, description=description)


def in_place(opened: Opened, secret: Secret, now: datetime) -> Made:
    """A first password, or one in place of the old one."""
    reveal, user = opened.reveal, opened.user
    expiry = life_of_new_secret(reveal.spec, user, now)
    described = user.description if reveal.description is None else reveal.description
    changed = user.with_secret(secret.hash(), expiry, opened.home.users_revision + 1, now)
    is_new = not user.password_hash
    return Made(
        changed.change(description=described),
        Kind.PUT_USER if is_new else Kind.ROTATE_USER,
        {"added": [user.username]} if is_new else {},
    )


def beside(opened: Opened, name: str, serial: int, secret: Secret, now: datetime) -> Made:
    """The password of a successor with this name. The old one works until the overlap is over."""
    spec, user = opened.reveal.spec, opened.user
    expiry = life_of_new_secret(spec, user, now)
    end = user.expiry.no_later_than(now + spec.overlap) if spec.overlap else user.expiry
    old = user.change(expires_on=end.on)
    successor = old.followed_by(name, serial, secret.hash(), expiry, opened.home.users_revision + 1, now)
    return Made(successor, Kind.ROTATE_USER, {"replaces": [user.username]}, (old.replaced(successor),))
