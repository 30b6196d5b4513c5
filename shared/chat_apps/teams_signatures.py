"""Is a request really from an outgoing webhook of Teams?
learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook

Teams signs the body, and nothing else: when it was sent stands in the body (`teams_requests`).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from shared.chat_apps.signatures import BadSignatureError

AUTHORIZATION = "Authorization"
MOST_BYTES = 256 * 1024
"""Of a body. Teams takes messages of up to some 28 KB, and sends each as text and as HTML."""
_SIGNATURE = re.compile(r"HMAC [A-Za-z0-9+/]{43}=")


def check_signature(tokens: Iterable[str], body: bytes, authorization: str) -> None:
    """Raises `BadSignatureError` unless one of the webhooks has signed it.

    `tokens` are what Teams showed when each was made, in base64; `body` as it came. Texts are compared, not the bytes
    that they stand for: base64 has several spellings of the same. How long `hmac.compare_digest` takes says nothing of
    the right one.
    """
    if not _SIGNATURE.fullmatch(authorization):
        raise BadSignatureError("unsigned")
    if len(body) > MOST_BYTES:
        raise BadSignatureError("size")
    if not any(hmac.compare_digest(signature(token, body), authorization) for token in tokens):
        raise BadSignatureError("signature")


def signature(token: str, body: bytes) -> str:
    """The header as Teams makes it."""
    digest = hmac.new(base64.b64decode(token), body, hashlib.sha256).digest()
    return "HMAC " + base64.b64encode(digest).decode()
