"""What Application Insights gets to see of a life: one trace from a request to Azure, and no secret.

The exporter is Microsoft's own, on its way to a server of this test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from shared.domain.users.htpasswd import probe_password
from tests.e2e.api_client import Json
from tests.e2e.ingestion import Ingestion, ingestion
from tests.e2e.local_azure import running

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ONLY_OURS = {
    # the exporter's own telemetry to Microsoft, and its remote configuration
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
}


@dataclass(frozen=True)
class Told:
    """What was done, and what arrived."""

    seen: Ingestion
    created: Json
    changed: Json
    secrets: Mapping[str, set[str]]

    def spans(self, name: str = "", **fields: str) -> list[Json]:
        """Those whose name begins so, with these attributes."""
        wanted = {f"berthage.{field}": value for field, value in fields.items()}.items()
        spans = self.seen.of_type("RemoteDependencyData")
        return [
            span for span in spans if span["name"].startswith(name) and wanted <= span["properties"].items()
        ]

    def ancestors(self, span: Json) -> list[str]:
        """Names, the nearest first."""
        by_id = {found["id"]: found for found in self.spans()}
        names = []
        while span["parent"] in by_id:
            span = by_id[span["parent"]]
            names.append(str(span["name"]))
        return names


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with ingestion() as seen:
        settings = {
            "TELEMETRY": "azure-monitor",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": seen.connection_string,
            "TURN_DELAY_SECONDS": "0",
            **ONLY_OURS,
        }
        with running(tmp_path_factory.mktemp("azure"), settings) as local:
            api, ready = local.api, local.up.ready()
            traced = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
            created = api.finish(api.call("PUT", "registries/told", 201, {}, headers=traced))
            changed = api.finish(api.call("PUT", "registries/told/users/alice", 201, {}))
            api.finish(api.call("POST", "registries/told/users/alice/rotate", 200))
            api.send("PUT", "registries/told/users/bob", {"password": "short"})
            api.send("GET", f"registries/told?code={ready['functionsKey']}")
            rows = local.azure.tables().values()
            [uid] = {row["uid"] for row in rows if row["RowKey"] == "registry"}
            secrets = {
                "passwords": api.passwords,
                "probe passwords": {
                    probe_password(local.azure.settings["PROBE_KEY"], uid, each) for each in range(5)
                },
                "hashes": {row["passwordHash"] for row in rows if "passwordHash" in row},
                "account keys": local.azure.account_keys(),
                "keys of functions": {ready["functionsKey"], ready["masterKey"]},
                "settings": {local.azure.settings[name] for name in ("PROBE_KEY", "IDENTITY_HEADER")},
            }
        yield Told(seen, created, changed, secrets)


def test_a_create_is_one_trace_from_the_request_to_azure(told: Told) -> None:
    [request] = told.spans("PUT create_or_update_registry")
    turns = told.spans("turn CreateRegistry")
    assert (request["trace"], request["parent"]) == (TRACE, SPAN)
    assert request["properties"]["berthage.operation"] == told.created["id"]
    assert len(turns) > 1
    assert {(turn["trace"], turn["parent"]) for turn in turns} == {(TRACE, request["id"])}
    sent = [
        span
        for span in told.spans("PUT /subscriptions/", operation=told.created["id"])
        if "/resourceGroups/" in span["name"]
    ]
    kinds = {
        kind for span in sent for kind in ("storageAccounts", "serverfarms", "sites") if kind in span["name"]
    }
    assert kinds == {"storageAccounts", "serverfarms", "sites"}
    assert {span["trace"] for span in sent} == {TRACE}
    for span in sent:
        assert told.ancestors(span)[1:] == ["turn CreateRegistry", "PUT create_or_update_registry"]


def test_messages_files_and_probes_are_in_it_too(told: Told) -> None:
    for name in (
        "QueueClient.send_message",
        "TableClient.submit_transaction",
        "ShareFileClient.rename_file",
        "probe",
    ):
        assert [span for span in told.spans(name) if span["trace"] == TRACE], name


def test_turns_say_what_became_of_them(told: Told) -> None:
    outcomes = [
        (int(turn["properties"]["berthage.turn"]), turn["properties"]["berthage.outcome"])
        for turn in told.spans("turn ", operation=told.created["id"])
    ]
    [*before, last] = [outcome for _, outcome in sorted(outcomes)]
    assert set(before) <= {"Again", "Retry"}
    assert last == "Succeeded"


def test_a_user_s_change_is_a_trace_of_its_own(told: Told) -> None:
    turns = told.spans("turn CreateOrUpdateUser", operation=told.changed["id"])
    requests = told.spans("PUT create_or_update_user", status="201")
    [trace] = {span["trace"] for span in [*turns, *requests]}
    assert trace != TRACE


def test_log_lines_are_in_the_trace_with_their_fields(told: Told) -> None:
    lines = [line for line in told.seen.of_type("MessageData") if line["trace"] == TRACE]
    begun, ended = lines[0], lines[-1]
    assert begun["message"].startswith("PUT create_or_update_registry: 201 request=")
    assert ended["message"].startswith("Succeeded after")
    for line in (begun, ended):
        assert line["properties"]["berthage.operation"] == told.created["id"]
        assert line["properties"]["berthage.registry"] == "told"


def test_metrics_count_what_happened_and_name_nobody(told: Told) -> None:
    metrics = [
        (metric["name"], metric["value"], found["properties"])
        for found in told.seen.of_type("MetricData")
        for metric in found["metrics"]
        if metric["name"].startswith("berthage.")
    ]
    assert ("berthage.operations", 1, {"kind": "CreateRegistry", "status": "Succeeded"}) in metrics
    assert {name for name, *_ in metrics} >= {
        "berthage.operation.duration",
        "berthage.operation.turns",
        "berthage.publications",
        "berthage.request.duration",
        "berthage.turn.duration",
    }
    refused = {"function": "create_or_update_user", "status": "400"}
    assert refused in [labels for name, _, labels in metrics if name == "berthage.request.duration"]
    assert {label for *_, labels in metrics for label in labels} <= {"kind", "status", "function", "outcome"}
    assert "told" not in str(metrics)


def test_no_secret_leaves(told: Told) -> None:
    for kind, secrets in told.secrets.items():
        assert secrets, kind
        assert [kind for secret in secrets if secret in told.seen.text] == []
    assert "eyJ" not in told.seen.text, "a token"
    queries = {str(span.get("data", "")).partition("?")[2] for span in told.spans()}
    values = {
        part.partition("=")[2]
        for query in queries
        for part in query.split("&")
        if not part.startswith("api-version=")
    }
    assert values <= {"", "REDACTED"}
