"""The index of all registries is a hint that `reconcile` mends, and not at once: it is looked at when a run is over."""

import time
from collections.abc import Callable, Mapping

from shared.services.reconciling.stale_operations import ORPHAN_AGE
from tests.chaos.cloud import Cloud

_MORE_SECONDS = 30.0


def the_index_forgets(cloud: Cloud, gone: Mapping[str, str], say: Callable[[str], None]) -> None:
    """The index names no registry that does not exist: what a kill left in it is gone some minutes later.

    `gone`: deleted registries, and the cell that each belongs to.
    """
    deadline = time.monotonic() + ORPHAN_AGE.total_seconds() + _MORE_SECONDS
    while (left := cloud.index() & gone.keys()) and time.monotonic() < deadline:
        time.sleep(1)
    for name in left:
        cloud.tally.violate(f"{gone[name]} (registry {name}): the_index_forgets: it is still there")
    say(f"the index has forgotten {len(gone) - len(left)} of {len(gone)} deleted registries")
