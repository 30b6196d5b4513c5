"""At the end of a run: no password stands anywhere, in nothing that was written or is kept."""

from collections.abc import Callable

from tests.chaos.cloud import Cloud
from tests.e2e.leaks import everything, found


def search_for_secrets(cloud: Cloud, say: Callable[[str], None]) -> None:
    """`no_secret_is_written_down`: the tables, queues, logs and requests hold no password that any client ever had."""
    passwords = cloud.api.passwords
    texts = everything(cloud.local)
    places = found(passwords, texts)
    for place in places:
        cloud.tally.violate(f"no_secret_is_written_down: {place}")
    say(f"{len(passwords)} passwords looked for in {len(texts)} texts: found {len(places)} times")
