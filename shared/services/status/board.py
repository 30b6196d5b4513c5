"""Reads what the status page shows: one query for all registries, or one row, and the last sweep."""

from dataclasses import dataclass

from shared.domain.errors import NotFoundError
from shared.domain.health.board import BOARD, SWEEPS, BoardEntry, Sweep
from shared.domain.roles import Access
from shared.ports import Table

_FIRST, _END = "0", "~"
"""All keys: names begin with a letter, sweeps with a digit of a ULID."""


@dataclass(frozen=True)
class Seen:
    """What a reader may see, and when it was last looked at."""

    entries: tuple[BoardEntry, ...]
    sweep: Sweep | None


class StatusBoard:
    """Raises `DependencyError` when the table service does not answer."""

    def __init__(self, health: Table) -> None:
        self._health = health

    def all(self, access: Access) -> Seen:
        """Every registry that this reader may read."""
        rows = self._health.query(BOARD, _FIRST, _END)
        entries = (BoardEntry.from_row(row) for row in rows if access.may_read(row.key))
        return Seen(tuple(entries), self._sweep())

    def one(self, name: str, access: Access) -> tuple[BoardEntry, Sweep | None]:
        """One registry. Raises `NotFoundError`, which says the same of what is not there and of what is not shown."""
        row = self._health.get(BOARD, name) if access.may_read(name) else None
        if row is None:
            raise unseen(name)
        return BoardEntry.from_row(row), self._sweep()

    def _sweep(self) -> Sweep | None:
        row = next(iter(self._health.query(SWEEPS, _FIRST, _END, 1)), None)
        return Sweep.from_row(row) if row else None


def unseen(name: str) -> NotFoundError:
    """404: no such registry is on the page."""
    way_out = (
        "A registry appears here with the first sweep after it is ready: GET /api/status shows them all."
    )
    return NotFoundError("Registry", name, None, way_out)
