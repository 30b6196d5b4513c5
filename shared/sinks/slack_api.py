"""The `Chat` port on Slack's Web API, by Slack's own library. Imported by turns alone: it takes its time."""

import logging
import re
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from shared.domain.chat.talk import Reply
from shared.domain.errors import PermanentError, TemporaryError
from shared.sinks.patience import retry_after

logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # it repeats answers and headers
TIMEOUT_SECONDS = 10
PASSES = {
    "ratelimited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
}
"""Errors of Slack's that the same request may not meet again."""
_WORD = re.compile(r"[a-z_]{2,40}")
_FIX = (
    "docs/chatops.md says which scopes the app needs; invite it to the channel, or look at SLACK_BOT_TOKEN."
)


class SlackApi:
    """`url` is where its methods are; `token` is the bot's; `written` makes a reply what Slack shows."""

    def __init__(self, url: str, token: str, written: Callable[[Reply], Mapping[str, Any]]) -> None:
        self._url, self._token, self._written = url, token, written

    @cached_property
    def _client(self) -> WebClient:
        return WebClient(
            token=self._token,
            base_url=f"{self._url}/",
            timeout=TIMEOUT_SECONDS,
            ssl=ssl.create_default_context(),
            retry_handlers=[],
        )

    def post(self, channel: str, reply: Reply) -> tuple[str, str]:
        """See `ports.Chat`."""
        answer = self._call("chat.postMessage", channel=channel, unfurl_links=False, **self._written(reply))
        return str(answer.get("channel") or channel), str(answer["ts"])

    def update(self, channel: str, message_id: str, reply: Reply) -> None:
        """See `ports.Chat`."""
        self._call("chat.update", channel=channel, ts=message_id, **self._written(reply))

    def _call(self, method: str, **fields: Any) -> Any:
        try:
            return self._client.api_call(method, json=fields).data
        except SlackApiError as error:
            raise _failure(error) from None
        except (URLError, OSError, ValueError) as error:  # its text may hold what was sent
            raise TemporaryError(
                "SlackUnreachable", f"Slack did not answer ({type(error).__name__})", 0
            ) from None


def _failure(error: SlackApiError) -> TemporaryError | PermanentError:
    """Of an answer that is no word of Slack's nothing is repeated."""
    response = error.response
    code = str(response.get("error") or "")
    after = retry_after(str(response.headers.get("Retry-After") or ""), datetime.now(UTC))
    passes = code in PASSES or response.status_code == 429 or response.status_code >= 500
    if passes or not _WORD.fullmatch(code):
        said = code if _WORD.fullmatch(code) else f"something that can't be read ({response.status_code})"
        return TemporaryError("SlackUnavailable", f"Slack said {said}", after or 0)
    return PermanentError("SlackRefused", f"Slack said {code}", _FIX)
