"""What is said to a pressed button: one POST to the address that came with the press, and that is nowhere kept.

Slack ignores what the press itself is answered (docs.slack.dev/interactivity/handling-user-interaction), and waits 3
seconds for it. So this has little time, and whatever goes wrong with it must not matter: what was pressed is done.
"""

import json
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shared.sinks.sender import NoAnswerError, Sender

logger = logging.getLogger(__name__)

SECONDS = 1.5
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Berthage"}
_PLAIN = re.compile(r"[!-~]{1,2000}")


class SlackResponses:
    """`api_url` is where Slack's Web API is: addresses elsewhere than beside it are not Slack's."""

    def __init__(self, api_url: str, sender: Sender) -> None:
        self._sender = sender
        self._origins = {_origin(api_url), f"https://hooks.{urlsplit(api_url).hostname}"}

    def post(self, url: str, message: Mapping[str, Any]) -> None:
        """Never raises. Neither the address nor the message is logged: either may open something."""
        if not self._is_slacks(url):
            logger.warning("a pressed button was not answered: its address is not Slack's")
            return
        try:
            answer = self._sender.post(url, _HEADERS, json.dumps(message).encode())
        except NoAnswerError as error:
            logger.warning("a pressed button was not answered: Slack does not take it (%s)", error.reason)
            return
        if answer.status != 200:
            logger.warning("a pressed button was not answered: Slack said %d", answer.status)

    def _is_slacks(self, url: str) -> bool:
        return bool(_PLAIN.fullmatch(url)) and _origin(url) in self._origins


def _origin(url: str) -> str:
    """Scheme, host and port; empty if it has none."""
    try:
        found = urlsplit(url)
    except ValueError:
        return ""
    return f"{found.scheme}://{found.netloc}".lower()
