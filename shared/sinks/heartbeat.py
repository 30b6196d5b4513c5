"""The `Heartbeat` port: one POST to an address behind which somebody notices when it stays away."""

import logging

from shared.sinks.sender import NoAnswerError, Sender

logger = logging.getLogger(__name__)


class HttpHeartbeat:
    """`url` may hold a secret, as those of such services do: it is in no log line. Empty: nobody is told."""

    def __init__(self, url: str, sender: Sender) -> None:
        self._url, self._sender = url, sender

    def beat(self) -> None:
        """See `ports.Heartbeat`."""
        if not self._url:
            return
        try:
            status = self._sender.post(self._url, {}, b"").status
        except NoAnswerError as error:
            logger.warning("the heartbeat was not heard: %s", error.reason)
            return
        if not 200 <= status < 300:
            logger.warning("the heartbeat was not heard: HTTP %d", status)
