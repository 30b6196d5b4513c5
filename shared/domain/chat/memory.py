"""What is remembered of conversations: what was pressed, and which registry a channel means where it names none."""

import hashlib
from datetime import datetime

from shared.domain.records import Record

_DIGITS = 12


class Used(Record):
    """A confirmation that nobody can use again. Rows sort by their end."""

    ends: int
    """Seconds since the epoch: from then on it can't be used anyway."""
    nonce: str
    by: str
    """The request that has used it: the very same one may come twice."""

    @property
    def key(self) -> str:
        return f"{used_before(self.ends)}-{self.nonce}"


class ChannelRegistry(Record):
    """A channel's own registry."""

    platform: str
    team: str
    channel: str
    registry: str
    set_by: str
    """As the audit has it."""
    set_at: datetime

    @property
    def key(self) -> str:
        return channel_key(self.platform, self.team, self.channel)


def used_before(seconds: int) -> str:
    """Sorts behind the keys of all rows that ended before that, in seconds since the epoch."""
    return f"{seconds:0{_DIGITS}d}"


def channel_key(platform: str, team: str, channel: str) -> str:
    """A digest: ids of channels hold characters that no row key may have."""
    return hashlib.sha256("\0".join([platform, team, channel]).encode()).hexdigest()
