"""The end of notice messages that failed again and again: their delivery is `Failed`, and the log says so."""

import logging

from pydantic import ValidationError

from shared.domain.messages import NoticeMessage
from shared.services.notifying.deliveries import Deliveries
from shared.services.poison import unreadable

logger = logging.getLogger(__name__)


class NoticePoison:
    """Never raises for what a message says: a poison queue has no poison queue of its own."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def end(self, body: bytes, label: str) -> None:
        """`label` names the message in the log. Raises `DependencyError` when the tables are away."""
        try:
            message = NoticeMessage.decode(body)
            logger.error("poisoned message %s: sink '%s', notice %s", label, message.sink, message.notice)
            self._deliveries.abandon(message)
        except ValidationError as error:
            logger.error("poisoned message %s: %s", label, unreadable(error))  # noqa: TRY400 - short
