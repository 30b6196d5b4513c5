"""Who is in the workspace of the double, and what each may do on a local Azure that says nothing else."""

import json
import re
from collections.abc import Mapping

TEAM, COMMAND = "T1", "/registry"
PEOPLE: Mapping[str, str] = {"ops": "U1", "lead": "U2", "dev": "U3", "guest": "U4"}
CHANNELS: Mapping[str, str] = {"demo": "C1", "builders": "C2"}

ROLE_GRANTS = json.dumps(
    [
        {"principal": f"slack:{TEAM}/U1", "role": "Admin"},
        {"principal": f"slack:{TEAM}/U2", "role": "Operator"},
        {"principal": f"slack:{TEAM}/U3", "role": "Member", "username": "dev"},
        {"principal": f"slack:{TEAM}/C2", "role": "Member"},
    ]
)
"""`guest` may do nothing in `#demo`; in `#builders` everybody has a user of their own."""

_MENTION = re.compile(r"(?<![\w@<])@(\w+)")
_NAMES = {identity: name for name, identity in {**PEOPLE, **CHANNELS}.items()}


def name_of(identity: str) -> str:
    """What people call this person or channel; one that nobody knows is called by its id."""
    return _NAMES.get(identity, identity)


def escaped(text: str) -> str:
    """As Slack sends what somebody typed, where the app's manifest says `should_escape`: people by their ids."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub(lambda found: _mention(found[1]) or found[0], plain)


def _mention(name: str) -> str:
    identity = PEOPLE.get(name) or (name if name in _NAMES else None)
    return f"<@{identity}|{name_of(identity)}>" if identity else ""
