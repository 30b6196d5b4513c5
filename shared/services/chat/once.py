"""What can be answered once: a confirmation, or a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from shared.services.chat.rows import ChatRows
from shared.services.chat.seals import Sealed
from shared.services.state import Clock


class Once:
    """Raises `DependencyError` when the table service does not answer: nobody can say then whether it was used."""

    def __init__(self, rows: ChatRows, now: Clock) -> None:
        self._rows, self._now = rows, now

    def take(self, state: Sealed, by: str | None = None) -> bool:
        """`False` if somebody has used it: anybody, or with `by` any other request than that one."""
        return self._rows.use(state.ends, state.nonce, by or str(uuid4()), self._now())

    def is_taken(self, state: Sealed) -> bool:
        """Has somebody used it?"""
        return self._rows.is_used(state.ends, state.nonce)

    @contextmanager
    def unless_it_fails(self, state: Sealed) -> Iterator[None]:
        """Where nothing comes of it, it can be used again."""
        try:
            yield
        except Exception:
            self._rows.release(state.ends, state.nonce)
            raise
