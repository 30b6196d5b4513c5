"""Records that tests start from, and strategies for what callers may send."""

import string
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from shared.domain.names import REGISTRY_NAME, USERNAME, azure_names
from shared.domain.registries.registry import Desired, Registry
from shared.domain.users.passwords import ALPHABET

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
UID = "01KDZ4WJ2V8Y3T6Q9S1R5X7ABC"
KEY = "k" * 32
HASH, OTHER_HASH = "$2b$05$" + "a" * 53, "$2b$05$" + "b" * 53
"""Of passwords that nobody knows."""

registry_names = st.from_regex(REGISTRY_NAME, fullmatch=True)
usernames = st.from_regex(USERNAME, fullmatch=True)
uids = st.text(string.ascii_uppercase + string.digits, min_size=26, max_size=26)
hashes = st.builds(
    "${}${:02}${}".format,
    st.sampled_from(["2a", "2b", "2y"]),
    st.integers(4, 31),
    st.text(ALPHABET + "./", min_size=53, max_size=53),
)
users = st.dictionaries(usernames, hashes, max_size=8)
revisions = st.integers(0, 10**12)


def desired(**fields: Any) -> Desired:
    """What a plain create asks for."""
    given: dict[str, Any] = {
        "location": "westeurope",
        "sku": "B1",
        "image": "registry:2.8.3",
        "storage_replication": "LRS",
    }
    return Desired(**{**given, **fields})


def registry(name: str = "demo", *, uid: str = UID, **wanted: Any) -> Registry:
    """A registry that has just been asked for."""
    return Registry(
        name=name,
        uid=uid,
        desired=desired(**wanted),
        names=azure_names("subscription", "group", name),
        created_at=NOW,
        updated_at=NOW,
    )
