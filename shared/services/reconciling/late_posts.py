"""Messages in chat that have stopped moving go on, and old ones are forgotten."""

from shared.services.chat.posts import Posts
from shared.services.reconciling.report import Report

MOST_ROWS = 1000
"""That one run removes."""


class LatePosts:
    """See `Survey`."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts

    def run(self, report: Report) -> None:
        """See `Survey`."""
        self._posts.pending(lambda key: report.note("posts_requeued", key))
        if removed := self._posts.forget(MOST_ROWS):
            report.note("posts_forgotten", str(removed))
