"""The daily look at one registry: is its storage key still good, are its images still there, and how much is it?

Six reads of Resource Manager and a page of the blob service for every 5,000 blobs. What Azure refuses is kept as
something that could not be seen: it says nothing of the registry.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.health.codes import Finding
from shared.domain.health.daily import (
    LONGEST_WORDS,
    NO_CONTAINER,
    DailyLook,
    Size,
    expiring_finding,
    is_due,
)
from shared.domain.names import BLOB_CONTAINER
from shared.domain.registries.registry import Registry
from shared.domain.resources.plan import at
from shared.domain.resources.resource import Ref, Type
from shared.ports import Containers, ResourceManager
from shared.services.state import Clock, State
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)

MOST_PER_BATCH, MOST_PER_SWEEP = 5, 25
"""After a deployment, or a pause of a day, every registry is due at once: they are then spread over many sweeps.

Of each batch one at least, so that all of fifty have their turn within some hours. The storage provider bears about a
hundred lists of keys in five minutes, and creates and repairs need some of them."""
MOST_PAGES = 40
"""Of 5,000 blobs."""
COUNTING_SECONDS = 20.0
"""One invocation looks at some registries, and has other things to do."""


class DailyLooks:
    """Raises `DependencyError` for nothing: no table is read here, and the caller keeps what was seen."""

    def __init__(
        self,
        resources: Callable[[], ResourceManager],
        containers: Containers,
        now: Clock,
    ) -> None:
        """`resources` is called when something is due: its SDK takes half a second to import."""
        self._resources, self._containers, self._now = resources, containers, now

    def choose(
        self, batch: Iterable[tuple[Registry, DailyLook | None]], batches: int
    ) -> list[tuple[Registry, DailyLook | None]]:
        """Those of a batch, one of so many, to be looked at now: who was looked at longest ago comes first."""
        now = self._now()
        due = [(registry, last) for registry, last in batch if is_due(registry, last, now)]
        due.sort(key=lambda pair: (pair[1].looked_at.timestamp() if pair[1] else 0, pair[0].name))
        return due[: max(1, min(MOST_PER_BATCH, MOST_PER_SWEEP // batches))]

    def look(self, registry: Registry, last: DailyLook | None) -> DailyLook:
        """Looks; `last`: the look before. Never raises for what Azure refuses."""
        failed: list[str] = []
        before = last.blobs or last.blobs_seen if last and last.uid == registry.uid else 0
        names, resources = registry.names, self._resources()
        with bound(registry=registry.name):
            valid = _seen(failed, lambda: resources.mounted_key_is_valid(names.site, names.storage_account))
            size = _seen(failed, lambda: self._measure(resources, names.storage_account))
        return DailyLook(
            uid=registry.uid,
            looked_at=self._now(),
            key_valid=valid,
            size_bytes=size.bytes if size and size.found else None,
            blobs=size.blobs if size and size.found else None,
            counted_all=size is not None and size.found and size.complete,
            container_found=size.found if size else None,
            blobs_seen=(size.blobs if size else 0) or before,
            failed=failed,
        )

    def _measure(self, resources: ResourceManager, account: str) -> Size:
        found = resources.get(Ref(Type.STORAGE_ACCOUNT, account))
        if found is None:
            return NO_CONTAINER
        endpoint = at(found, "properties.primaryEndpoints.blob")
        if endpoint is None:
            raise TemporaryError("NoBlobEndpoint", f"storage account {account} has no blob endpoint", 0)
        return self._containers.measure(
            str(endpoint), BLOB_CONTAINER, most_pages=MOST_PAGES, seconds=COUNTING_SECONDS
        )


def _seen[T](failed: list[str], look: Callable[[], T | None]) -> T | None:
    try:
        return look()
    except TemporaryError as error:
        words = str(error)
    except PermanentError as error:
        words = f"{error} {error.fix}"
    logger.warning("daily look: %s", words)
    failed.append(words[:LONGEST_WORDS])
    return None


def expiring(state: State, registry: Registry, days: int, now: Clock) -> Finding | None:
    """`USERS_EXPIRING`, for every check. Users are read only where the registry's row says that one expires so soon.

    Raises `DependencyError`.
    """
    present = now()
    if registry.next_expiry is None or registry.next_expiry > present + timedelta(days=days):
        return None
    return expiring_finding(state.users(registry.name), present, days)
