"""Who did what, and who was refused: one entry each, for good.

An entry's id is a ULID: its first ten characters are the time in milliseconds, in Crockford's base 32
(https://github.com/ulid/spec), so that ids sort by time. Read in mirrored digits they sort the newest first, which a
table that only counts upwards can't do by itself.
"""

from datetime import UTC, datetime, timedelta

from shared.domain.records import Nested, Record

ACCEPTED = "Accepted"
"""The outcome of what was not refused. How it ended says its operation."""
CANCEL = "CancelOperation"
"""It starts no operation of its own: the entry names the one that is canceled."""
MUTE, UNMUTE = "MuteRegistry", "UnmuteRegistry"
"""They are done at once, so there is no operation."""
OFFER_REVEAL = "OfferReveal"
"""A one-time link was made: the password comes with the click, which is an operation."""
FORGET_UNSEEN_USER = "ForgetUnseenUser"
"""Nobody has opened the link of a new user, who has gone with it."""
APPROVE_CHAT, DENY_CHAT = "ApproveChatRequest", "DenyChatRequest"
"""Somebody in a chat had asked for what it may not do itself. What an approval starts has an entry of its own."""
USE_REGISTRY = "UseRegistry"
"""A chat's channel got a registry that is meant where none is named."""
AUDIT_KEYS = "audit:"

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MIRROR = str.maketrans(_DIGITS, _DIGITS[::-1])
_TIME_DIGITS = 10


class AuditEntry(Record):
    """Who did what, when, from where, and what came of it. Names only, never a secret."""

    id_key: str
    at: datetime
    actor: str
    address: str | None = None
    """The caller's network address as Azure's front end saw it; of our own timers there is none."""
    action: str
    """The kind of the operation that it started, or the name of the function that refused, written the same way."""
    target: str
    """Names, as in the path of the request."""
    registry: str | None = None
    """The registry that it is about; in that registry's own partition it goes without saying."""
    outcome: str = ACCEPTED
    """`Accepted`, or the code of the error."""
    status: int | None = None
    """The HTTP status of a refusal."""
    operation_id: str | None = None
    request_id: str
    details: Nested[dict[str, list[str]] | None] = None
    """What was found, by kind: names of users, settings and resources. Of a mute: until when, and its reason."""

    @property
    def key(self) -> str:
        return AUDIT_KEYS + self.id_key

    @property
    def started(self) -> str | None:
        """The operation that began with it."""
        return None if self.action == CANCEL else self.operation_id


def action_of(function: str) -> str:
    """A function's name as an action: `rotate_user` is `RotateUser`, as its operation is."""
    return "".join(word.capitalize() for word in function.split("_"))


def mirrored(id_key: str) -> str:
    """Sorts the other way round. Mirrored twice it is itself again."""
    return id_key.translate(_MIRROR)


def time_digits(moment: datetime) -> str:
    """What the ids of that millisecond begin with: it sorts before all of them, and behind all earlier ones."""
    number = (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(_TIME_DIGITS)))


def moment_of(id_key: str) -> datetime:
    """The millisecond that an id, or the beginning of one, names."""
    number = 0
    for digit in id_key[:_TIME_DIGITS]:
        number = number * 32 + _DIGITS.index(digit)
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=number)


def day_of(moment: datetime) -> str:
    """The day in UTC, as a partition is named: days sort by their names."""
    return moment.astimezone(UTC).date().isoformat()
