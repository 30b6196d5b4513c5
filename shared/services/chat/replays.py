"""A request that has been answered is not answered again: whoever has seen it on its way can't send it once more.

Of each there is a row for as long as its signature would be good. Two at the same time are told apart by the table.
"""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from shared.domain.errors import ConflictError
from shared.domain.records import Delete, Insert, Row
from shared.ports import Table
from shared.services.state import MAX_TRANSACTION, Clock

REPLAYS = "_replays"
"""Its partition of the table `chat`."""
WINDOW = timedelta(minutes=5)
"""A request that is further away from our clock is to be refused without asking here."""
KEPT = 3 * WINDOW
"""From the time that the request names: one that comes early is good for twice the window."""
_FIRST = " "


class Replays:
    """`table` is the table `chat`."""

    def __init__(self, table: Table, now: Clock) -> None:
        self._table, self._now = table, now

    def is_first(self, what: str, at: datetime) -> bool:
        """Has it never been here before? Asked twice, the answer is no.

        `what` tells the request from all others; only its hash is kept. `at` is when it was made, by its own signed
        word: the same in every replay. Raises `DependencyError`: nobody knows then.
        """
        key = f"{_minute(at)}.{hashlib.sha256(what.encode()).hexdigest()}"
        mine = secrets.token_hex(8)
        try:
            self._table.transact(REPLAYS, [Insert(Row(key, {"mine": mine}))])
        except ConflictError:
            # The client library repeats a write whose answer got lost, and the repeat finds its own row.
            kept = self._table.get(REPLAYS, key)
            return kept is not None and kept.values.get("mine") == mine
        return True

    def forget(self, most: int) -> int:
        """Removes up to `most` rows of requests that are too old to be replayed; says how many."""
        removed, end = 0, _minute(self._now() - KEPT)
        while removed < most:
            rows = self._table.query(REPLAYS, _FIRST, end, page=MAX_TRANSACTION)
            old = [Delete(row.key) for row in islice(rows, MAX_TRANSACTION)]
            if not old:
                break
            with suppress(ConflictError):  # another run is at it
                self._table.transact(REPLAYS, old)
            removed += len(old)
        return removed


def _minute(at: datetime) -> str:
    """Sorts by time."""
    return at.strftime("%Y%m%d%H%M")
