"""A registry that is killed is told of once as down and once as up, at every kind of sink; our own restart is not."""

import time
from collections.abc import Callable, Iterator

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

from shared.sinks.teams import encoded
from tests.e2e.api_client import Json
from tests.e2e.leaks import everything, found
from tests.e2e.local_azure import LocalAzure
from tests.e2e.sinks import KINDS, Sinks
from tests.unit.sinks.test_teams import MOST, card_of, schema

NAME = "pier"
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def pier(local: LocalAzure) -> Iterator[str]:
    """The name of a registry of this file's own, which has been looked at and is well."""
    local.api.create_registry(NAME)
    sweep(local)
    assert state(local) == "Healthy"
    yield NAME
    local.api.delete_registry(NAME)


def health(local: LocalAzure, partition: str) -> list[Json]:
    """Rows of the table `health`."""
    with TableClient.from_connection_string(local.azure.connection_string, "health") as table:
        try:
            return [*map(dict, table.query_entities(f"PartitionKey eq '{partition}'"))]
        except ResourceNotFoundError:
            return []


def state(local: LocalAzure) -> str:
    [row] = [row for row in health(local, NAME) if row["RowKey"] == "last"]
    return str(row["state"])


def wait(local: LocalAzure, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, local.up.log.read_text(encoding="utf-8")
        time.sleep(0.1)


def sweep(local: LocalAzure) -> None:
    """A sweep with its second looks, and until all that they found out has been told."""
    before = len(health(local, "_sweeps"))
    local.api.run_now("sweep_health")
    wait(local, lambda: len(health(local, "_sweeps")) > before)
    wait(local, lambda: all("endedAt" in row for row in health(local, "_sweeps")))
    wait(local, lambda: all("suspectedAt" not in row for row in health(local, NAME)))
    wait(local, lambda: not any(row["pending"] for row in health(local, "_notices")))


def sweep_until(local: LocalAzure, condition: Callable[[], bool]) -> None:
    """Sweeps follow each other as they do every five minutes."""

    def swept() -> bool:
        sweep(local)
        return condition()

    wait(local, swept)


def everywhere(sinks: Sinks, number: int) -> bool:
    return all(len(lines) >= number for lines in sinks.told(NAME).values())


def test_a_killed_registry_is_told_of_once_as_down_and_once_as_up(
    local: LocalAzure, sinks: Sinks, pier: str
) -> None:
    rule = {"site": f"{pier}-*", "behaviour": "dies", "seconds": 0}
    local.azure.control("PUT", "site-behaviour", [rule])  # SIGKILL, at once after each start
    try:
        sweep_until(local, lambda: everywhere(sinks, 1))
        sweep(local)
        assert all(len(lines) == 1 for lines in sinks.told(pier).values()), sinks.told(pier)
    finally:
        local.azure.control("PUT", "site-behaviour", [])
    sweep_until(local, lambda: everywhere(sinks, 2))
    sweep(local)
    for lines in sinks.told(pier).values():
        down, up = lines
        assert "pier is down: " in down
        assert "pier is healthy again" in up


def test_a_restart_by_us_is_told_of_nowhere(local: LocalAzure, sinks: Sinks, pier: str) -> None:
    before = sinks.told(pier)
    answer = local.api.call("POST", f"registries/{pier}/restart", 202)
    sweep(local)
    local.api.finish(answer)
    sweep(local)
    assert state(local) == "Healthy"
    assert sinks.told(pier) == before


def test_what_sinks_were_sent_is_what_their_kinds_take(local: LocalAzure, sinks: Sinks, pier: str) -> None:
    assert pier
    for kind in KINDS:
        assert sinks.messages(kind)
    for message in sinks.messages("teams"):
        schema().validate(card_of(message))
        assert len(encoded(message)) <= MOST
    for message in sinks.messages("slack"):
        assert 2 <= len(message["blocks"]) <= 50
    for event in sinks.messages("webhook"):
        assert event["data"]["links"]["status"].startswith(f"{local.api.url}status")


def test_no_address_and_no_key_of_a_sink_is_written_down_anywhere(local: LocalAzure, sinks: Sinks) -> None:
    assert sinks.server.received, "nobody was told anything"
    assert found(sinks.secrets, everything(local)) == []
