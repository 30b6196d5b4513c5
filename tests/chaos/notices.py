"""What is to be told of registries, by its rows, and what a webhook has been told."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.azure.connection import StorageConnection
from shared.azure.tables import StorageTable
from shared.domain.errors import ConflictError, DependencyError
from shared.domain.notices.notice import NOTICES, Notice
from tests.e2e.sinks import Sinks

KIND = "webhook"


@dataclass(frozen=True)
class Event:
    """One request that came in at the webhook. `at`: when that was found out which it tells."""

    id: str
    type: str
    at: str


def settings(sinks: Sinks) -> dict[str, str]:
    """Of an app that tells the webhook alone."""
    needed = {
        name: value for name, value in sinks.settings.items() if KIND.upper() in name or "HOSTS" in name
    }
    return {**needed, "NOTIFICATION_SINKS": json.dumps([{"name": f"my-{KIND}", "kind": KIND}])}


class Notices:
    """`connection_string`: of Azurite itself, past the proxies."""

    def __init__(self, connection_string: str, sinks: Sinks) -> None:
        self._table, self._sinks = StorageTable(StorageConnection(connection_string), "health"), sinks

    def of(self, registry: str) -> list[Notice]:
        """All that is to be told of it, or has been."""
        return [*map(Notice.from_row, self._table.query(NOTICES, " ", "~", where={"subject": registry}))]

    def told(self, registry: str) -> list[Event]:
        """What the webhook has heard of it, as often as it has."""
        heard = [(json.loads(body), headers) for body, headers in self._sinks.requests(KIND)]
        return [
            Event(headers["webhook-id"], event["type"], event["timestamp"])
            for event, headers in heard
            if event["data"].get("registry") == registry
        ]

    def let_two_minutes_go_by(self, registry: str) -> None:
        """What waits is late from now on: `reconcile` sends it again."""
        with suppress(ConflictError, DependencyError):  # it moves by itself; or Azurite is away
            for notice in self.of(registry):
                for sink in notice.deliveries if notice.pending else ():
                    late = notice.delivery(sink, deadline=datetime.now(UTC))
                    self._table.transact(NOTICES, [late.save()])
