"""Is a request really Slack's, and a fresh one? docs.slack.dev/authentication/verifying-requests-from-slack

Slack's own library says whether the signature fits. It raises at some of what is no signature, so only what looks like
one reaches it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import override

from slack_sdk.signature import Clock, SignatureVerifier

from shared.chat_apps.signatures import BadSignatureError

SIGNATURE, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"
WINDOW = timedelta(seconds=300)
"""As far as Slack's clock and ours may be apart, with the way between them."""
MOST_BYTES = 512 * 1024
"""Of a body. A pressed button comes with its whole message: 50 blocks of 3,000 characters, written for a form."""
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")


def signed_at(secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> datetime:
    """When Slack signed it. `body` as it came; the names in `headers` of any case. Raises `BadSignatureError`."""
    given = {name.lower(): value for name, value in headers.items()}
    timestamp, signature = given.get(TIMESTAMP.lower(), ""), given.get(SIGNATURE.lower(), "")
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        raise BadSignatureError("unsigned")
    if len(body) > MOST_BYTES:
        raise BadSignatureError("size")
    at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(now - at) > WINDOW:
        raise BadSignatureError("time")
    if not _fits(secret, body, timestamp, signature, now):
        raise BadSignatureError("signature")
    return at


def _fits(secret: str, body: bytes, timestamp: str, signature: str, now: datetime) -> bool:
    """Compared in a time that says nothing of the right one (`hmac.compare_digest`)."""
    try:
        return SignatureVerifier(secret, _Now(now)).is_valid(body, timestamp, signature)
    except UnicodeDecodeError:  # Slack sends UTF-8
        return False


class _Now(Clock):
    """The caller's clock."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    @override
    def now(self) -> float:
        return self._now.timestamp()
