"""Function keys with a role each, which a local Azure has from its first start on."""

import hashlib
import json
import secrets
from pathlib import Path

from localazure.private_files import write_private, write_private_json
from localazure.up.state_folder import MARKER

READER, MEMBER = secrets.token_urlsafe(40), secrets.token_urlsafe(40)
MEMBERS_USER = "sailor"


def _grant(key: str, **fields: str) -> dict[str, str]:
    return {"principal": f"key:{hashlib.sha256(key.encode()).hexdigest()}", **fields}


ROLE_GRANTS = json.dumps(
    [
        _grant(READER, role="Reader", name="dashboard"),
        _grant(MEMBER, role="Member", registry="harb*", username=MEMBERS_USER, name="nightly"),
    ]
)


def keep_in(folder: Path) -> None:
    """For a local Azure that has not started yet."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    write_private(state / MARKER, "")
    write_private_json(state / "keys.json", {"functionKeys": {"dashboard": READER, "nightly": MEMBER}})
