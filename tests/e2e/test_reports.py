"""A report that is due arrives at every kind of sink, and is kept as it was sent."""

from azure.data.tables import TableClient

from tests.e2e.local_azure import LocalAzure
from tests.e2e.sinks import KINDS, Sinks
from tests.e2e.test_notifications import health, wait

SENT_UNTIL = {"PartitionKey": "_reports", "RowKey": "schedule", "until": "2020-01-01T00:00:00Z"}


def marked(local: LocalAzure) -> bool:
    return any(row["RowKey"] == "schedule" for row in health(local, "_reports"))


def test_a_report_that_is_due_arrives_everywhere_and_is_kept(local: LocalAzure, sinks: Sinks) -> None:
    local.api.run_now("send_health_report")  # the first run of all has missed nothing
    wait(local, lambda: marked(local))
    with TableClient.from_connection_string(local.azure.connection_string, "health") as table:
        table.upsert_entity(SENT_UNTIL)
    local.api.run_now("send_health_report")
    wait(local, lambda: bool(local.api.call("GET", "reports", 200)["value"]))
    [kept] = local.api.call("GET", "reports", 200)["value"]
    path = f"reports/health/{kept['id']}"
    assert local.api.call("GET", path, 200)["verdict"] == kept["verdict"]
    assert local.api.send("GET", f"{path}?format=html").text.startswith("<!doctype html>")
    assert kept["verdict"] in local.api.send("GET", f"{path}?format=markdown").text.splitlines()[0]
    for kind in KINDS:
        wait(local, lambda kind=kind: kept["verdict"] in str(sinks.messages(kind)))  # type: ignore[misc]
    [event] = [each for each in sinks.messages("webhook") if each["data"].get("report")]
    assert event["data"]["report"] == kept["id"]
