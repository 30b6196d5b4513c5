"""Everything that went between the double and the app, word for word: tests look for secrets in it."""

from collections import deque
from typing import Literal

_KEPT = 10_000


class Traffic:
    """In memory alone, and only the newest."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, str]] = deque(maxlen=_KEPT)

    def add(self, sender: Literal["app", "slack"], what: str, body: bytes, only_for: str = "") -> None:
        """`only_for`: the one person who sees it."""
        text = body.decode(errors="replace")
        self._kept.append({"from": sender, "what": what, "onlyFor": only_for, "body": text})

    def all(self) -> list[dict[str, str]]:
        """Oldest first."""
        return list(self._kept)
