"""Requests as Slack signs them, with Slack's own published example among them."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TIMESTAMP = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
"""docs.slack.dev/authentication/verifying-requests-from-slack, "A recipe for security"."""
THEN = datetime.fromtimestamp(int(TIMESTAMP), UTC)


def signature(body: bytes, timestamp: str, secret: str = SECRET) -> str:
    """By the recipe, without Slack's library."""
    base = b"v0:%s:%s" % (timestamp.encode(), body)
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def headers(body: bytes, timestamp: str, secret: str = SECRET) -> dict[str, str]:
    """What Slack sends along."""
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(body, timestamp, secret),
    }


def form(**fields: str) -> bytes:
    """A slash command."""
    given = {
        "token": "xyzz0WbapA4vBCDEFasx0q6G",
        "team_id": "T0DEMO",
        "team_domain": "demo",
        "channel_id": "C0DEMO",
        "channel_name": "payments",
        "user_id": "U0DEV",
        "user_name": "dev",
        "command": "/registry",
        "text": "list",
        "api_app_id": "A0DEMO",
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/T0DEMO/1/s3cret",
        "trigger_id": "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    }
    return urlencode({**given, **fields}).encode()
