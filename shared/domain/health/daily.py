"""What is looked at once a day, because a sweep could not afford it; and users whose time is over soon.

A look asks Resource Manager for keys, which it throttles, and lists every blob. What is in the users' rows costs
nothing of that kind, and is judged with every check.

Only this look sees that images are gone. To a registry an empty container is one without images, and Distribution 2.8
makes one when it starts and finds none. A container that held something is not emptied by use: a registry that deletes
images leaves their blobs. Only garbage collection by hand, after all images were deleted, may leave nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from shared.domain.health.codes import Code, Finding, finding
from shared.domain.health.verdict import VERDICT_KEY
from shared.domain.names import BLOB_CONTAINER
from shared.domain.records import Nested, Record
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.user import User, UserState

DAILY_KEY = f"{VERDICT_KEY}-daily"
PERIOD = timedelta(days=1)
AFTER_FAILURE = timedelta(hours=1)
"""What could not be seen, or was bad, is looked at again before the day is over."""
MOST_NAMES = 10
"""In the evidence of one finding."""
LONGEST_WORDS = 300
"""Characters of one failure that are kept."""


@dataclass(frozen=True)
class Size:
    """What a container holds. Not `complete`: there is more, and it was not counted. Not `found`: there is none."""

    bytes: int
    blobs: int
    complete: bool = True
    found: bool = True


NO_CONTAINER = Size(0, 0, found=False)


class DailyLook(Record):
    """The last daily look at one registry. `None` = it could not be seen; `failed` says why."""

    uid: str
    looked_at: datetime
    key_valid: bool | None = None
    """Is every storage key that the site holds still one of its account's?"""
    size_bytes: int | None = None
    """Of the blobs in its container: of all of them, or of those that were counted."""
    blobs: int | None = None
    counted_all: bool = False
    """False: there are more blobs than one look counts."""
    container_found: bool | None = None
    """Is there a container?"""
    blobs_seen: int = 0
    """How many there were when there were any, the last time."""
    failed: Nested[list[str]] = Field(default_factory=list)

    @property
    def key(self) -> str:
        return DAILY_KEY

    @property
    def is_settled(self) -> bool:
        """Is there no reason to look again before the day is over?"""
        return self.key_valid is True and self.size_bytes is not None and not self.images_lost

    @property
    def images_lost(self) -> bool:
        """Is there no container, or nothing left of what was in it?"""
        is_empty = self.blobs == 0 and self.counted_all
        return self.container_found is False or (is_empty and self.blobs_seen > 0)


def is_due(registry: Registry, last: DailyLook | None, now: datetime) -> bool:
    """Is it time for a look? Never while an operation is at work: keys and sites are then in motion."""
    if not registry.provisioned or registry.active_operation or registry.provisioning_state not in _AT_REST:
        return False
    if last is None or last.uid != registry.uid:
        return True
    if (last.key_valid is False or last.images_lost) and registry.updated_at > last.looked_at:
        return True  # an update has sent a key since, or made a container
    return now - last.looked_at >= (PERIOD if last.is_settled else AFTER_FAILURE)


_AT_REST = {ProvisioningState.SUCCEEDED, ProvisioningState.FAILED}


def findings_of(look: DailyLook | None) -> Iterator[Finding]:
    """`IMAGES_LOST` and `STORAGE_KEY_INVALID`; nothing of what could not be seen."""
    if look is None:
        return
    seen = f"seen at {look.looked_at:%Y-%m-%d %H:%M} UTC"
    if look.container_found is False:
        yield finding(Code.IMAGES_LOST, f"there is no container {BLOB_CONTAINER}: {seen}")
    elif look.images_lost:
        yield finding(Code.IMAGES_LOST, f"it held {look.blobs_seen} blobs, and none is left: {seen}")
    if look.key_valid is False:
        yield finding(Code.STORAGE_KEY_INVALID, seen)


def expiring_finding(users: Iterable[User], now: datetime, days: int) -> Finding | None:
    """`USERS_EXPIRING`, with names and the time that is left."""
    soon = expiring_users(users, now, timedelta(days=days))
    if not soon:
        return None
    named = [
        f"{user.username} in {_left(user.expires_on - now)}" for user in soon[:MOST_NAMES] if user.expires_on
    ]
    more = [f"and {len(soon) - MOST_NAMES} more"] if len(soon) > MOST_NAMES else []
    return finding(Code.USERS_EXPIRING, ", ".join([*named, *more]) + ".")


def expiring_users(users: Iterable[User], now: datetime, within: timedelta) -> list[User]:
    """Whose time ends so soon that somebody should know; the soonest first.

    It is no news of a user that was made for no longer than that, nor of one that a successor has replaced.
    """
    active = {user.username: user for user in users if user.state is UserState.ACTIVE}
    soon = (
        user
        for user in active.values()
        if user.expires_on
        and now < user.expires_on <= now + within
        and _lifetime(user) > within
        and user.replaced_by not in active
    )
    return sorted(soon, key=lambda user: (user.expires_on, user.username))


def _lifetime(user: User) -> timedelta:
    """What it was given in the beginning."""
    if user.expires_after:
        return user.expires_after
    return user.expires_on - user.created_at if user.expires_on else timedelta.max


def _left(time: timedelta) -> str:
    """Rounded down: who acts within it is not late."""
    if time >= timedelta(days=1):
        return f"{time.days} day" + ("s" if time.days > 1 else "")
    hours = int(time.total_seconds() // 3600)
    return f"{hours} hour" + ("s" if hours > 1 else "") if hours else "less than an hour"
