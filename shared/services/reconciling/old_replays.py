"""Requests from chats that nobody can send again are forgotten."""

from shared.services.chat.replays import Replays
from shared.services.reconciling.report import Report

MOST_ROWS = 2000
"""That one run removes."""


class OldReplays:
    """See `Survey`."""

    def __init__(self, replays: Replays) -> None:
        self._replays = replays

    def run(self, report: Report) -> None:
        """See `Survey`."""
        if removed := self._replays.forget(MOST_ROWS):
            report.note("replays_forgotten", str(removed))
