"""The end of what was to be told and failed again and again: it is given up, and the log says so."""

import logging

from pydantic import ValidationError

from shared.domain.messages import PostMessage, telling
from shared.services.chat.posts import Posts
from shared.services.notifying.deliveries import Deliveries
from shared.services.operations.poison import unreadable

logger = logging.getLogger(__name__)


class NoticePoison:
    """Never raises for what a message says: a poison queue has no poison queue of its own."""

    def __init__(self, deliveries: Deliveries, posts: Posts) -> None:
        self._deliveries, self._posts = deliveries, posts

    def end(self, body: bytes, label: str) -> None:
        """`label` names the message in the log. Raises `DependencyError` when the tables are away."""
        try:
            message = telling(body)
        except ValidationError as error:
            logger.error("poisoned message %s: %s", label, unreadable(error))  # noqa: TRY400 - short
            return
        if isinstance(message, PostMessage):
            logger.error("poisoned message %s: post %s", label, message.post)
            self._posts.abandon(message)
            return
        logger.error("poisoned message %s: sink '%s', notice %s", label, message.sink, message.notice)
        self._deliveries.abandon(message)
