"""The htpasswd file as a pure function of the users.

Line 1 says what the file is: `# berthage uid=... revision=N sha256=...`; Distribution skips comments. Then comes
`_probe`, whose name no user can have, and then the users, sorted. The probe's password is derived from
`PROBE_KEY`, the registry's uid and the revision, so it can be computed again at any time and is stored nowhere.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import bcrypt

from shared.domain.records import Record
from shared.domain.users.passwords import RANDOM_COST

PROBE_USER = "_probe"
FILE_NAME = "htpasswd"
TEMPORARY_PREFIX = "htpasswd."
TEMPORARY_SUFFIX = ".tmp"

MOST_BYTES = 4 * 1024 * 1024
"""More than any file of ours: 10,000 users take a third of it."""

_HEADER = re.compile(rb"# berthage uid=([!-~]+) revision=(0|[1-9][0-9]{0,17}) sha256=([0-9a-f]{64})\n")


@dataclass(frozen=True)
class Header:
    """What the first line says. `intact`: the rest of the file has the hash that the line promises."""

    uid: str
    revision: int
    intact: bool


def _derive(key: str, purpose: str, uid: str, revision: int) -> bytes:
    return hmac.digest(key.encode(), f"{purpose}\0{uid}\0{revision}".encode(), hashlib.sha256)


def probe_password(key: str, uid: str, revision: int) -> str:
    """The password of `_probe` in the file of this revision."""
    return _derive(key, "probe", uid, revision).hex()


def probe_hash(key: str, uid: str, revision: int) -> str:
    """Its bcrypt hash. The salt is derived too, so that the same revision always gives the same file."""
    digest = base64.b64encode(_derive(key, "probe-salt", uid, revision), altchars=b"./")
    salt = b"$2b$%02d$" % RANDOM_COST + digest[:21] + b"e"  # the last salt character carries two bits only
    return bcrypt.hashpw(probe_password(key, uid, revision).encode(), salt).decode()


def http_secret(key: str, uid: str) -> str:
    """`REGISTRY_HTTP_SECRET`: equal on all instances, the same for ever, stored nowhere by us."""
    return _derive(key, "http-secret", uid, 0).hex()


def render(key: str, uid: str, revision: int, users: Iterable[tuple[str, str]]) -> bytes:
    """The whole file for these `(username, hash)` pairs."""
    lines = [(PROBE_USER, probe_hash(key, uid, revision)), *sorted(users)]
    body = "".join(f"{name}:{password_hash}\n" for name, password_hash in lines).encode()
    digest = hashlib.sha256(body).hexdigest()
    return f"# berthage uid={uid} revision={revision} sha256={digest}\n".encode() + body


def read_header(content: bytes) -> Header | None:
    """The header of a file that we published, or `None` for anything else."""
    found = _HEADER.match(content)
    if not found:
        return None
    digest = hashlib.sha256(content[found.end() :]).hexdigest()
    return Header(found[1].decode(), int(found[2]), intact=digest == found[3].decode())


class Projection(Record):
    """The row that remembers how far the file is. The lock only saves work: the rename is the fence."""

    uid: str
    published_revision: int = -1
    """The highest revision that a rename of ours put in place; -1 before the first."""
    published_at: datetime | None = None
    proven_revision: int = -1
    """The highest revision whose probe the registry itself accepted."""
    locked_by: str = ""
    locked_until: datetime | None = None

    @property
    def key(self) -> str:
        return PROJECTION_KEY


PROJECTION_KEY = "htpasswd"
