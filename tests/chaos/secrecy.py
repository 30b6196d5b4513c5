"""No password stands anywhere, in nothing that was written or is kept."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.chaos.cloud import Cloud
from tests.e2e.leaks import REQUEST, Text, everything, found

Json = dict[str, Any]


def requests_without_secrets(cloud: Cloud) -> Sequence[Json]:
    """What the emulator has recorded since the last call, searched for the passwords of that time; then forgotten."""
    recorded: list[Json] = cloud.azure.control("GET", "requests")["value"]
    cloud.azure.control("DELETE", "requests")
    passwords = set(cloud.api.passwords)
    new, cloud.searched = passwords - cloud.searched, passwords
    texts = [
        Text(REQUEST, f"{entry['sequence']}, {entry['method']} {entry['path']}", json.dumps(entry))
        for entry in recorded
    ]
    for place in found(new, texts):
        cloud.tally.violate(f"no_secret_is_written_down: {place}")
    return recorded


def search_for_secrets(cloud: Cloud, say: Callable[[str], None]) -> None:
    """The tables, queues, logs and files hold no password that any client ever had."""
    requests_without_secrets(cloud)
    passwords = cloud.api.passwords
    texts = everything(cloud.local)
    places = found(passwords, texts)
    for place in places:
        cloud.tally.violate(f"no_secret_is_written_down: {place}")
    say(f"{len(passwords)} passwords looked for in {len(texts)} texts: found {len(places)} times")
