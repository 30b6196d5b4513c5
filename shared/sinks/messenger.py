"""The `Messenger` port: speaks to each sink as its kind wants it, and says what its answer means."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.notices.sinks import Address, Sink, SinkKind
from shared.domain.notices.telling import Telling
from shared.sinks import teams, webhook
from shared.sinks.patience import retry_after
from shared.sinks.sender import Answer, NoAnswerError, Sender

JSON = {"Content-Type": "application/json", "User-Agent": "Berthage"}
TRIED_AGAIN = {408, 425, 429}
"""Of 4xx. Every other one says that the same request will not do better."""
THROTTLED_SECONDS = 30
"""Where a sink throttles and does not say for how long."""
_SLACK_SAYS = re.compile(
    rb"(?:invalid_payload|invalid_blocks|invalid_token|no_text|no_service(?:_id)?|no_team|team_disabled|user_not_found"
    rb"|channel_not_found|channel_is_archived|action_prohibited|posting_to_general_channel_denied)"
)
"""What Slack answers in words: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Nothing else of an
answer is repeated: whoever writes it could put a secret there."""
_FIX = "Look at the settings of the sink and at what receives there; docs/health.md says how each kind is set up."
_NO_ANSWER = {
    "timeout": "it did not answer in time",
    "dns": "its name can't be resolved",
    "tls": "its certificate is not trusted or not for this name",
    "connection": "it does not take the connection",
}


class SinkMessenger:
    """`addresses` by the sinks' names."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        addresses: Mapping[str, Address],
        sender: Sender,
        now: Callable[[], datetime],
    ) -> None:
        self._sinks = {sink.name: sink for sink in sinks}
        self._addresses, self._sender, self._now = addresses, sender, now
        self._not_before: dict[str, datetime] = {}
        """Until when a sink wants to be left alone, as far as this process knows."""

    def send(self, sink: str, telling: Telling) -> None:
        """See `ports.Messenger`."""
        if sink not in self._sinks:
            raise PermanentError("SinkNotFound", "it is not in NOTIFICATION_SINKS any more", _FIX)
        wait = (self._not_before.get(sink, self._now()) - self._now()).total_seconds()
        if wait > 0:
            raise TemporaryError("SinkThrottled", "it has asked to be left alone for a while", wait)
        address = self._addresses[sink]
        headers, content = self._request(self._sinks[sink].kind, telling, address)
        try:
            answer: Answer | str = self._sender.post(address.url, {**JSON, **headers}, content)
        except NoAnswerError as error:
            answer = error.reason
        failure = self._failure(answer)
        if isinstance(failure, TemporaryError) and failure.retry_after:
            self._not_before[sink] = self._now() + timedelta(seconds=failure.retry_after)
        if failure:
            raise failure

    def _request(self, kind: SinkKind, telling: Telling, address: Address) -> tuple[dict[str, str], bytes]:
        if kind is SinkKind.WEBHOOK:
            content = webhook.body(telling)
            return webhook.headers(telling, content, address.key, self._now()), content
        if kind is SinkKind.TEAMS:
            return {}, teams.encoded(teams.payload(telling.summary))
        from shared.sinks import slack  # noqa: PLC0415 - 80 ms that only Slack needs

        return {}, json.dumps(slack.payload(telling.summary), ensure_ascii=False).encode()

    def _failure(self, answer: Answer | str) -> Exception | None:
        if answer == "address":
            return PermanentError(
                "SinkAddressNotAllowed", "its address is not public", f"{_FIX} (SINK_ALLOWED_HOSTS)"
            )
        if isinstance(answer, str):
            return TemporaryError("SinkUnreachable", _NO_ANSWER[answer], 0)
        if 200 <= answer.status < 300:
            return None
        said = f"it answered {answer.status}{_words(answer)}"
        if answer.status in TRIED_AGAIN or answer.status >= 500:
            code = "SinkThrottled" if answer.status == 429 else "SinkUnavailable"
            return TemporaryError(code, said, self._patience(answer))
        return PermanentError("SinkRefused", said, _FIX)

    def _patience(self, answer: Answer) -> float:
        asked = retry_after(answer.retry_after, self._now())
        if asked is None:
            return THROTTLED_SECONDS if answer.status == 429 else 0
        return asked


def _words(answer: Answer) -> str:
    return f" {answer.begin.decode()}" if _SLACK_SAYS.fullmatch(answer.begin) else ""
