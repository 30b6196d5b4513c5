"""The real status page of thirty registries: the real function on the local Azure, its rows in the real table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path

from shared.azure.connection import StorageConnection
from shared.azure.tables import StorageTable
from shared.domain.health.board import BOARD, SWEEPS
from shared.domain.records import Upsert
from tests.e2e.local_azure import LocalAzure, running
from tests.pages.history import board, sweep

SETTINGS = {"DISPLAY_TIME_ZONE": "Europe/Berlin"}


@dataclass(frozen=True)
class Served:
    """Where it is. `link`: as an Admin has made it."""

    local: LocalAzure
    link: str

    @property
    def origin(self) -> str:
        """Nothing that a page asks for may be anywhere else."""
        return self.local.api.url.removesuffix("/api/")


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Started in `folder`, and stopped in the end."""
    with running(folder, SETTINGS) as local:
        _fill(local)
        yield Served(local, local.api.call("POST", "status/links", 201)["url"])


def _fill(local: LocalAzure) -> None:
    health = StorageTable(StorageConnection(local.up.ready()["storageConnectionString"]), "health")
    now = datetime.now(UTC)
    entries = board(now)
    for batch in batched(entries, 100, strict=False):
        health.transact(BOARD, [Upsert(entry.to_row()) for entry in batch])
    health.transact(SWEEPS, [Upsert(sweep(now, entries).to_row())])
