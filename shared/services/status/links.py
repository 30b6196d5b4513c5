"""Links to the status page for people who have no account: read-only, for a while, for the registries of a pattern.

Nothing is stored of them. What a link may show and until when stands in its token, which is signed: whoever changes the
key has ended them all. The audit says who made which, and never the token.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shared.domain.errors import ApiError
from shared.domain.grants import RegistryPattern
from shared.domain.records import Body
from shared.domain.roles import NOTHING, Access, Right, Role
from shared.domain.users.expiry import DURATION, duration_up_to, text_or_null
from shared.services.audit.entries import entry_about
from shared.services.audit.trail import AuditTrail
from shared.services.requests import Caller
from shared.services.state import Clock

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

# ruff: noqa: PLC0415 - a process that shows no status page does not pay for the library

CREATE_STATUS_LINK = "CreateStatusLink"
"""Its action in the audit: there is no operation."""
USUAL_LIFE, LONGEST_LIFE = timedelta(days=90), timedelta(days=365)
_PURPOSE = "berthage status link 1"
"""Part of the signing key: what the same key signs for another purpose, or in another form, is no link."""


class StatusLinkSpec(Body):
    """For how long, and for which registries."""

    expires_after: Annotated[
        timedelta | None, duration_up_to(LONGEST_LIFE), text_or_null(DURATION, "P90D")
    ] = Field(default=None, description="How long the link is good for, at most 365 days. Absent: 90 days.")
    registry: RegistryPattern = Field(
        default="*",
        description="The registries that it shows: a name, or a pattern.",
        examples=["payments-*"],
    )


@dataclass(frozen=True)
class StatusLink:
    """`token` is a secret: it is shown once, to whoever made it."""

    token: str
    registry: str
    expires_on: datetime


class StatusLinks:
    """Makes links, and says what one may see. `key`: `None` = there are none."""

    def __init__(self, key: str | None, trail: AuditTrail, now: Clock) -> None:
        self._key, self._trail, self._now = key, trail, now

    def make(self, spec: StatusLinkSpec, caller: Caller) -> StatusLink:
        """A new one. Raises `ApiError` 409 without a key, `DependencyError` when the audit can't be written."""
        if self._key is None:
            raise _switched_off()
        now = self._now()
        expires_on = (now + (spec.expires_after or USUAL_LIFE)).replace(microsecond=0)
        details = {"registry": [spec.registry], "expiresOn": [expires_on.isoformat(timespec="seconds")]}
        entry = entry_about(caller, CREATE_STATUS_LINK, spec.registry, now, details)
        self._trail.copy([entry.change(registry=None)])
        return _signed(self._key, spec.registry, int(expires_on.timestamp()))

    def open(self, token: str) -> StatusLink | None:
        """What a token stands for; `None` for whatever is no link of ours, or no more."""
        from itsdangerous import BadData

        if self._key is None:
            return None
        try:
            registry, ends = _signer(self._key).loads(token)
        except BadData:
            return None
        link = _signed(self._key, registry, ends)  # as we write it: base64 can be written in many ways
        return link if self._now() < link.expires_on else None

    def access(self, token: str | None) -> Access:
        """What its holder may see."""
        link = self.open(token) if token else None
        return Access((Right(Role.READER, link.registry),)) if link else NOTHING


def link_needed() -> ApiError:
    """401, the same for whoever has none, an old one, or one that is not ours."""
    return ApiError(
        401,
        "StatusLinkNeeded",
        "This page is for those who have a link to it. You have none, or yours has expired or was revoked.",
        "Open the link that you were given once more, or paste it here. If that does not help, ask whoever runs "
        "this for a new one: an Admin makes it with POST /api/status/links.",
        headers={"WWW-Authenticate": 'StatusLink realm="status"'},
    )


def _switched_off() -> ApiError:
    return ApiError(
        409,
        "StatusLinksOff",
        "There are no links to the status page here: the setting STATUS_LINK_KEY is missing.",
        "Set STATUS_LINK_KEY to 32 random characters or more (openssl rand -base64 48), and send the request again.",
        target="STATUS_LINK_KEY",
    )


def _signed(key: str, registry: str, ends: int) -> StatusLink:
    token = _signer(key).dumps([registry, ends])
    return StatusLink(str(token), registry, datetime.fromtimestamp(ends, UTC))


def _signer(key: str) -> "URLSafeSerializer":
    from itsdangerous import URLSafeSerializer

    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(key, salt=_PURPOSE, signer_kwargs=how)
