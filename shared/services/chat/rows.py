"""Reads and writes what is remembered of conversations, in the table `chat`."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from shared.domain.chat.memory import ChannelRegistry, Used, channel_key, used_before
from shared.domain.chat.talk import Speaker
from shared.domain.errors import ConflictError
from shared.domain.records import Delete, Insert, Row, Upsert
from shared.ports import Table

USED, CHANNELS = "_used", "_channels"
"""Partitions."""
AGED = timedelta(hours=1)
"""A row of what is over is kept for so long: no clock is that wrong."""
MOST_AGED = 50
"""Removed at a time."""


class ChatRows:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def use(self, ends: int, nonce: str, by: str, now: datetime) -> bool:
        """`True` for the first request that uses it, and whenever that one comes again."""
        row = Used(ends=ends, nonce=nonce, by=by)
        try:
            self._table.transact(USED, [Insert(row.to_row())])
        except ConflictError:
            found = self._table.get(USED, row.key)
            return found is not None and Used.from_row(found).by == by
        self._drop_aged(now)
        return True

    def is_used(self, ends: int, nonce: str) -> bool:
        """Has any request used it?"""
        return self._table.get(USED, Used(ends=ends, nonce=nonce, by="").key) is not None

    def release(self, ends: int, nonce: str) -> None:
        """Nothing came of it: it may be used again."""
        with suppress(ConflictError):
            self._table.transact(USED, [Delete(Used(ends=ends, nonce=nonce, by="").key)])

    def registry_of(self, speaker: Speaker) -> str | None:
        """The registry of the speaker's channel."""
        row = self._table.get(CHANNELS, channel_key(speaker.platform, speaker.team, speaker.channel))
        return ChannelRegistry.from_row(row).registry if row else None

    def set_registry(self, speaker: Speaker, registry: str, now: datetime) -> None:
        """From now on, in place of any before."""
        row = ChannelRegistry(
            platform=speaker.platform,
            team=speaker.team,
            channel=speaker.channel,
            registry=registry,
            set_by=speaker.actor,
            set_at=now,
        )
        self._table.transact(CHANNELS, [Upsert(row.to_row())])

    def _drop_aged(self, now: datetime) -> None:
        aged = list(islice(self._aged(now), MOST_AGED))
        if aged:
            with suppress(ConflictError):  # somebody else removes the same rows
                self._table.transact(USED, [Delete(row.key) for row in aged])

    def _aged(self, now: datetime) -> Iterator[Row]:
        return self._table.query(USED, "0", used_before(int((now - AGED).timestamp())), MOST_AGED)
