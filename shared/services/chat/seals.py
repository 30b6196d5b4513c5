"""What a button says when it is pressed: signed, so that nobody can make one up, change it, or use it for another end.

Nothing in it is secret, and whoever has it can do nothing with it alone: who may press is asked at the press.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.domain.chat.talk import Asked, Speaker

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

# ruff: noqa: PLC0415 - a process in which nobody chats does not pay for the library

MOST_CHARACTERS = 1900
"""Of a button's value: Slack takes 2,000."""


@dataclass(frozen=True)
class Sealed:
    """A command that somebody may yet want, and who asked for it, where."""

    nonce: str
    ends: int
    """Seconds since the epoch."""
    asker: str
    """As the audit has it: platform, workspace and user."""
    channel: str
    echo: str
    """The command in its one written form."""
    seen: str
    """The version of what the asker was told about; empty where it does not matter."""
    request: str = ""
    """Somebody else's request, sealed: it is approved by what this confirms."""

    def is_of(self, speaker: Speaker) -> bool:
        """Is it the asker, where it asked?"""
        return (speaker.actor, speaker.channel) == (self.asker, self.channel)

    @property
    def workspace(self) -> str:
        """The asker's."""
        return self.asker.rpartition("/")[0]

    @property
    def person(self) -> str:
        """The asker's id in that workspace."""
        return self.asker.rpartition("/")[2]

    def is_over(self, now: datetime) -> bool:
        """Is it too late?"""
        return now.timestamp() >= self.ends


def sealed(speaker: Speaker, asked: Asked, until: datetime, *, seen: str = "", request: str = "") -> Sealed:
    """A new one, which is not like any other."""
    nonce, ends = secrets.token_urlsafe(12), int(until.timestamp())
    return Sealed(nonce, ends, speaker.actor, speaker.channel, asked.unconfirmed.echo, seen, request)


class Seals:
    """`key` is the control plane's own secret: what is signed here can't be used for anything else that it signs."""

    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), b"berthage chat 1", hashlib.sha256)

    def close(self, purpose: str, what: Sealed) -> str | None:
        """A button's value; `None` if it would be too long for one."""
        value = self._signer(purpose).dumps(list(vars(what).values()))
        return str(value) if len(value) <= MOST_CHARACTERS else None

    def open(self, purpose: str, value: str) -> Sealed | None:
        """`None` for whatever was not signed for this purpose, or is not written as we write it."""
        from itsdangerous import BadData

        try:
            found = Sealed(*self._signer(purpose).loads(value))
        except (BadData, TypeError):  # another release's buttons say more, or less
            return None
        return found if self.close(purpose, found) == value else None  # base64 can be written in many ways

    def code(self, speaker: Speaker, asked: Asked, second: int) -> str:
        """Six characters that only this control plane can say to this speaker about this command in that second."""
        said = [speaker.actor, speaker.channel, asked.unconfirmed.echo, str(second)]
        digest = hmac.digest(self._key, "\0".join(["code", *said]).encode(), hashlib.sha256)
        return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_CODE])

    def _signer(self, purpose: str) -> "URLSafeSerializer":
        from itsdangerous import URLSafeSerializer

        how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(self._key, salt=f"berthage chat {purpose}", signer_kwargs=how)


_CODE = 6
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: none looks like another one, and 256 is a multiple of their number."""
LIFE = timedelta(minutes=5)
"""How long somebody has to confirm what it was told."""
